"""Applications: the list, one of them, how they come in and are brought up to date, and Fullfør."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, abort, url_for

from webapp.intake.applying import take_in_application, take_in_applications
from webapp.model import Application, Report
from webapp.store import applications, notices
from webapp.store.applications import LIST
from webapp.web.api.application_shapes import (
    ApplicationFilters,
    Applications,
    ApplicationUpdate,
    ApplicationWhole,
    ManyApplications,
    Seen,
    TakenIn,
    TallyShape,
    application_shape,
    application_whole,
)
from webapp.web.api.paging import page_of
from webapp.web.api.problems import of_complaint, problem
from webapp.web.applications import why_not_finished
from webapp.web.current import caseworker, house
from webapp.web.language import gettext
from webapp.web.traced import about, told

routes = APIBlueprint("api_applications", __name__, url_prefix="/api/applications", tag="Applications")


@routes.get("")
@routes.input(ApplicationFilters, location="query", arg_name="filters")
@routes.output(Applications)
def listing(filters: ApplicationFilters) -> Applications:
    """Applications, filtered and sorted as on the screen."""
    chosen = filters.model_dump(include=set(LIST.conditions))
    if filters.unhandled is not None:
        chosen["unhandled"] = "J" if filters.unhandled else "N"
    rows, following = page_of(LIST, filters, filters.sort, chosen)
    return Applications(items=[application_shape(applications.application_of(row)) for row in rows], next=following)


@routes.post("")
@routes.input(ManyApplications, arg_name="many")
@routes.output(TakenIn)
@routes.doc(operation_id="put_api_applications_many")
def put_many(many: ManyApplications) -> TakenIn | Response:
    """Make up to 1,000 applications, or bring them up to date: all of them, or none when something is wrong."""
    rows = [(line, each.record(each.applicant_number)) for line, each in enumerate(many.items)]
    report = take_in_applications(house().store, house().settings, rows, house().clock())
    if report.complaint_count:
        return _refused(report)
    about(*applications.people_of(house().store.db, (record.applicant_number for _, record in rows)))
    told(rows=len(rows))
    return _taken_in(report)


@routes.get("/<applicant_number>")
@routes.output(ApplicationWhole)
def show(applicant_number: str) -> ApplicationWhole:
    """One application with its alternatives."""
    return application_whole(_known(applicant_number))


@routes.put("/<applicant_number>")
@routes.input(ApplicationUpdate, arg_name="update")
@routes.output(ApplicationWhole)
@routes.doc(responses={201: "The application, new here"})
def put(applicant_number: str, update: ApplicationUpdate) -> Any:
    """Make an application with its person, or bring both up to date."""
    record = update.record(applicant_number)
    report = take_in_application(house().store, house().settings, record, house().clock())
    stored = _known(applicant_number.strip())
    here = {"Location": url_for("api_applications.show", applicant_number=stored.applicant_number)}
    return application_whole(stored), 201 if report.applications.new else 200, here


@routes.post("/<applicant_number>/finish")
@routes.input(Seen, arg_name="wanted")
@routes.output(ApplicationWhole)
@routes.doc(responses={409: "Nothing is unhandled, or more has changed since."})
def finish(applicant_number: str, wanted: Seen) -> ApplicationWhole | Response:
    """Fullfør: the results are handled, and what changed has been seen."""
    application, now = _known(applicant_number), house().clock()
    with house().store.write() as db:
        finished = applications.finish(db, applicant_number, caseworker(), now, wanted.seen)
        if finished:
            notices.mark_seen_of(db, application.person_id, caseworker(), now)
    if not finished:
        return problem(409, why_not_finished(_known(applicant_number)))
    return application_whole(_known(applicant_number))


def _refused(report: Report) -> Response:
    errors = [of_complaint(each, f"#/items/{each.line}") for each in report.complaints]
    told = gettext(
        "Ingenting er tatt inn: %(count)d feil. Rett dem, og send alt på nytt.", count=report.complaint_count
    )
    return problem(422, told, errors)


def _taken_in(report: Report) -> TakenIn:
    people, many = report.people, report.applications
    return TakenIn(
        people=TallyShape(new=people.new, changed=people.changed, unchanged=people.unchanged),
        applications=TallyShape(new=many.new, changed=many.changed, unchanged=many.unchanged),
    )


def _known(applicant_number: str) -> Application:
    application = applications.application(house().store.db, applicant_number) or abort(404)
    about(application.person_id)
    return application
