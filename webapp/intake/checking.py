"""The checks of a record that need no database: each cell, whatever is wrong with the others."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import partial

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.identity import NationalIdentifier
from webapp.intake import cells
from webapp.intake.complaints import Complaints, quoted
from webapp.model import (
    Admission,
    AdmissionRecord,
    Alternative,
    ApplicationRecord,
    StagedApplication,
    StagedNumber,
)

MOST_ALTERNATIVES = 100


class Checker:
    """Checks the records of one import; what is wrong is told to `complaints`."""

    def __init__(self, settings: Settings, admissions: Collection[str], now: datetime, complaints: Complaints) -> None:
        self._settings = settings
        self._admissions = frozenset(admissions)
        self._past_instant = partial(cells.past_instant, zone=settings.zone, now=now)
        self._complaints = complaints

    def application(self, line: int, record: ApplicationRecord) -> StagedApplication | None:
        """The record ready to be staged; None when something is wrong with it."""
        before, cell = self._complaints.count, partial(self._complaints.cell, line)
        applicant_number = cell("applicant_number", cells.applicant_number, record.applicant_number)
        current = cell("number", self._number, record.number)
        former = cell("former_numbers", self._numbers, record.former_numbers)
        admission = cell("admission", self._known_admission, record.admission)
        family_name = cell("family_name", cells.name, record.family_name)
        given_names = cell("given_names", cells.name, record.given_names)
        given_at = cell("consent_given_at", self._past_instant, record.consent_given_at)
        withdrawn_at = cell("consent_withdrawn_at", self._past_instant, record.consent_withdrawn_at)
        protected = cell("protected_address", cells.yes_or_no, record.protected_address)
        admitted = cell("admitted", cells.yes_no_or_unknown, record.admitted)
        alternatives = self._alternatives(line, record.alternatives)
        if self._complaints.count > before or not (applicant_number and current and admission):
            return None
        numbers = {each.number: _staged(each) for each in (current, *(former or ()))}
        return StagedApplication(
            line=line,
            applicant_number=applicant_number,
            admission=admission,
            numbers=tuple(numbers.values()),
            family_name=family_name,
            given_names=given_names,
            consent_given_at=given_at,
            consent_withdrawn_at=withdrawn_at,
            protected_address=protected,
            admitted=admitted,
            alternatives=alternatives,
        )

    def admission(self, line: int, record: AdmissionRecord, known: Admission | None) -> Admission | None:
        """The admission as it becomes; None when something is wrong with the record."""
        before, cell = self._complaints.count, partial(self._complaints.cell, line)
        admission = cell("admission", cells.admission, record.admission)
        name = cell("name", cells.whole, record.name)
        phase = cell("processing_phase", cells.yes_or_no, record.processing_phase)
        deadline = cell("deadline", cells.day, record.deadline)
        if self._complaints.count > before or admission is None:
            return None
        stands = known or admission
        return Admission(
            admission.year,
            admission.season,
            admission.type,
            name=stands.name if name is None else name or None,
            processing_phase=stands.processing_phase if phase is None else phase,
            deadline=stands.deadline if deadline is None else date.fromisoformat(deadline) if deadline else None,
        )

    def _number(self, text: str) -> NationalIdentifier:
        if not cells.whole(text):
            raise Refusal("Fødselsnummeret mangler. Skriv fødselsnummer, D-nummer eller S-nummer.")
        return self._settings.identifier(text)

    def _numbers(self, text: str) -> Sequence[NationalIdentifier]:
        return [self._settings.identifier(each) for each in cells.whole(text).split()]

    def _known_admission(self, text: str) -> str:
        code = cells.admission(text).code
        if code not in self._admissions:
            raise Refusal("Opptaket «%(code)s» fins ikke her. Les inn opptaket først.", code=quoted(code))
        return code

    def _alternatives(self, line: int, given: tuple[Alternative, ...] | None) -> str | None:
        if given is None:
            return None
        try:
            rows = sorted((each.priority, cells.whole(each.code), cells.whole(each.name)) for each in given)
            if len({priority for priority, *_ in rows}) < len(rows) or any(row[0] < 1 for row in rows):
                raise Refusal("Hvert alternativ må ha sin egen prioritet, fra 1 og oppover.")
            if not all(0 < len(code) <= 50 and len(name) <= 500 for _, code, name in rows):
                raise Refusal("Et alternativ må ha en kode på høyst 50 tegn og et navn på høyst 500.")
            if len(rows) > MOST_ALTERNATIVES:
                raise Refusal("En søknad kan ha høyst %(most)d alternativer.", most=MOST_ALTERNATIVES)
        except Refusal as refusal:
            self._complaints.refuse(refusal, line, "alternatives")
            return None
        return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _staged(identifier: NationalIdentifier) -> StagedNumber:
    born = identifier.birth_date
    return StagedNumber(identifier.number, identifier.kind.value, born.isoformat() if born else None)
