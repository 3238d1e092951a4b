"""The sources that are set up, each opened by its protocol."""

import json
from base64 import b64encode
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from webapp.config import Settings
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.model import Description, Question, Reply, Transcript
from webapp.source_settings import (
    DatabaseSettings,
    ElmoPullSettings,
    EmrexSettings,
    FileSettings,
    FsGraphqlSettings,
    HttpSourceSettings,
    SourceSettings,
    read_secret,
)
from webapp.sources.database import PROTOCOL as DATABASE
from webapp.sources.database import open_database, read_rows
from webapp.sources.elmo import pretty, read
from webapp.sources.elmo_pull import ElmoPull
from webapp.sources.emrex.register import Register
from webapp.sources.file import open_file_source
from webapp.sources.fs_graphql import FsGraphql, read_students
from webapp.sources.fs_graphql.feed import FsFeed
from webapp.sources.http import ATTEMPTS, Way
from webapp.sources.maskinporten import MaskinportenTokens, signing_key
from webapp.sources.own_certificate import OwnCertificate


class Source(Protocol):
    """An institution's results as they can be asked for, whatever the protocol. `batch`: how many people it takes at
    once, as far as that is known. Several threads may share it."""

    batch: int

    def look_up(self, question: Question) -> Reply:
        """Ask about one person. Raises SourceError when there is no answer."""

    def look_up_many(self, questions: Mapping[str, Question]) -> Generator[tuple[str, Reply | SourceError], None, None]:
        """Ask about several people, by a reference of the caller's; for every reference there is exactly one pair,
        and a failure is given, not raised."""

    def prepare(self) -> int:
        """Find out how many people the source takes at once; returns that. Raises SourceError."""

    def describe(self) -> Description:
        """What the source says of itself. Raises SourceError."""

    def close(self) -> None:
        """Give up connections; look-ups under way fail."""


#: Opens a source of one protocol: its settings, its secret, how it is reached, and how often a question is put. Raises
#: Refusal when it cannot be opened as it is set.
Opener = Callable[[Any, Settings, int], Source]


def _elmo_pull(source: ElmoPullSettings, settings: Settings, attempts: int) -> Source:
    way = credited(way_to(source, settings, "Bearer"), source, settings)
    return ElmoPull(source.url, source.timeout_seconds, source.seats, source.batch, attempts, way)


def _emrex(source: EmrexSettings, settings: Settings, attempts: int) -> Register:
    return Register(source, settings, way_to(source, settings, "Bearer"), attempts)


def _fs_graphql(source: FsGraphqlSettings, settings: Settings, attempts: int) -> Source:
    way = credited(basic_way_to(source, settings, source.user), source, settings)
    return FsGraphql(
        source.url, source.organisation_code, source.timeout_seconds, source.seats, source.batch, attempts, way
    )


#: How the sources of each protocol are opened.
OPENERS: Mapping[type[SourceSettings], Opener] = {
    ElmoPullSettings: _elmo_pull,
    DatabaseSettings: open_database,
    EmrexSettings: _emrex,
    FileSettings: open_file_source,
    FsGraphqlSettings: _fs_graphql,
}
#: How answers as they came are read again that are not ELMO, by the protocol that they name, as in
#: `{"protocol":"fs-graphql/1", ...}`.
READERS: Mapping[str, Callable[[bytes], Transcript]] = {
    "fs-graphql": read_students,
    DATABASE: read_rows,
}


def open_source(source: SourceSettings, settings: Settings, attempts: int = ATTEMPTS) -> Source:
    """A source, opened; it puts a question up to `attempts` times. Raises Refusal when it cannot be opened as it is
    set: a secret is missing, say."""
    return OPENERS[type(source)](source, settings, attempts)


def open_sources(settings: Settings, attempts: int = ATTEMPTS) -> Mapping[int, Source]:
    """The sources that are in use and can be asked, by institution number. One that cannot be opened fails at every
    question, and keeps no other from being asked."""
    opened: dict[int, Source] = {}
    for source in settings.asked:
        try:
            opened[source.institution] = open_source(source, settings, attempts)
        except Refusal as refusal:
            opened[source.institution] = Unopened(str(refusal))
    return opened


def way_to(source: SourceSettings, settings: Settings, scheme: str) -> Way:
    """How a source is reached over HTTP, its secret as credentials of a scheme ("Bearer"). Raises Refusal when the
    secret, or that of the proxy, cannot be had."""
    secret = source.secret(settings.instance)
    return way_out(settings, source.direct, f"{scheme} {secret}" if secret is not None else None)


def way_out(settings: Settings, direct: bool, authorization: str | None = None) -> Way:
    """How anything outside is reached over HTTP: through the proxy unless it is `direct`. Raises Refusal when the
    secret of the proxy cannot be had."""
    network = settings.settings.network
    if direct or network.proxy is None:
        return Way(None, network.certificate_authority, authorization, allowed=network.allowed_networks)
    credentials = network.proxy_credentials(settings.instance)
    told = f"Basic {b64encode(credentials.encode()).decode()}" if credentials is not None else None
    return Way(network.proxy, network.certificate_authority, authorization, told, network.allowed_networks)


def credited(way: Way, source: HttpSourceSettings, settings: Settings) -> Way:
    """The same way with what the source is shown besides the secret. Raises Refusal when that cannot be had."""
    if source.client_certificate is not None:
        own = source.client_certificate
        files = settings.instance / own.certificate, settings.instance / own.key
        passphrase = read_secret(own.secret_env, own.secret_file, settings.instance)
        way = replace(way, certificate=OwnCertificate(*files, passphrase))
    if source.maskinporten is not None:
        key = signing_key(source.maskinporten, settings.instance)
        plain = replace(way, certificate=None, authorization=None)
        way = replace(way, tokens=MaskinportenTokens(source.maskinporten, key, source.timeout_seconds, plain))
    return way


def certificate_of(source: Source | None) -> datetime | None:
    """The end of the certificate that a source showed last; None where it shows none, or is not asked over TLS."""
    # Not by a protocol: an isinstance with one is an eighth of a run in which nothing has changed.
    until: datetime | None = getattr(source, "certificate_until", None)
    return until


def date_of(source: Source) -> datetime | None:
    """What time it was where the latest answer of a source came from; None where that is not told."""
    said: datetime | None = getattr(source, "date", None)
    return said


def basic_way_to(source: SourceSettings, settings: Settings, user: str | None) -> Way:
    """How a source is reached over HTTP with a user whose password is the secret (RFC 7617); without a user the secret
    is a token. Raises Refusal when the secret cannot be had."""
    way, secret = way_to(source, settings, "Bearer"), source.secret(settings.instance)
    if user is None or secret is None:
        return way
    credentials = b64encode(f"{user}:{secret}".encode()).decode()
    return replace(way, authorization=f"Basic {credentials}")


def open_feed(settings: Settings) -> FsFeed:
    """Our own FS, asked about people whom we know. Raises Refusal when it is not set up, or its secret is missing."""
    feed = settings.settings.feed
    if feed is None or not feed.enabled:
        raise Refusal("FS er ikke satt opp. Drift setter det opp i avsnittet [feed] i settings.toml.")
    way = basic_way_to(feed, settings, feed.user)
    return FsFeed(feed.url, feed.organisation_code, feed.timeout_seconds, way)


def read_payload(payload: bytes) -> Transcript:
    """The transcript in an answer as it came, of whatever protocol. Raises UnreadableElmo."""
    reader = next((each for name, each in READERS.items() if payload.startswith(_head(name))), read)
    return reader(payload)


def pretty_payload(payload: bytes) -> str:
    """An answer as it came, laid out for reading."""
    if payload.startswith(_head("")):
        return json.dumps(json.loads(payload), ensure_ascii=False, indent=2)
    return pretty(payload)


def _head(protocol: str) -> bytes:
    return f'{{"protocol":"{protocol}'.encode()


class Unopened:
    """A source that could not be opened, for a reason in Norwegian."""

    batch = 1

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def look_up(self, question: Question) -> Reply:
        """Raises SourceError."""
        raise self._error()

    def look_up_many(self, questions: Mapping[str, Question]) -> Generator[tuple[str, Reply | SourceError], None, None]:
        """A failure for each."""
        yield from ((ref, self._error()) for ref in questions)

    def prepare(self) -> int:
        """Raises SourceError."""
        raise self._error()

    def describe(self) -> Description:
        """Raises SourceError."""
        raise self._error()

    def close(self) -> None:
        """Nothing is open."""

    def _error(self) -> SourceError:
        return SourceError(SourceFailure.WRONGLY_SET_UP, self._reason)
