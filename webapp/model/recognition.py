"""Recognition cases."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class CaseType(StrEnum):
    """The common codes of FS for what a recognition case is about."""

    INNPASS = "INNPASS"
    PRIOR = "FORHÅND"
    PREREQUISITE = "FORKUNNSK"
    PRIOR_LEARNING = "REALKOMP"
    OTHER = "ANNET"


class CaseStatus(StrEnum):
    """The common codes of FS for how far a case has come (Status behandling)."""

    UNTREATED = "UBEHANDLET"
    BEING_TREATED = "BEHANDLES"
    TREATED = "BEHANDLET"
    LACKING = "MANGEL"
    WITHDRAWN = "TRUKKET"


@dataclass(frozen=True)
class Case:
    """A recognition case (godkjenningssak). `id` 0 is one not yet written.

    `version` grows with every change, so that two caseworkers do not write over each other. BEHANDLET locks its
    included results until it is opened again.
    """

    id: int
    person_id: int
    type: CaseType
    status: CaseStatus
    applied_on: date
    place: str = ""
    responsible: str = ""
    journal_number: str = ""
    application_text: str = ""
    note: str = ""
    version: int = 1
    created_at: datetime | None = None
    created_by: str = ""
    changed_at: datetime | None = None
    changed_by: str = ""

    @property
    def locked(self) -> bool:
        """Whether its included results may not be changed."""
        return self.status is CaseStatus.TREATED


@dataclass(frozen=True)
class Inclusion:
    """A result that is part of a case (Inngår): since when, and who ticked it."""

    result_id: int
    included_at: datetime
    included_by: str
