"""FS154.001: a run orders for all applicants of the open admissions, evening after evening."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from webapp.model.transcript import Text


class RunKind(StrEnum):
    """FULL (komplett overføring) asks about everybody, DELTA (endringsoverføring) about new applicants, and about
    those for whom a source failed since."""

    FULL = "full"
    DELTA = "delta"


class RunState(StrEnum):
    """Where a run stands.

    WAITING: due, but another one is going on. RUNNING also holds for one that was broken off and goes on at the next
    start. INCOMPLETE: all has been tried, and what failed is tried again the next evening. STOPPED by a caseworker;
    SKIPPED: another run took its place before it began.
    """

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    STOPPED = "stopped"
    SKIPPED = "skipped"


class Gate(StrEnum):
    """Why an applicant is left out of a run, in the order in which the rules are asked."""

    PHASE = "phase"
    CUT_OFF = "cut-off"
    NO_CONSENT = "no-consent"
    PROTECTED = "protected"
    NUMBER = "number"
    ALREADY_ASKED = "already-asked"


class OrderedFor(StrEnum):
    """Why an applicant is in a run: everybody is (FULL), a NEW one, an answer that a source OWES, or because new
    results were REPORTED."""

    FULL = "full"
    NEW = "new"
    OWED = "owed"
    REPORTED = "reported"


@dataclass(frozen=True)
class RunWish:
    """A run that is to be: its kind, the instant that it is for, and one admission's code, or None for all.

    `placed_by`: a caseworker, or FS154.001 itself where the clock orders; then it is not `forced`.
    """

    kind: RunKind
    scheduled_for: datetime
    placed_by: str
    admission: str | None = None
    forced: bool = True


@dataclass(frozen=True)
class Run:
    """A run as it stands.

    `judged_at`: the instant at which the rules were judged. `ordered` counts applications, `people` those who are
    asked about, each once; `left_out` how many applications for which reason. `changed_people`: for how many a
    result changed. `seconds`: how long it has worked, without the time between a break and going on.
    """

    id: int
    kind: RunKind
    state: RunState
    scheduled_for: datetime
    placed_by: str
    admission: str | None = None
    forced: bool = True
    judged_at: datetime | None = None
    begun_at: datetime | None = None
    finished_at: datetime | None = None
    seconds: float = 0.0
    ordered: int = 0
    people: int = 0
    left_out: Mapping[Gate, int] = field(default_factory=dict)
    changed_people: int = 0
    stopped_by: str | None = None
    mailed_at: datetime | None = None


@dataclass(frozen=True)
class RunSource:
    """What came of a run at one institution, in people: of `people` there are `asked` so far, of whom each is one of
    the rest. `seats`: how many questions at once; `down_since`: the circuit is open, nobody is asked. `off`:
    until when and why the source was switched off (errors.SwitchedOff.told), so that it was not asked on."""

    institution: int
    name: Text
    people: int
    asked: int = 0
    found: int = 0
    nothing: int = 0
    unchanged: int = 0
    failed: int = 0
    no_consent: int = 0
    not_shared: int = 0
    mismatch: int = 0
    awaited: int = 0
    seats: int = 0
    down_since: datetime | None = None
    off: str | None = None


@dataclass(frozen=True)
class InRun:
    """What became of a person in a run: why an application (its applicant number, in an admission) was ordered for, or
    else why it was left out; `application` is None where the person is in the run without one."""

    application: str | None
    admission: str | None
    ordered_for: OrderedFor | None
    left_out: Gate | None


@dataclass(frozen=True)
class Applicant:
    """What the rules ask of an application and its person.

    `usable_number`: a number that other institutions know. `asked_at`: when the person was last asked about from
    this application; `owed`: a source failed then and has not been asked since; `reported`: the person has said that
    there are new results.
    """

    application: str
    person_id: int
    consent_given_at: datetime | None
    consent_withdrawn_at: datetime | None
    protected_address: bool
    usable_number: bool
    asked_at: datetime | None
    owed: bool = False
    reported: bool = False
