"""Taking in: everything or nothing, the same way for one record and for a file of a hundred thousand."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Generic, TypeVar

from sqlite_utils import Database

from webapp.config import Settings
from webapp.errors import N_, Refusal
from webapp.intake import cells
from webapp.intake.checking import Checker
from webapp.intake.complaints import Complaints, NotTakenIn
from webapp.model import (
    AdmissionRecord,
    ApplicationRecord,
    Clash,
    Complaint,
    Report,
    Tally,
)
from webapp.store import Store, admissions, intake
from webapp.store.intake_clashes import contradictions

#: Rows are staged so many at a time.
BATCH = 1000
#: A row of what comes in with its line, or what is wrong with it.
ApplicationRow = tuple[int, ApplicationRecord] | Complaint
AdmissionRow = tuple[int, AdmissionRecord] | Complaint

#: Which field a contradiction is told at, and its sentence; `other` is the line that it contradicts.
_CLASHES: dict[Clash, tuple[str, str]] = {
    Clash.APPLICANT_NUMBER_TWICE: (
        "applicant_number",
        N_("Søkernummeret står på linje %(other)d også. Ta bort den ene linjen."),
    ),
    Clash.APPLICANT_NUMBER_TAKEN: (
        "applicant_number",
        N_("Søkernummeret tilhører en annen person her. Se etter en skrivefeil i søkernummer eller fødselsnummer."),
    ),
    Clash.NUMBER_OF_ANOTHER_ROW: (
        "number",
        N_("Et av numrene tilhører noen med et annet gjeldende nummer på linje %(other)d. Rett den som er feil."),
    ),
    Clash.NUMBERS_OF_TWO_PEOPLE: (
        "former_numbers",
        N_("Numrene tilhører to ulike personer her. Ta bort det som ikke er personens."),
    ),
    Clash.TWO_CURRENT_NUMBERS: (
        "number",
        N_("Personen har et annet nytt nummer på en annen linje. Bare ett kan være det gjeldende."),
    ),
    Clash.FAMILY_NAME_DIFFERS: (
        "family_name",
        N_("Den samme personen har et annet etternavn på linje %(other)d. Rett den som er feil."),
    ),
    Clash.GIVEN_NAMES_DIFFER: (
        "given_names",
        N_("Den samme personen har et annet fornavn på linje %(other)d. Rett den som er feil."),
    ),
    Clash.PROTECTION_DIFFERS: (
        "protected_address",
        N_("Den samme personen har ikke den samme sperren på linje %(other)d. Rett den som er feil."),
    ),
    Clash.WITHDRAWN_BEFORE_GIVEN: (
        "consent_withdrawn_at",
        N_("Samtykket er trukket før det ble gitt. Rett det ene tidspunktet."),
    ),
}


def take_in_application(store: Store, settings: Settings, record: ApplicationRecord, now: datetime) -> Report:
    """Check one application and write it with its person. Raises NotTakenIn with what is wrong, field by field."""
    return _or_refuse(take_in_applications(store, settings, [(1, record)], now))


def take_in_admission(store: Store, settings: Settings, record: AdmissionRecord, now: datetime) -> Report:
    """Check one admission and write it. Raises NotTakenIn with what is wrong, field by field."""
    return _or_refuse(take_in_admissions(store, settings, [(1, record)], now))


def take_in_applications(
    store: Store,
    settings: Settings,
    rows: Iterable[ApplicationRow],
    now: datetime,
    *,
    dry_run: bool = False,
    on_batch: Callable[[], None] = lambda: None,
) -> Report:
    """Check rows and write them all, or none when something is wrong with one, or with `dry_run`.

    `on_batch` is called now and then while the rows are read; what it raises ends all with nothing written.
    """
    complaints = Complaints()
    codes = [admission.code for admission in admissions.admissions(store.db)]
    checker = Checker(settings, codes, now, complaints)
    counted = _Counted(rows, complaints)
    with intake.staging(store) as db:
        for batch in _batches(counted):
            checked = (checker.application(line, record) for line, record in batch)
            intake.stage(db, [row for row in checked if row])
            on_batch()
        # Others can write while this is judged, which is most of the work; what they wrote is judged again below.
        seen = intake.version(db)
        _judge(db, complaints)
        if not dry_run and not complaints.count:
            with store.write() as writing:
                if intake.version(writing) != seen:
                    _judge(writing, complaints)
                if not complaints.count:
                    intake.write_staged(writing, now)
        people, applications = intake.tally(db, "staged_people"), intake.tally(db, "staged_applications")
    return Report(
        rows=counted.rows,
        dry_run=dry_run,
        people=people,
        applications=applications,
        complaints=complaints.first(),
        complaint_count=complaints.count,
    )


def take_in_admissions(
    store: Store, settings: Settings, rows: Iterable[AdmissionRow], now: datetime, *, dry_run: bool = False
) -> Report:
    """Check rows and write them all, or none when something is wrong with one, or with `dry_run`."""
    complaints = Complaints()
    checker = Checker(settings, (), now, complaints)
    counted = _Counted(rows, complaints)
    wanted: dict[str, tuple[int, AdmissionRecord]] = {}
    for line, record in counted:
        code = complaints.cell(line, "admission", lambda text: cells.admission(text).code, record.admission)
        if code in wanted:
            twice = Refusal("Opptaket står på linje %(other)d også. Ta bort den ene linjen.", other=wanted[code][0])
            complaints.refuse(twice, line, "admission")
        elif code is not None:
            wanted[code] = line, record
    with store.write() as db:
        known = {admission.code: admission for admission in admissions.admissions(db)}
        checked = [checker.admission(line, record, known.get(code)) for code, (line, record) in wanted.items()]
        new = [admission for admission in checked if admission and admission.code not in known]
        changed = [each for each in checked if each and each.code in known and known[each.code] != each]
        if not complaints.count and not dry_run:
            for admission in (*new, *changed):
                admissions.remember_admission(db, admission)
    return Report(
        rows=counted.rows,
        dry_run=dry_run,
        admissions=Tally(len(new), len(changed), len(checked) - len(new) - len(changed)),
        complaints=complaints.first(),
        complaint_count=complaints.count,
    )


def _judge(db: Database, complaints: Complaints) -> None:
    intake.resolve(db)
    for each in contradictions(db):
        field, sentence = _CLASHES[each.clash]
        complaints.add(Complaint(each.line, field, sentence, {"other": each.other} if each.other else {}))


def _or_refuse(report: Report) -> Report:
    if report.complaint_count:
        raise NotTakenIn(report.complaints)
    return report


R = TypeVar("R")


class _Counted(Generic[R]):
    """Rows without those that could not be read, which are told to `complaints`; `rows` counts both."""

    def __init__(self, rows: Iterable[tuple[int, R] | Complaint], complaints: Complaints) -> None:
        self.rows = 0
        self._rows = rows
        self._complaints = complaints

    def __iter__(self) -> Iterator[tuple[int, R]]:
        for row in self._rows:
            self.rows += 1
            if isinstance(row, Complaint):
                self._complaints.add(row)
            else:
                yield row


def _batches(rows: Iterable[R]) -> Iterator[Sequence[R]]:
    """The rows, BATCH at a time."""
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        yield batch
