"""Godkjenningssak samlebilde: the recognition cases, and one of them with the button."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.model import Case, CaseStatus, CaseType, Origin, Person, Purpose
from webapp.names import written_name
from webapp.recognition.cases import set_status
from webapp.store import cases, people
from webapp.web.case_rows import case_row
from webapp.web.current import caseworker, house
from webapp.web.labels import case_status_name, case_type_name
from webapp.web.language import gettext, lazy_gettext
from webapp.web.lists import Cell, Column, Filter, ListScreen, Row
from webapp.web.press import fetched_of, press
from webapp.web.traced import about
from webapp.web.words import moment_of

routes = Blueprint("cases", __name__)


def type_choices() -> dict[str, str]:
    """The types of a case, code to words."""
    return {type.value: f"{type.value} – {case_type_name(type)}" for type in CaseType}


def status_choices() -> dict[str, str]:
    """What a case can have come to, code to words."""
    return {status.value: f"{status.value} – {case_status_name(status)}" for status in CaseStatus}


def _row(row: dict[str, Any]) -> Row:
    case = cases.case_of(row)
    return Row(
        {
            "case": Cell(str(case.id), href=url_for("cases.show", case_id=case.id)),
            "name": Cell(written_name(row["given_names"], row["family_name"])),
            "type": Cell(case.type.value),
            "status": Cell(case.status.value),
            "applied": Cell(f"{case.applied_on:%d.%m.%Y}"),
            "place": Cell(case.place),
            "responsible": Cell(case.responsible),
            "journal": Cell(case.journal_number, code=True),
            "fetched": Cell(_moment(row["fetched_at"])),
            "changed": Cell(_moment(row["result_changed_at"])),
        },
        value=str(case.id),
    )


def _moment(stored: str | None) -> str:
    return moment_of(datetime.fromisoformat(stored), house().settings.zone, house().clock()) if stored else ""


def _responsibles() -> Mapping[str, str]:
    me = caseworker()
    return {me: gettext("Meg (%(name)s)", name=me)} | {
        name: name for name in cases.responsibles(house().store.db) if name != me
    }


LISTING = ListScreen(
    name="cases",
    title=lazy_gettext("Godkjenningssak samlebilde"),
    endpoint="cases.listing",
    template="cases.html",
    columns=(
        Column("case", lazy_gettext("Saksnr"), (Filter("case", lazy_gettext("Saksnummer")),), fixed=True),
        Column("name", lazy_gettext("Navn"), (Filter("name", lazy_gettext("Navn")),)),
        Column("type", lazy_gettext("Type"), (Filter("type", lazy_gettext("Type"), type_choices),)),
        Column(
            "status",
            lazy_gettext("Status"),
            (
                Filter(
                    "status",
                    lazy_gettext("Status"),
                    lambda: {cases.ACTIVE: gettext("bare aktive"), **status_choices()},
                ),
            ),
        ),
        Column(
            "applied",
            lazy_gettext("Søkt dato"),
            (
                Filter("applied_from", lazy_gettext("Søkt fra og med"), date=True),
                Filter("applied_to", lazy_gettext("Søkt til og med"), date=True),
            ),
        ),
        Column("place", lazy_gettext("Sted"), (Filter("place", lazy_gettext("Stedet begynner med")),)),
        Column(
            "responsible",
            lazy_gettext("Ansvarlig"),
            (Filter("responsible", lazy_gettext("Ansvarlig"), _responsibles),),
        ),
        Column("journal", lazy_gettext("Journalnr"), (Filter("journal", lazy_gettext("Journalnr begynner med")),)),
        Column(
            "fetched",
            lazy_gettext("Sist hentet"),
            (Filter("fetched_from", lazy_gettext("Hentet fra og med"), date=True),),
        ),
        Column(
            "changed",
            lazy_gettext("Endret"),
            (Filter("changed_from", lazy_gettext("Endret fra og med"), date=True),),
        ),
    ),
    query=cases.LIST,
    row=_row,
    sort="case",
    descending=True,
)


@routes.route("/cases", methods=["GET", "POST"])
def listing() -> ResponseReturnValue:
    """All cases."""
    return LISTING.respond()


@routes.get("/cases.<form>")
def listing_export(form: str) -> ResponseReturnValue:
    """All cases that fit, as a file."""
    return LISTING.export(form)


@routes.get("/cases/<int:case_id>")
def show(case_id: int) -> ResponseReturnValue:
    """One case, tab Sak: what was applied for, and what was noted."""
    return case_page("case.html", *known_case(case_id))


@routes.get("/cases/<int:case_id>/studies")
def studies(case_id: int) -> ResponseReturnValue:
    """Tab Eksternstudium: the institutions that answered."""
    return case_page("case_studies.html", *known_case(case_id))


@routes.post("/cases/<int:case_id>/orders")
def order(case_id: int) -> ResponseReturnValue:
    """Hent ekstern norsk utdanning for this case."""
    case, person = known_case(case_id)
    here = url_for("cases.studies", case_id=case_id)
    origin = Origin(caseworker(), "case", case_id=case_id)
    whole = "case_studies.html"
    return press(
        person, Purpose.RECOGNITION, origin, here, lambda refusal: case_page(whole, case, person, refusal=refusal)
    )


@routes.post("/cases/<int:case_id>/status")
def status(case_id: int) -> ResponseReturnValue:
    """Close the case, or open it again, in one press; back to the tab with what is included."""
    known_case(case_id)
    wanted = next((each for each in CaseStatus if each == request.form.get("status")), None) or abort(400)
    set_status(house().store, case_id, wanted, caseworker(), house().clock())
    return redirect(url_for("case_extent.show", case_id=case_id), 303)


def case_page(template: str, case: Case, person: Person, **more: Any) -> str:
    """A page of a case, with its head, the button and the box."""
    return render_template(template, **fetched_of(person, case_id=case.id), case=case_row(case), **more)


def known_case(case_id: int) -> tuple[Case, Person]:
    """A case and its person; 404 when there is no such case."""
    db = house().store.db
    case = cases.case(db, case_id) or abort(404)
    about(case.person_id)
    return case, people.person(db, case.person_id) or abort(404)
