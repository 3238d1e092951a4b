"""What a look over an instance finds: a sentence that says how it is, and one that says how to mend it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from webapp.config import Settings
from webapp.errors import N_, Refusal


class Level(StrEnum):
    """How bad it is: in order, soon to be seen to, or to be mended now."""

    FINE = "fine"
    WARNING = "warning"
    ERROR = "error"


class Area(StrEnum):
    """What was looked at."""

    SETTINGS = "settings"
    DATABASE = "database"
    SOURCES = "sources"
    CLOCK = "clock"
    DISK = "disk"
    CERTIFICATES = "certificates"
    SECRETS = "secrets"
    SCHEDULE = "schedule"
    LIBRARIES = "libraries"
    LIMITS = "limits"


#: What each is called.
NAMES: Mapping[Area, str] = {
    Area.SETTINGS: N_("Innstillinger"),
    Area.DATABASE: N_("Database"),
    Area.SOURCES: N_("Kilder"),
    Area.CLOCK: N_("Klokke"),
    Area.DISK: N_("Disk"),
    Area.CERTIFICATES: N_("Sertifikater"),
    Area.SECRETS: N_("Hemmeligheter"),
    Area.SCHEDULE: N_("Tidsplan"),
    Area.LIBRARIES: N_("Biblioteker"),
    Area.LIMITS: N_("Grenser"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that was found. `what` and `mend` are sentences to be translated, in which `values` stand as %(name)s;
    `mend` is "" where nothing is to be mended. Nothing in it is about a person."""

    area: Area
    level: Level
    what: str
    mend: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    def said(self, translated: Callable[..., str]) -> tuple[str, str]:
        """Both sentences, as `translated` (such as webapp.web.language.gettext) says them."""
        return translated(self.what, **self.values), translated(self.mend, **self.values) if self.mend else ""


class Notes:
    """What one look at one area finds, as it goes."""

    def __init__(self, area: Area) -> None:
        self._area = area
        self.found: list[Finding] = []

    def fine(self, what: str, **values: object) -> None:
        """Something is as it should be."""
        self.found.append(Finding(self._area, Level.FINE, what, "", values))

    def warn(self, what: str, mend: str, **values: object) -> None:
        """Something should be seen to soon."""
        self.found.append(Finding(self._area, Level.WARNING, what, mend, values))

    def wrong(self, what: str, mend: str, **values: object) -> None:
        """Something must be mended."""
        self.found.append(Finding(self._area, Level.ERROR, what, mend, values))

    def refused(self, refusal: Refusal) -> None:
        """Something must be mended, and the refusal that it ended in says what and how."""
        self.found.append(Finding(self._area, Level.ERROR, refusal.sentence, "", refusal.values))


def worst(findings: Iterable[Finding]) -> Level:
    """How bad the worst is."""
    order = list(Level)
    return max((each.level for each in findings), key=order.index, default=Level.FINE)


def amount(count: float) -> str:
    """A number of bytes, as it is read."""
    size, unit = (count / 1e9, "GB") if count >= 1e9 else (count / 1e6, "MB")
    return f"{size:.1f} {unit}".replace(".", ",")


def moment(at: datetime, settings: Settings) -> str:
    """A day and an hour, as they are read where the institution is."""
    return f"{at.astimezone(settings.zone):%d.%m.%Y %H:%M}"
