"""Meld nye resultater and Angre, beside the button wherever it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching import reporting
from webapp.model import Origin, Person
from webapp.store import reports
from webapp.web.applications import application_page, known_application
from webapp.web.cases import case_page, known_case
from webapp.web.current import caseworker, house
from webapp.web.language import gettext
from webapp.web.people_heads import known_person
from webapp.web.person import person_page
from webapp.web.press import fetched_of, refused

routes = Blueprint("reports", __name__)


@dataclass(frozen=True)
class _Place:
    """Where it was pressed: the person, what the page is about, its address, and the page whole with a refusal."""

    person: Person
    origin: Origin
    here: str
    page: Callable[[str], ResponseReturnValue]


@routes.post("/people/<int:person_id>/reports")
@routes.post("/applications/<applicant_number>/reports")
@routes.post("/cases/<int:case_id>/reports")
def report(**where: Any) -> ResponseReturnValue:
    """Meld nye resultater: the next evening's run is to ask about the person."""
    place = _place(where)
    try:
        reported, _ = reporting.register(house().store, place.person, place.origin, house().clock())
    except Refusal as refusal:
        answer = refused(refusal, place.person, place.page)
        answer.headers.update({"HX-Retarget": "#orders", "HX-Reswap": "outerHTML"})
        return answer
    return _done(place, reported.id)


@routes.post("/people/<int:person_id>/reports/<int:report_id>/withdraw")
@routes.post("/applications/<applicant_number>/reports/<int:report_id>/withdraw")
@routes.post("/cases/<int:case_id>/reports/<int:report_id>/withdraw")
def withdraw(report_id: int, **where: Any) -> ResponseReturnValue:
    """Angre: take back a report, unless an order has taken it meanwhile."""
    place = _place(where)
    known = reports.report(house().store.db, report_id)
    if known is not None and known.person_id != place.person.id:
        abort(404)
    reporting.withdraw(house().store, report_id)
    return _done(place, report_id)


def _done(place: _Place, report_id: int) -> ResponseReturnValue:
    """After a press: for htmx what stands beside the button, and what became of the report; else the page again."""
    if "HX-Request" not in request.headers:
        return redirect(place.here, 303)
    fetched = fetched_of(place.person, place.origin.application, place.origin.case_id)
    told = next((row.sentence for row in fetched["reports"].rows if row.id == report_id), "")
    return render_template("_reported.html", reports=fetched["reports"], told=told or gettext("Meldingen er angret."))


def _place(where: dict[str, Any]) -> _Place:
    """The page that an address below it belongs to; 404 when there is none."""
    match where:
        case {"applicant_number": number}:
            application, person = known_application(number)
            here = url_for("applications.show", applicant_number=number)
            origin = Origin(caseworker(), "application", application=number)
            return _Place(person, origin, here, lambda refusal: application_page(application, person, refusal))
        case {"case_id": id}:
            case, person = known_case(id)
            here = url_for("cases.show", case_id=id)
            origin = Origin(caseworker(), "case", case_id=id)
            return _Place(person, origin, here, lambda refusal: case_page("case.html", case, person, refusal=refusal))
        case _:
            person = known_person(where["person_id"])
            here = url_for("person.show", person_id=person.id)
            return _Place(person, Origin(caseworker(), "person"), here, lambda text: person_page(person, refusal=text))
