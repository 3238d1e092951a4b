"""Admissions, and the applications in them."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from webapp.model.transcript import Season

_CODE = re.compile(r"(\d{4})-(VÅR|SOM|HØST)-([A-ZÆØÅ0-9_-]+)")


@dataclass(frozen=True)
class Admission:
    """An admission (opptak): year, term and type, with its processing phase (saksbehandlingsfase, J or N)."""

    year: int
    season: Season
    type: str
    name: str | None = None
    processing_phase: bool = False
    deadline: date | None = None

    @property
    def code(self) -> str:
        """As it is written everywhere: 2027-HØST-NOM."""
        return f"{self.year}-{self.season}-{self.type}"

    @staticmethod
    def parts_of(code: str) -> tuple[int, Season, str] | None:
        """Year, term and type of a code, in whatever case it is written; None when it is not one."""
        found = _CODE.fullmatch(code.strip().upper())
        return (int(found.group(1)), Season(found.group(2)), found.group(3)) if found else None


@dataclass(frozen=True)
class Alternative:
    """A study programme applied for; `priority` counts from 1."""

    priority: int
    code: str
    name: str = ""


@dataclass(frozen=True)
class Application:
    """A person's application in an admission; the applicant number (søkernummer) is unique.

    `admission`: its code. `unhandled` (Ubehandlet resultat): a fetch changed something and nobody has finished with
    it. `consent_withdrawn_by`: who noted a withdrawal here, "" where it came with the application, and
    `consent_withdrawn_how`: how it reached us. `fetched_at`: when an order about the person last ended;
    `result_changed_at`: when one last changed something. `admitted` (opptatt): None while nobody has told.
    """

    applicant_number: str
    person_id: int
    admission: str
    consent_given_at: datetime | None = None
    consent_withdrawn_at: datetime | None = None
    unhandled: bool = False
    fetched_at: datetime | None = None
    result_changed_at: datetime | None = None
    finished_at: datetime | None = None
    finished_by: str | None = None
    admitted: bool | None = None
    alternatives: tuple[Alternative, ...] = ()
    consent_withdrawn_by: str = ""
    consent_withdrawn_how: str = ""

    def has_consent(self, at: datetime) -> bool:
        """Whether the consent in it is given and not withdrawn at that instant."""
        given, withdrawn = self.consent_given_at, self.consent_withdrawn_at
        return given is not None and given <= at and (withdrawn is None or withdrawn > at)
