"""Meldt nye resultater as the screens say it: what was reported, and what became of it or will."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import format_date

from webapp.fetching.reporting import Expected, expectations
from webapp.model import Gate, NewResultsReport, Order, OrderState, Person
from webapp.store import reports
from webapp.web.current import house
from webapp.web.language import gettext
from webapp.web.words import date_of, moment_of, time_of


@dataclass(frozen=True)
class ReportRow:
    """A report. `told` and `outcome` are the two parts of its sentence: "Meldt 23.11." and "hentes i kveld".

    `state` names its icon: queued, running, unhandled (nobody will ask by itself), or "" once that has been done.
    `place`, where it was registered, has an address; `order_href` is that of the order that took it.
    """

    id: int
    when: str
    by: str
    place: str
    href: str
    told: str
    outcome: str
    state: str
    open: bool
    order_href: str

    @property
    def joint(self) -> str:
        """What stands between the two parts of the sentence."""
        if self.state != "unhandled":
            return ", "
        return " " if self.told.endswith(".") else ". "

    @property
    def sentence(self) -> str:
        """All that there is to say in one line."""
        return f"{self.told}{self.joint}{self.outcome}"


@dataclass(frozen=True)
class ReportsBox:
    """What stands beside the button: the reports that matter there, and whether there is anything to add to them.

    `where`: the values of the address of the application, the case or the person that the page is about.
    """

    where: Mapping[str, object]
    rows: tuple[ReportRow, ...]
    may_report: bool


def reports_box(
    person: Person, order_ids: Collection[int], application: str | None = None, case_id: int | None = None
) -> ReportsBox:
    """What a page about an application, a case or with neither a person shows: each report that is open, and those
    taken by the orders that the page shows, the newest last. A report that covers the page already leaves none to
    be added."""
    reported = reversed(reports.reports_of(house().store.db, person.id))
    shown = [report for report in reported if report.settled_at is None or report.order_id in order_ids]
    covered = any(not report.settled_at and report.application in (None, application) for report in shown)
    where: Mapping[str, object] = {"person_id": person.id}
    if application is not None:
        where = {"applicant_number": application}
    elif case_id is not None:
        where = {"case_id": case_id}
    return ReportsBox(where, report_rows(person, shown, application, case_id), not covered)


def taken_by(order: Order) -> tuple[ReportRow, ...]:
    """What a page that shows an order has to bring up to date when it has ended: the reports that it took."""
    reported = reports.reports_of(house().store.db, order.person_id)
    return tuple(report_row(report, None) for report in reported if report.order_id == order.id)


def report_rows(
    person: Person, reported: Sequence[NewResultsReport], application: str | None = None, case_id: int | None = None
) -> tuple[ReportRow, ...]:
    """A person's reports ready to be shown, on the page of an application or a case if one is named."""
    expected = expectations(house().store.db, house().settings, person, reported, house().clock())
    return tuple(report_row(report, expected.get(report.id), (application, case_id)) for report in reported)


def report_row(
    report: NewResultsReport, expected: Expected | None, page: tuple[str | None, int | None] = (None, None)
) -> ReportRow:
    """A report ready to be shown; `page`: the application or the case that the page is about."""
    zone, now = house().settings.zone, house().clock()
    outcome, state = _outcome(report, expected, now)
    here = (report.application, report.case_id) == page
    return ReportRow(
        id=report.id,
        when=moment_of(report.reported_at, zone, now),
        by=gettext("%(who)s gjennom API-et", who=report.registered_by)
        if report.place == "api"
        else report.registered_by,
        place=_place(report),
        href=_href(report),
        told=_told(report, _day(report.reported_at, now), here),
        outcome=outcome,
        state=state,
        open=report.settled_at is None,
        order_href=url_for("asked.order", person_id=report.person_id, order_id=report.order_id)
        if report.order_id
        else "",
    )


def _place(report: NewResultsReport) -> str:
    if report.application is not None:
        return gettext("Søknad %(number)s", number=report.application)
    return gettext("Sak %(number)s", number=report.case_id) if report.case_id is not None else gettext("Personen")


def _href(report: NewResultsReport) -> str:
    if report.application is not None:
        return url_for("applications.show", applicant_number=report.application)
    if report.case_id is not None:
        return url_for("cases.show", case_id=report.case_id)
    return url_for("person.show", person_id=report.person_id)


def _told(report: NewResultsReport, when: str, here: bool) -> str:
    """When it was reported, and where, unless that is the page at hand."""
    if here:
        return gettext("Meldt %(when)s", when=when)
    if report.application is not None:
        return gettext("Meldt %(when)s på søknad %(number)s", when=when, number=report.application)
    if report.case_id is not None:
        return gettext("Meldt %(when)s på sak %(number)s", when=when, number=report.case_id)
    return gettext("Meldt %(when)s på personen", when=when)


def _outcome(report: NewResultsReport, expected: Expected | None, now: datetime) -> tuple[str, str]:
    """What became of a report, or will, and the state that is."""
    if report.settled_at is not None or expected is None:
        if report.order_state is OrderState.OPEN or report.settled_at is None:
            return gettext("hentes nå"), "running"
        return gettext("hentet %(when)s", when=moment_of(report.settled_at, house().settings.zone, now)), ""
    if expected.evening is None:
        nothing = gettext("Hentes ikke av seg selv: ingen kveld er satt opp for FS154.001. Hent nå med knappen.")
        return nothing, "unhandled"
    when = _evening(expected.evening, now)
    if expected.why_not is None:
        return gettext("hentes %(when)s", when=when), "queued"
    return _why_not(expected.why_not, when), "unhandled"


def _why_not(gate: Gate, when: str) -> str:
    """Why an evening's run will not ask, and what can be done about it."""
    match gate:
        case Gate.PHASE:
            return gettext(
                "Hentes ikke %(when)s: opptaket er ikke i saksbehandling. Hent nå med knappen, eller vent til "
                "saksbehandlingsfasen er J.",
                when=when,
            )
        case Gate.CUT_OFF:
            return gettext("Hentes ikke %(when)s: fristen for opptaket er ute. Hent nå med knappen.", when=when)
        case Gate.NO_CONSENT:
            return gettext("Hentes ikke %(when)s: samtykke mangler. Søkeren må samtykke i søknaden.", when=when)
        case Gate.PROTECTED:
            return gettext(
                "Hentes ikke %(when)s: personen har sperret adresse. Hent med knappen når det er grunn til det.",
                when=when,
            )
        case _:
            return gettext(
                "Hentes ikke %(when)s: personen har bare et fiktivt nummer. Registrer fødselsnummer, D-nummer eller "
                "S-nummer.",
                when=when,
            )


def _evening(at: datetime, now: datetime) -> str:
    """An evening to come: "i kveld", "i morgen kl. 20.00" or "søndag 29.11. kl. 20.00"."""
    zone = house().settings.zone
    day, hour = at.astimezone(zone).date(), time_of(at, zone)
    match (day - now.astimezone(zone).date()).days:
        case 0:
            return gettext("i kveld")
        case 1:
            return gettext("i morgen kl. %(hour)s", hour=hour)
        case _:
            weekday = format_date(day, "EEEE")
            return gettext("%(weekday)s %(date)s kl. %(hour)s", weekday=weekday, date=f"{day:%d.%m}.", hour=hour)


def _day(at: datetime, now: datetime) -> str:
    """A day that was: "i dag", "23.11." or, in another year, "23.11.2025"."""
    zone = house().settings.zone
    day, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if day == today:
        return gettext("i dag")
    return f"{day:%d.%m}." if day.year == today.year else date_of(at, zone)
