"""How long a person is kept: the facts that decide it, and what follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Hold(StrEnum):
    """Why a person is left as they are: until something is done, or until a day."""

    ORDER = "order"
    REPORT = "report"
    INVITED = "invited"
    UPLOAD = "upload"
    OPEN_CASE = "open-case"
    INCLUDED = "included"
    CASE = "case"
    BY_HAND = "by-hand"
    ADMITTED = "admitted"
    APPLICATION = "application"
    ASKED = "asked"
    LOG = "log"


class Due(StrEnum):
    """What goes of a person: the results with all that was told about them, or the person with the logs."""

    RESULTS = "results"
    PERSON = "person"


@dataclass(frozen=True)
class Applied:
    """An application: the first day on which nobody of its admission was asked about by a run; whether the applicant
    was admitted, None when nobody has told; and when sources were last asked from it."""

    cut_off: date
    admitted: bool | None = None
    asked_on: date | None = None


@dataclass(frozen=True)
class RetentionFacts:
    """What decides how long a person is kept, by the days of the settings' time zone.

    `cases_closed_on`: of each case that is closed, when it last was changed. `asked_on`: the last order that came
    neither from an application, a case nor a run. `emptied_on`: when the results went; None while that has not been.
    """

    person_id: int
    registered_on: date
    applications: tuple[Applied, ...] = ()
    has_open_case: bool = False
    cases_closed_on: tuple[date, ...] = ()
    asked_on: date | None = None
    emptied_on: date | None = None
    has_open_order: bool = False
    has_open_report: bool = False
    is_invited: bool = False
    has_upload: bool = False
    has_rows_by_hand: bool = False
    has_included: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the rules say of a person: `due` when something goes today, else why not (`hold`), and the day on which it
    goes when nothing changes; `until` is None where only somebody's doing can end it."""

    hold: Hold | None
    due: Due | None
    until: date | None


@dataclass(frozen=True)
class Purged:
    """What a purge took, or would take: people whose results go, people who go wholly, raw answers, and the rest by
    the name of its table."""

    results: int = 0
    people: int = 0
    answers: int = 0
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing goes."""
        return not (self.results or self.people or self.answers or any(self.others.values()))


@dataclass(frozen=True)
class PurgeRecord:
    """A purge or an erasure that has been. `finished_at` is None when it was broken off, and the next one goes on;
    `rebuilt_at` until the file was written anew, so that nothing of what went lingers in it."""

    id: int
    begun_at: datetime
    finished_at: datetime | None
    by: str
    purged: Purged
    rebuilt_at: datetime | None = None


@dataclass(frozen=True)
class Held:
    """So many people stay for one reason; `next_on` is the first day on which one of them goes."""

    hold: Hold
    people: int
    next_on: date | None


@dataclass(frozen=True)
class Preview:
    """What a purge would have taken at an instant, and how many stayed for which reason; `who`: the first of those of
    each reason, by their ids, with the day on which they go, None where somebody must do something first."""

    at: datetime
    purged: Purged
    held: tuple[Held, ...]
    who: Mapping[Due | Hold, tuple[tuple[int, date | None], ...]] = field(default_factory=dict)
