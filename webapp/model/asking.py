"""An order about a person, its fetches, and what comes of them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from webapp.model.study import ChangeKind
from webapp.model.transcript import Category, Finding, LeftOut, Text, Transcript


class Purpose(StrEnum):
    """What the results are asked for (formål)."""

    ADMISSION = "admission"
    RECOGNITION = "recognition"


class Basis(StrEnum):
    """The legal basis of an order (rettslig grunnlag): hjemmel or samtykke."""

    STATUTE = "statute"
    CONSENT = "consent"


class Outcome(StrEnum):
    """What a source said of one person; "nothing there" and "could not ask" never look alike. AWAITED: the institution
    brings files, and has brought none about the person: that says neither."""

    FOUND = "found"
    NOTHING = "nothing"
    UNCHANGED = "unchanged"
    NOT_SHARED = "not-shared"
    NO_CONSENT = "no-consent"
    AWAITED = "awaited"
    MISMATCH = "mismatch"
    FAILED = "failed"


#: The cause beside NO_CONSENT of an answer that came, but after the consent was withdrawn: it was not taken in.
WITHDRAWN_UNDER_WAY = "withdrawn-under-way"


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


@dataclass(frozen=True)
class Question:
    """What a source is asked about one person.

    `identifiers`: current and former national identity numbers, 11 digits each, current first.
    `etag`: what the source's last merged answer was tagged with; `payload`: the hash (SHA-256, hexadecimal) of that
    answer as it came. `request`: a UUID for both sides' logs.
    """

    identifiers: tuple[str, ...]
    purpose: Purpose
    basis: Basis
    request: str
    etag: str | None = None
    payload: str | None = None


@dataclass(frozen=True)
class Reply:
    """What a source said of one person.

    `outcome` is FOUND (then `transcript` and `payload`, the answer as it came, are there), NOTHING,
    UNCHANGED, NOT_SHARED, NO_CONSENT or AWAITED; a failure is a SourceError instead.
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
class Origin:
    """Who orders, and from where: `place` is "person", "application", "case", "command-line", "api", "run",
    "file" (a document was brought) or "emrex" (the student delivered it from a portal);
    `application` (its applicant number) or `case_id` says from which one; `reason` says why, where neither does."""

    by: str
    place: str
    application: str | None = None
    case_id: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Order:
    """Who asked, when, from where, for which purpose and on which basis.

    `person_id`: the one it is about. `opened_at`: when its fetches were last put to work, which is later than
    `placed_at` when those that failed were tried again. `application` (its applicant number) or `case_id`: what it
    was ordered from. `run_id`: the run that it is a part of; then it is about many, of whom this is one. `reason`: why,
    in the words of who ordered; `basis_text`: the section or text that was the legal basis then.
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
    application: str | None = None
    case_id: int | None = None
    run_id: int | None = None
    reason: str = ""
    basis_text: str = ""


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
class Decision:
    """What a caseworker decided about an answer that was set aside."""

    accepted: bool
    by: str
    reason: str


@dataclass(frozen=True)
class Answer:
    """What came of a fetch for one person.

    `results`: rows that the source stands behind now; `changes`: how many are new, changed, gone or back.
    `failure` is the code of a SourceFailure, and `cause` is for those who run the system, when the outcome is
    FAILED. `payload`: hash of the answer as it came. `seconds`: from question to answer. `decision`: about an
    answer that was set aside, None while nobody has decided.
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
    decision: Decision | None = None


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
