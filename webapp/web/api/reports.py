"""Reports of new results (meldt nye resultater): an institution's own student pages can send them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NoReturn

from apiflask import APIBlueprint
from flask import Response, abort, url_for

from webapp.errors import Refusal
from webapp.fetching.reporting import Expected, expectations, register, withdraw
from webapp.model import Gate, NewResultsReport, Origin, Person
from webapp.store import applications, cases, people, reports
from webapp.web.api.people import NUMBER, known_person, parse_at
from webapp.web.api.problems import FieldProblem, problem
from webapp.web.api.shapes import Id, Line, Maybe, Shape
from webapp.web.current import caseworker, house
from webapp.web.language import gettext
from webapp.web.protection import demand_seen
from webapp.web.report_rows import report_row
from webapp.web.traced import about

routes = APIBlueprint("api_reports", __name__, url_prefix="/api", tag="Reports of new results")

_ONE_OF = {"minProperties": 1, "maxProperties": 1}


class NewReport(Shape, json_schema_extra=_ONE_OF):
    """Who reports, by exactly one of these: a person, by a number or an id; or what the new results are for, an
    application or a case."""

    number: Maybe[Annotated[Line, NUMBER]] = None
    person_id: Maybe[Id] = None
    applicant_number: Maybe[Line] = None
    case_id: Maybe[Id] = None


class ReportShape(Shape):
    """A report. While it is open, the run at `planned_at` will ask about the person; when none will,
    `not_planned_because` says why: a reason for which a run leaves people out, or that no evening has a run. An order
    settles it. `sentence` tells the same in the reader's language."""

    id: int
    person_id: int
    applicant_number: str | None
    case_id: int | None
    reported_at: datetime
    registered_by: str
    place: str
    planned_at: datetime | None
    not_planned_because: Gate | Literal["no-evening"] | None
    settled_at: datetime | None
    order_id: int | None
    sentence: str


class Reports(Shape):
    """A person's reports, the latest first."""

    items: list[ReportShape]


@routes.post("/reports")
@routes.input(NewReport, arg_name="wanted")
@routes.output(ReportShape, 201, description="Registered")
@routes.doc(responses={200: "The report that was open already", 404: "There is no such person, application or case."})
def report(wanted: NewReport) -> Any:
    """Register that a person reports new results: the next evening's run asks about them, whatever its kind. While a
    report on the same person, application or case is open, another joins it."""
    person, origin = _meant(wanted)
    demand_seen(person)
    registered, is_new = register(house().store, person, origin, house().clock())
    here = {"Location": url_for("api_reports.show", report_id=registered.id)}
    return _shapes(person, [registered])[0], 201 if is_new else 200, here


@routes.get("/reports/<int:report_id>")
@routes.output(ReportShape)
def show(report_id: int) -> ReportShape:
    """One report with what became of it, or will."""
    found = _known(report_id)
    return _shapes(known_person(found.person_id), [found])[0]


@routes.delete("/reports/<int:report_id>")
@routes.output({}, 204, description="Taken back")
@routes.doc(responses={409: "An order has taken it."})
def take_back(report_id: int) -> Response:
    """Take back a report that is open."""
    _known(report_id)
    if not withdraw(house().store, report_id):
        return problem(409, gettext("Meldingen er allerede tatt med i en bestilling, og kan ikke angres."))
    return Response(status=204)


@routes.get("/people/<int:person_id>/reports")
@routes.output(Reports)
def listing(person_id: int) -> Reports:
    """All that a person has reported, the latest first."""
    person = known_person(person_id)
    return Reports(items=_shapes(person, reports.reports_of(house().store.db, person_id)))


def _meant(wanted: NewReport) -> tuple[Person, Origin]:
    """Who reports, and on what; 404 at its field when there is no such thing."""
    db, by = house().store.db, caseworker()
    match list(wanted.model_dump(exclude_none=True).items()):
        case [("number", number)]:
            person = people.person_with_number(db, parse_at("#/number", number))
            return person or _absent("number"), Origin(by, "api")
        case [("person_id", id)]:
            return people.person(db, id) or _absent("person_id"), Origin(by, "api")
        case [("applicant_number", number)]:
            application = applications.application(db, number) or _absent("applicant_number")
            return known_person(application.person_id), Origin(by, "api", application=number)
        case [("case_id", id)]:
            about = cases.case(db, id) or _absent("case_id")
            return known_person(about.person_id), Origin(by, "api", case_id=id)
    raise Refusal("Skriv ett av number, person_id, applicant_number og case_id.")


def _absent(field: str) -> NoReturn:
    sentence = gettext("Fins ikke her.")
    abort(problem(404, sentence, [FieldProblem(detail=sentence, pointer=f"#/{field}")]))


def _known(report_id: int) -> NewResultsReport:
    found = reports.report(house().store.db, report_id) or abort(404)
    about(found.person_id)
    return found


def _shapes(person: Person, reported: Sequence[NewResultsReport]) -> list[ReportShape]:
    about(person.id)
    expected = expectations(house().store.db, house().settings, person, reported, house().clock())
    return [_shape(report, expected.get(report.id)) for report in reported]


def _shape(report: NewResultsReport, expected: Expected | None) -> ReportShape:
    return ReportShape(
        id=report.id,
        person_id=report.person_id,
        applicant_number=report.application,
        case_id=report.case_id,
        reported_at=report.reported_at,
        registered_by=report.registered_by,
        place=report.place,
        planned_at=expected.planned_at if expected else None,
        not_planned_because=(expected.why_not or (None if expected.evening else "no-evening")) if expected else None,
        settled_at=report.settled_at,
        order_id=report.order_id,
        sentence=report_row(report, expected).sentence,
    )
