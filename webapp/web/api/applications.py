"""Applications: the list, one of them, how they come in and are brought up to date, and Fullfør."""

from datetime import datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response, abort, url_for
from pydantic import Field, model_validator

from webapp.intake.applying import take_in_application, take_in_applications
from webapp.model import Alternative, Application, ApplicationRecord, IntakeKind, Report
from webapp.store import applications, notices
from webapp.store.applications import LIST
from webapp.web.api.admissions import renamed, texts_of
from webapp.web.api.paging import Page, Paging, page_of, sort_pattern
from webapp.web.api.problems import of_complaint, problem
from webapp.web.api.shapes import Day, Id, Line, Maybe, QueryId, QueryLine, QueryTruth, Shape, YesOrNo
from webapp.web.current import caseworker, house
from webapp.web.language import gettext

routes = APIBlueprint("api_applications", __name__, url_prefix="/api/applications", tag="Applications")

#: Applications that may come at once. More are imported as a file.
MOST_AT_ONCE = 1000


class AlternativeShape(Shape):
    """A study programme applied for; `priority` counts from 1."""

    priority: Id
    code: Line
    name: Line = ""


class ApplicationShape(Shape):
    """An application. `unhandled` (Ubehandlet resultat): a fetch changed something and nobody has finished with it.
    `has_consent`: it bears a consent that is given and not withdrawn now."""

    applicant_number: str
    person_id: int
    admission: str
    consent_given_at: datetime | None
    consent_withdrawn_at: datetime | None
    has_consent: bool
    unhandled: bool
    fetched_at: datetime | None
    result_changed_at: datetime | None
    finished_at: datetime | None
    finished_by: str | None


class ApplicationWhole(ApplicationShape):
    """An application with its alternatives."""

    alternatives: list[AlternativeShape]


class Applications(Page[ApplicationShape]):
    """A page of applications."""


class ApplicationFilters(Paging):
    """Which applications are wanted. `fetched_from` and `changed_from` are days."""

    applicant_number: Maybe[Annotated[QueryLine, Field(description="How it begins.")]] = None
    name: Maybe[Annotated[QueryLine, Field(description="The beginnings of the words of a name.")]] = None
    person_id: Maybe[QueryId] = None
    admission: Maybe[QueryLine] = None
    type: Maybe[Annotated[QueryLine, Field(description="The admission's type, as NOM.")]] = None
    consent: Maybe[Annotated[str, Field(pattern="^(given|missing|withdrawn)$")]] = None
    unhandled: Maybe[QueryTruth] = None
    fetched_from: Maybe[Day] = None
    changed_from: Maybe[Day] = None
    sort: Annotated[str, Field(pattern=sort_pattern(LIST))] = "applicant_number"


class ApplicationUpdate(Shape):
    """What is known of an application and its person. What is absent stays as it is, null takes away what is there.

    Times are ISO 8601 and have been. A line of a JSON file of applicants is understood too.
    """

    number: Annotated[Line, Field(description="The current national identity number.")]
    former_numbers: Maybe[Annotated[Line, Field(description="Those before it, separated by blanks.")]] = None
    family_name: Maybe[Line] = None
    given_names: Maybe[Line] = None
    admission: Line
    consent_given_at: Line | None = None
    consent_withdrawn_at: Line | None = None
    protected_address: Maybe[YesOrNo] = None
    alternatives: Maybe[Annotated[list[AlternativeShape], Field(max_length=100)]] = None

    @model_validator(mode="before")
    @classmethod
    def _of_file(cls, given: Any) -> Any:
        return renamed(given, IntakeKind.APPLICATIONS)

    def record(self, applicant_number: str) -> ApplicationRecord:
        """The same as it is taken in."""
        named = set(type(self).model_fields) - {"alternatives", "applicant_number"}
        alternatives = self.alternatives
        return ApplicationRecord(
            applicant_number,
            alternatives=None
            if alternatives is None
            else tuple(Alternative(each.priority, each.code, each.name) for each in alternatives),
            **texts_of(self, *named),
        )


class NumberedApplication(ApplicationUpdate):
    """An application among many."""

    applicant_number: Line


class ManyApplications(Shape):
    """Applications that come in together: all of them or none."""

    items: Annotated[list[NumberedApplication], Field(min_length=1, max_length=MOST_AT_ONCE)]


class TallyShape(Shape):
    """How many were new, changed and unchanged."""

    new: int
    changed: int
    unchanged: int


class TakenIn(Shape):
    """What came of applications that came in together."""

    people: TallyShape
    applications: TallyShape


@routes.get("")
@routes.input(ApplicationFilters, location="query", arg_name="filters")
@routes.output(Applications)
def listing(filters: ApplicationFilters) -> Applications:
    """Applications, filtered and sorted as on the screen."""
    chosen = filters.model_dump(include=set(LIST.conditions))
    if filters.unhandled is not None:
        chosen["unhandled"] = "J" if filters.unhandled else "N"
    rows, following = page_of(LIST, filters, filters.sort, chosen)
    return Applications(items=[_shape(applications.application_of(row)) for row in rows], next=following)


@routes.post("")
@routes.input(ManyApplications, arg_name="many")
@routes.output(TakenIn)
@routes.doc(operation_id="put_api_applications_many")
def put_many(many: ManyApplications) -> TakenIn | Response:
    """Make up to 1,000 applications, or bring them up to date: all of them, or none when something is wrong."""
    rows = [(line, each.record(each.applicant_number)) for line, each in enumerate(many.items)]
    report = take_in_applications(house().store, house().settings, rows, house().clock())
    return _refused(report) if report.complaint_count else _taken_in(report)


@routes.get("/<applicant_number>")
@routes.output(ApplicationWhole)
def show(applicant_number: str) -> ApplicationWhole:
    """One application with its alternatives."""
    return _whole(_known(applicant_number))


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
    return _whole(stored), 201 if report.applications.new else 200, here


@routes.post("/<applicant_number>/finish")
@routes.output(ApplicationWhole)
def finish(applicant_number: str) -> ApplicationWhole:
    """Fullfør: the results are handled, and what changed has been seen."""
    application, now = _known(applicant_number), house().clock()
    with house().store.write() as db:
        applications.finish(db, applicant_number, caseworker(), now)
        notices.mark_seen_of(db, application.person_id, caseworker(), now)
    return _whole(_known(applicant_number))


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
    return applications.application(house().store.db, applicant_number) or abort(404)


def _shape(application: Application) -> ApplicationShape:
    return ApplicationShape(
        applicant_number=application.applicant_number,
        person_id=application.person_id,
        admission=application.admission,
        consent_given_at=application.consent_given_at,
        consent_withdrawn_at=application.consent_withdrawn_at,
        has_consent=application.has_consent(house().clock()),
        unhandled=application.unhandled,
        fetched_at=application.fetched_at,
        result_changed_at=application.result_changed_at,
        finished_at=application.finished_at,
        finished_by=application.finished_by,
    )


def _whole(application: Application) -> ApplicationWhole:
    alternatives = [
        AlternativeShape(priority=each.priority, code=each.code, name=each.name) for each in application.alternatives
    ]
    return ApplicationWhole(**_shape(application).model_dump(), alternatives=alternatives)
