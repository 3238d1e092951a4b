"""A registry of portals as it is asked for: from an address or a file, remembered for the days when it is down."""

import logging
import os
import threading
from collections.abc import Generator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from webapp.config import Settings
from webapp.errors import N_, SourceError, SourceFailure
from webapp.model import Description, Question, Reply
from webapp.source_settings import EmrexSettings, web_address
from webapp.sources.emrex.registry import Registry, read_registry
from webapp.sources.http import ATTEMPTS, BYTE_LIMIT, WarmSession, Way

log = logging.getLogger(__name__)

PROTOCOL = "EMREX"
#: A registry that has been read is good for so long; one that could not be read is asked again after so long.
FRESH = timedelta(hours=1)
PATIENCE = timedelta(minutes=1)


class Register:
    """One registry. Several threads may share it.

    `way`: how an address is reached; `attempts`: how often it is asked before its failure is told.
    """

    batch = 1

    def __init__(self, source: EmrexSettings, settings: Settings, way: Way, attempts: int = ATTEMPTS) -> None:
        self._instance = settings.instance
        self._place = source.registry
        self._session = None
        if source.registry.startswith(("http://", "https://")):
            address = web_address(source.registry)
            self._session = WarmSession(address, source.timeout_seconds, source.seats, attempts=attempts, way=way)
        self._copy = settings.instance / "registries" / f"{source.institution}"
        self._lock = threading.Lock()
        self._etag: str | None = None
        self._known: Registry | None = None
        self._failure: SourceError | None = None
        self._until: datetime | None = None

    def portals(self, now: datetime) -> Registry:
        """The registry, an hour old at most where it can be had, else as it was last known: a registry that is down
        keeps nobody from delivering. Raises SourceError when it was never known."""
        with self._lock:
            if self._until is None or now >= self._until:
                self._ask_anew(now)
            if self._known is None:
                raise self._failure or SourceError(SourceFailure.INTERNAL, "no registry and no failure")
            return self._known

    def look(self) -> Registry:
        """The registry as it is now. Raises SourceError."""
        with self._lock:
            return self._look()

    def describe(self) -> Description:
        """What the registry holds. Raises SourceError."""
        registry = self.look()
        countries = sorted({portal.country for portal in registry.portals})
        facts = {N_("Portaler"): str(len(registry.portals)), N_("Land"): ", ".join(countries)}
        if registry.left_out:
            facts[N_("Utelatt")] = "; ".join(registry.left_out)
        return Description(PROTOCOL, facts=facts)

    def prepare(self) -> int:
        """One at a time. Raises SourceError when the registry cannot be had."""
        self.look()
        return self.batch

    def look_up(self, question: Question) -> Reply:
        """Raises SourceError: a portal waits for its students."""
        raise _not_asked()

    def look_up_many(self, questions: Mapping[str, Question]) -> Generator[tuple[str, Reply | SourceError], None, None]:
        """A failure for each."""
        yield from ((ref, _not_asked()) for ref in questions)

    def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            self._session.close()

    def _ask_anew(self, now: datetime) -> None:
        try:
            self._look()
            self._until = now + FRESH
        except SourceError as error:
            log.warning("EMREX registry: %s: %s", error.failure, error)
            # Those who come within the next minute do not wait for it again, one after the other.
            self._failure, self._until = error, now + PATIENCE
            if self._known is None and self._session is not None:
                with suppress(SourceError):
                    self._known = read_registry(_file(self._copy))

    def _look(self) -> Registry:
        if self._session is None:
            self._known = read_registry(_file(self._instance / self._place))
            return self._known
        accept = "application/xml, text/xml;q=0.9, application/json;q=0.8"
        answer = self._session.get("", accept, self._etag if self._known else None)
        if answer.status == 304 and self._known is not None:
            return self._known
        self._known = read_registry(answer.body)
        self._etag = answer.etag
        self._keep(answer.body)
        return self._known

    def _keep(self, body: bytes) -> None:
        self._copy.parent.mkdir(parents=True, exist_ok=True)
        # A name of this process' own: a second one may keep the same copy at the same time.
        new = self._copy.with_name(f"{self._copy.name}.{os.getpid()}")
        new.write_bytes(body)
        new.replace(self._copy)


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(BYTE_LIMIT + 1)
    except OSError:
        raise SourceError(SourceFailure.NOT_FOUND, "the registry's file cannot be read") from None
    if len(data) > BYTE_LIMIT:
        raise SourceError(SourceFailure.TOO_LARGE, f"more than {BYTE_LIMIT} bytes")
    return data


def _not_asked() -> SourceError:
    return SourceError(SourceFailure.BAD_REQUEST, "nobody is asked about at a portal: its students deliver themselves")
