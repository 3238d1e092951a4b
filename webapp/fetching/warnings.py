"""What ends soon: the certificates that sources show, the secrets with which we are known to them, and the tokens with
which programs are known to us."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlite_utils import Database

from webapp.config import Settings
from webapp.errors import N_
from webapp.source_settings import HttpSourceSettings, SourceSettings
from webapp.sources.own_certificate import end_of_certificate
from webapp.store import api_tokens, source_health

#: What ends within so many days, or has ended, is warned of.
WARNING_DAYS = 30


class Ending(StrEnum):
    """What may end: a source's certificate, what we are known by to it (the secret, or a certificate of our own), or a
    program's token."""

    CERTIFICATE = "certificate"
    SECRET = "secret"  # noqa: S105 -- a word for it
    CLIENT_CERTIFICATE = "client-certificate"
    TOKEN = "token"  # noqa: S105 -- a word for it


#: What is said of what ends soon, and of what has ended.
_ENDINGS = {
    Ending.CERTIFICATE: (
        N_("Kilden %(name)s: sertifikatet går ut %(day)s."),
        N_("Kilden %(name)s: sertifikatet gikk ut %(day)s."),
    ),
    Ending.SECRET: (
        N_("Kilden %(name)s: hemmeligheten gjelder til og med %(day)s."),
        N_("Kilden %(name)s: hemmeligheten gjaldt til og med %(day)s."),
    ),
    Ending.CLIENT_CERTIFICATE: (
        N_("Kilden %(name)s: vårt eget sertifikat går ut %(day)s."),
        N_("Kilden %(name)s: vårt eget sertifikat gikk ut %(day)s."),
    ),
    Ending.TOKEN: (
        N_("API-nøkkelen %(name)s gjelder til og med %(day)s."),
        N_("API-nøkkelen %(name)s gjaldt til og med %(day)s."),
    ),
}


@dataclass(frozen=True)
class Warned:
    """Something that ends soon, or has: whose it is (`institution` is 0 for a program's), what, and its last day (where
    the instance is); `is_past`: it holds no more."""

    institution: int
    name: str
    what: Ending
    day: date
    is_past: bool

    @property
    def sentence(self) -> str:
        """It in words, with the name as %(name)s and the day as %(day)s."""
        soon, past = _ENDINGS[self.what]
        return past if self.is_past else soon


def warnings(db: Database, settings: Settings, now: datetime) -> Sequence[Warned]:
    """What ends within WARNING_DAYS, or has ended, of the sources that are in use, and the tokens that are not revoked:
    what ends first comes first."""
    health = source_health.health(db)
    found: list[Warned] = []
    for source in settings.sources:
        if source.enabled:
            known = health.get(source.institution)
            found += warned_of(source, settings, known.certificate_until if known else None, now)
    for token in api_tokens.in_use(db):
        day = (token.ends_at.astimezone(settings.zone) - timedelta(days=1)).date()
        if (day - now.astimezone(settings.zone).date()).days <= WARNING_DAYS:
            found.append(Warned(0, token.name, Ending.TOKEN, day, not token.opens(now)))
    return sorted(found, key=lambda each: (each.day, each.name))


def warned_of(
    source: SourceSettings, settings: Settings, certificate_until: datetime | None, now: datetime
) -> Sequence[Warned]:
    """The same of one source, in use or not; `certificate_until`: the end of the certificate that it showed last."""
    today = now.astimezone(settings.zone).date()
    ends: list[tuple[Ending, date, bool]] = []
    if certificate_until is not None:
        ends.append((Ending.CERTIFICATE, certificate_until.astimezone(settings.zone).date(), certificate_until <= now))
    if source.secret_until is not None:
        ends.append((Ending.SECRET, source.secret_until, source.secret_until < today))
    ours = client_certificate_until(source, settings)
    if ours is not None:
        ends.append((Ending.CLIENT_CERTIFICATE, ours.astimezone(settings.zone).date(), ours <= now))
    return [
        Warned(source.institution, source.title, what, day, is_past)
        for what, day, is_past in ends
        if (day - today).days <= WARNING_DAYS
    ]


def client_certificate_until(source: SourceSettings, settings: Settings) -> datetime | None:
    """The end of the certificate that we show a source; None where it asks for none, or the file cannot be read."""
    if not isinstance(source, HttpSourceSettings) or source.client_certificate is None:
        return None
    return end_of_certificate(settings.instance / source.client_certificate.certificate)
