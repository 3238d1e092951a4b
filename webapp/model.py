"""The values that travel between the rooms of the house."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

#: A text in several languages: language code ("nb", "nn", "en", "se" …, lower case) to text.
Text = Mapping[str, str]


class Category(StrEnum):
    """What an external result is: the codes of the FS code screen *Ekstern resultat kategori*."""

    QUALIFICATION = "KVALIFIKASJON"
    COURSE = "EMNE"
    COURSE_GROUP = "EMNESAMLING"
    PARTIAL_STUDIES = "DELSTUDIER"
    PRACTICE = "PRAKSIS"


class Season(StrEnum):
    """The half of the year of a term, as FS writes it."""

    SPRING = "VÅR"
    SUMMER = "SOM"
    AUTUMN = "HØST"


@dataclass(frozen=True)
class Term:
    """A term; `derived` when the source gave a date only and the term was concluded from it."""

    year: int
    season: Season
    derived: bool = False


@dataclass(frozen=True)
class Level:
    """A study level as the source gave it: the scheme ("EQF", "FS", "ELMO" …) says how to read the value."""

    scheme: str
    value: str


@dataclass(frozen=True)
class Institution:
    """A university or college. `number` is the institution number of FS (NUMBER(8,0)), None when unknown."""

    number: int | None
    name: Text = field(default_factory=dict)
    schac: str | None = None
    erasmus: str | None = None
    merged_into: int | None = None


@dataclass(frozen=True)
class Result:
    """One passed result or achieved qualification of a transcript.

    `parent` is the index, in the same study's `results`, of the qualification or group that it belongs to;
    a parent always stands before its children. `source_key` is the source's own stable key where it has one.
    Absent is None; an absent number is never 0.
    """

    category: Category
    code: str | None = None
    version: str | None = None
    name: Text = field(default_factory=dict)
    thesis_title: Text = field(default_factory=dict)
    term: Term | None = None
    date: dt.date | None = None
    credits: Decimal | None = None
    credit_scheme: str | None = None
    grade: str | None = None
    grading_scheme: str | None = None
    level: Level | None = None
    nus: str | None = None
    url: str | None = None
    parent: int | None = None
    source_key: str | None = None


@dataclass(frozen=True)
class Study:
    """What one institution says of the learner: results in document order."""

    institution: Institution
    results: tuple[Result, ...] = ()


class LeftOutReason(StrEnum):
    """Why a row of a transcript does not become a result (only passed ones do)."""

    FAILED = "failed"
    IN_PROGRESS = "in-progress"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class LeftOut:
    """A row of a transcript that is listed with its reason and not imported."""

    code: str | None
    name: Text
    reason: LeftOutReason


@dataclass(frozen=True)
class Finding:
    """Something in an answer that could not be understood: a stable code, where, and the text found there."""

    code: str
    path: str
    text: str


@dataclass(frozen=True)
class Identifier:
    """A learner's identifier with the type that the source gave it, such as nationalIdentifier or esi."""

    type: str
    value: str


@dataclass(frozen=True)
class Learner:
    """Whom a transcript is about."""

    identifiers: tuple[Identifier, ...] = ()
    given_names: str | None = None
    family_name: str | None = None
    birth_date: dt.date | None = None

    @property
    def national_identifiers(self) -> tuple[str, ...]:
        """The learner's Norwegian national identity numbers, 11 digits each."""
        return tuple(
            i.value
            for i in self.identifiers
            if i.type == "nationalIdentifier" and len(i.value) == 11 and i.value.isdigit()
        )


@dataclass(frozen=True)
class Transcript:
    """A parsed answer about one person."""

    learner: Learner
    studies: tuple[Study, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    findings: tuple[Finding, ...] = ()


class Purpose(StrEnum):
    """What the results are asked for (formål)."""

    ADMISSION = "admission"
    RECOGNITION = "recognition"


class Basis(StrEnum):
    """The legal basis of an order (rettslig grunnlag): hjemmel or samtykke."""

    STATUTE = "statute"
    CONSENT = "consent"


class Outcome(StrEnum):
    """What a source said of one person; "nothing there" and "could not ask" never look alike."""

    FOUND = "found"
    NOTHING = "nothing"
    UNCHANGED = "unchanged"
    NOT_SHARED = "not-shared"
    NO_CONSENT = "no-consent"
    MISMATCH = "mismatch"
    FAILED = "failed"


class FetchState(StrEnum):
    """Where a fetch stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class OrderState(StrEnum):
    """Where an order stands; the words for incomplete follow EMREX' PARTIAL_TEMPORARY and _PERMANENT."""

    OPEN = "open"
    COMPLETE = "complete"
    INCOMPLETE_TEMPORARY = "incomplete-temporary"
    INCOMPLETE_PERMANENT = "incomplete-permanent"


class ChangeKind(StrEnum):
    """What a merge did to a result. BACK: it was no longer reported and now is again."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    BACK = "back"


@dataclass(frozen=True)
class Question:
    """What a source is asked about one person.

    `identifiers`: current and former national identity numbers, 11 digits each, current first.
    `etag`: what the source's last merged answer was tagged with. `request`: a UUID for both sides' logs.
    """

    identifiers: tuple[str, ...]
    purpose: Purpose
    basis: Basis
    request: str
    etag: str | None = None


@dataclass(frozen=True)
class Reply:
    """What a source said of one person.

    `outcome` is FOUND (then `transcript` and `payload`, the answer as it came, are there), NOTHING,
    UNCHANGED, NOT_SHARED or NO_CONSENT; a failure is a SourceError instead.
    """

    outcome: Outcome
    transcript: Transcript | None = None
    payload: bytes | None = None
    etag: str | None = None


@dataclass(frozen=True)
class Person:
    """Somebody with national identity numbers: the current one first, then former ones."""

    id: int
    identifiers: tuple[str, ...]
    given_names: str | None
    family_name: str | None
    birth_date: dt.date | None
    protected_address: bool = False


@dataclass(frozen=True)
class Order:
    """Who asked, when, from where, for which purpose and on which basis.

    `person_id`: the one it is about. `opened_at`: when its fetches were last put to work, which is later than
    `placed_at` when those that failed were tried again.
    """

    id: int
    person_id: int
    purpose: Purpose
    basis: Basis
    placed_at: datetime
    placed_by: str
    placed_from: str
    state: OrderState
    opened_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class Fetch:
    """One question to one source about the people of one order."""

    id: int
    order_id: int
    person_id: int
    institution: int
    state: FetchState
    attempts: int
    retry_at: datetime | None


@dataclass(frozen=True)
class Answer:
    """What came of a fetch for one person.

    `results`: rows that the source stands behind now; `changes`: how many are new, changed, gone or back.
    `failure` is the code of a SourceFailure, and `cause` is for those who run the system, when the outcome is
    FAILED. `payload`: hash of the answer as it came. `seconds`: from question to answer. `decision`: what a
    caseworker decided about an answer that was set aside, and why.
    """

    outcome: Outcome
    seconds: float
    results: int = 0
    changes: int = 0
    failure: str | None = None
    cause: str | None = None
    left_out: tuple[LeftOut, ...] = ()
    findings: tuple[Finding, ...] = ()
    payload: str | None = None
    answered_at: datetime | None = None
    decision: str | None = None


@dataclass(frozen=True)
class FetchLine:
    """A fetch with its institution's name and, once it has one, its answer: a line of an order.

    `counts`: how many rows of each category the source stands behind now; `changes`: how many this fetch changed
    in each way; `unchanged_since`: when the institution's row of Person eksternstudium last changed.
    """

    fetch: Fetch
    name: Text
    answer: Answer | None
    counts: Mapping[Category, int] = field(default_factory=dict)
    changes: Mapping[ChangeKind, int] = field(default_factory=dict)
    unchanged_since: datetime | None = None


@dataclass(frozen=True)
class FieldChange:
    """One field of a result before and after, as text; None is absent."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class StoredResult:
    """A result as a row of Person eksternstudium.

    `result.parent` is None here; `parent_id` names the row that it belongs to, `parent_key` that row's key.
    `original_institution`: the issuer's name where it is another than the row's institution, as after a merger.
    `gone_at`: since when the source no longer reports it.
    """

    id: int
    institution: int
    key: str
    ordinal: int
    position: int
    result: Result
    parent_id: int | None = None
    parent_key: str | None = None
    original_institution: str | None = None
    changed_at: datetime | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True)
class ExternalStudy:
    """One row of Person eksternstudium: a person and an institution, with its results in document order."""

    id: int
    institution: int
    name: Text
    fetched_at: datetime | None
    changed_at: datetime
    results: tuple[StoredResult, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
