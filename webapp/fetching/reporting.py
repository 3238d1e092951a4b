"""Meldt nye resultater: the student must say so (basis page, Endringer/nye resultater), and what then happens."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from webapp.config import Settings
from webapp.fetching.eligibility import admission_gate, applicant_gate
from webapp.fetching.evenings import next_run
from webapp.fetching.ordering import askable, demand_askable
from webapp.model import Admission, Applicant, Application, Gate, NewResultsReport, Origin, Person, Purpose
from webapp.store import Store, admissions, applications, reports


@dataclass(frozen=True)
class Expected:
    """What the next evening's run will do about a report, as the data are now.

    `evening`: when that run is, with the institution's offset then; None when no evening has one. `why_not`: why the
    run will not ask; None when it will.
    """

    evening: datetime | None
    why_not: Gate | None = None

    @property
    def planned_at(self) -> datetime | None:
        """When the run is that asks; None when none will."""
        return None if self.why_not else self.evening


def register(store: Store, person: Person, origin: Origin, now: datetime) -> tuple[NewResultsReport, bool]:
    """Register that a person reports new results; returns the report, and whether it is a new one.

    While a report on the same application, on the same case or on the person alone is open, a second one joins it.
    Raises Refusal when nobody can be asked about the person.
    """
    demand_askable(person)
    wish = NewResultsReport(0, person.id, origin.application, origin.case_id, now, origin.by, origin.place)
    with store.write() as db:
        known = reports.open_report(db, person.id, origin.application, origin.case_id)
        report = known or reports.report(db, reports.add(db, wish))
    if report is None:
        raise LookupError("a report just written is not there")
    return report, known is None


def withdraw(store: Store, report_id: int) -> bool:
    """Take a report back; False when there is none that is open."""
    with store.write() as db:
        return reports.withdraw(db, report_id)


def expectations(
    db: Database, settings: Settings, person: Person, reported: Iterable[NewResultsReport], now: datetime
) -> Mapping[int, Expected]:
    """What will become of those of a person's reports that are open, by their ids."""
    waiting = [report for report in reported if report.settled_at is None]
    if not waiting:
        return {}
    applied = applications.applications_of(db, person.id)
    known = {admission.code: admission for admission in admissions.admissions(db)}
    return {report.id: expected(report, person, applied, known, settings, now) for report in waiting}


def expected(
    report: NewResultsReport,
    person: Person,
    applied: Sequence[Application],
    known: Mapping[str, Admission],
    settings: Settings,
    now: datetime,
) -> Expected:
    """What will become of an open report in the next evening's run, by the rules that the run is planned by.

    `applied`: all applications of the person, `known`: their admissions by code. A report on an application brings
    that one in. Any other brings in all of them, and when none may be, the person for recognition.
    """
    coming = next_run(settings, now)
    if coming is None:
        return Expected(None)
    evening = coming.at

    def gate_of(application: Application) -> Gate | None:
        closed = admission_gate(known[application.admission], evening, settings.settings.import_runs, settings.zone)
        who = _applicant(person, application.consent_given_at, application.consent_withdrawn_at)
        return closed or applicant_gate(who, settings.basis_at(Purpose.ADMISSION, evening).basis, evening, now)

    if report.application is not None:
        return Expected(evening, gate_of(next(each for each in applied if each.applicant_number == report.application)))
    if any(gate_of(application) is None for application in applied):
        return Expected(evening)
    # For recognition, the consent of any application counts.
    given = [each.consent_given_at for each in applied if each.consent_given_at and not each.consent_withdrawn_at]
    who = _applicant(person, min(given, default=None), None)
    return Expected(evening, applicant_gate(who, settings.basis_at(Purpose.RECOGNITION, evening).basis, evening, now))


def _applicant(person: Person, consent_given_at: datetime | None, consent_withdrawn_at: datetime | None) -> Applicant:
    return Applicant(
        application="",
        person_id=person.id,
        consent_given_at=consent_given_at,
        consent_withdrawn_at=consent_withdrawn_at,
        protected_address=person.protected_address,
        usable_number=bool(askable(person)),
        asked_at=None,
        reported=True,
    )
