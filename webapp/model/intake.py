"""What comes in from a file or a program: applications and admissions as given, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from webapp.model.applying import Alternative


class IntakeKind(StrEnum):
    """What a file tells of."""

    APPLICATIONS = "applications"
    ADMISSIONS = "admissions"


class ImportState(StrEnum):
    """Where the import of a file stands. Broken off: the process that ran it is no more."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    BROKEN_OFF = "broken-off"


@dataclass(frozen=True)
class ApplicationRecord:
    """An application as it is given: texts as in a file. None leaves what is stored as it is, "" clears it.

    `number`: the current national identity number; `former_numbers`: those before it, separated by blanks. An empty
    name never takes away one that is known. Times are ISO 8601; `protected_address` and `admitted`
    (opptatt) are J or N.
    """

    applicant_number: str
    number: str = field(repr=False)
    admission: str
    former_numbers: str | None = field(default=None, repr=False)
    family_name: str | None = None
    given_names: str | None = None
    consent_given_at: str | None = None
    consent_withdrawn_at: str | None = None
    protected_address: str | None = None
    admitted: str | None = None
    alternatives: tuple[Alternative, ...] | None = None


@dataclass(frozen=True)
class AdmissionRecord:
    """An admission as it is given, by the same rules. `processing_phase` is J or N, `deadline` an ISO 8601 date."""

    admission: str
    name: str | None = None
    processing_phase: str | None = None
    deadline: str | None = None


@dataclass(frozen=True)
class StagedNumber:
    """A number of a row, checked; `birth_date` is ISO 8601."""

    number: str = field(repr=False)
    kind: str
    birth_date: str | None


@dataclass(frozen=True)
class StagedApplication:
    """A row that has passed the checks that need no database; None leaves what is stored, "" clears it.

    `line` tells the rows of one file apart; `numbers` begin with the current one; times and `admitted` are as they are
    stored;
    `alternatives` is a JSON array of [priority, code, name], sorted.
    """

    line: int
    applicant_number: str
    admission: str
    numbers: tuple[StagedNumber, ...] = field(repr=False)
    family_name: str | None
    given_names: str | None
    consent_given_at: str | None
    consent_withdrawn_at: str | None
    protected_address: bool | None
    admitted: str | None
    alternatives: str | None


class Clash(StrEnum):
    """How rows can contradict each other, or what is stored already."""

    APPLICANT_NUMBER_TWICE = "applicant-number-twice"
    APPLICANT_NUMBER_TAKEN = "applicant-number-taken"
    NUMBER_OF_ANOTHER_ROW = "number-of-another-row"
    NUMBERS_OF_TWO_PEOPLE = "numbers-of-two-people"
    TWO_CURRENT_NUMBERS = "two-current-numbers"
    FAMILY_NAME_DIFFERS = "family-name-differs"
    GIVEN_NAMES_DIFFER = "given-names-differ"
    PROTECTION_DIFFERS = "protection-differs"
    WITHDRAWN_BEFORE_GIVEN = "withdrawn-before-given"


@dataclass(frozen=True)
class Complaint:
    """What is wrong in a row: a Norwegian sentence with its values, which never hold an identity number.

    `line` is 0 for what concerns the whole file; `field` is that of the record, "" for the whole row.
    """

    line: int
    field: str
    sentence: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Tally:
    """How many were new, changed and unchanged."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Report:
    """What came of an import, or would come of it. With complaints nothing is written.

    `complaints`: the first of them by line; `complaint_count`: all. `admissions` or `people` and `applications` tell
    of what the file is about, the others stay at nought.
    """

    rows: int
    dry_run: bool
    people: Tally = Tally()
    applications: Tally = Tally()
    admissions: Tally = Tally()
    complaints: tuple[Complaint, ...] = ()
    complaint_count: int = 0


@dataclass(frozen=True)
class FileImport:
    """The import of a file in the background; `done` counts from 0 to 1."""

    id: int
    kind: IntakeKind
    file_name: str
    dry_run: bool
    state: ImportState
    done: float
    report: Report | None
    started_by: str
    started_at: datetime
    finished_at: datetime | None
