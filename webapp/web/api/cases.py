"""Recognition cases: the list, one of them, and the results that are part of it."""

from datetime import date, datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response, abort, url_for
from pydantic import Field

from webapp.errors import Refusal
from webapp.model import Case, CaseStatus, CaseType
from webapp.recognition.cases import LONGEST, ChangedMeanwhile, WrongCase, change_case, exclude, include, open_case
from webapp.recognition.credits import Stage, count
from webapp.recognition.overlap import overlaps
from webapp.store import cases, people, results
from webapp.store.cases import LIST
from webapp.web.api.paging import Page, Paging, page_of, sort_pattern
from webapp.web.api.problems import Unprocessable, problem
from webapp.web.api.shapes import Day, Id, Maybe, Prose, QueryLine, Shape
from webapp.web.current import caseworker, house
from webapp.web.language import said
from webapp.web.protection import demand_seen
from webapp.web.traced import about

routes = APIBlueprint("api_cases", __name__, url_prefix="/api/cases", tag="Cases")

#: A person does not have more results than that.
MOST_INCLUDED = 10_000


class CaseWish(Shape):
    """What is written in a case."""

    type: CaseType
    status: CaseStatus
    applied_on: Day
    place: Annotated[Prose, Field(max_length=LONGEST["place"])] = ""
    responsible: Annotated[Prose, Field(max_length=LONGEST["responsible"])] = ""
    journal_number: Annotated[Prose, Field(max_length=LONGEST["journal_number"])] = ""
    application_text: Prose = ""
    note: Prose = ""

    def case(self, person_id: int) -> Case:
        """The same as it is written."""
        written = {field: getattr(self, field) for field in CaseWish.model_fields}
        return Case(id=0, person_id=person_id, **written)


class NewCase(CaseWish):
    """A case to be opened."""

    person_id: Id


class CaseUpdate(CaseWish):
    """A case to be written anew, on top of the version that was read."""

    version: Id


class CaseShape(Shape):
    """A recognition case. `version` grows with every change; `locked`: what is included may not be changed."""

    id: int
    person_id: int
    type: CaseType
    status: CaseStatus
    applied_on: date
    place: str
    responsible: str
    journal_number: str
    application_text: str
    note: str
    version: int
    locked: bool
    created_at: datetime | None
    created_by: str
    changed_at: datetime | None
    changed_by: str


class Cases(Page[CaseShape]):
    """A page of cases."""


class CaseFilters(Paging):
    """Which cases are wanted; the status may be `active` too: neither BEHANDLET nor TRUKKET."""

    name: Maybe[Annotated[QueryLine, Field(description="The beginnings of the words of a person's name.")]] = None
    type: Maybe[CaseType] = None
    status: Maybe[Annotated[str, Field(pattern=f"^({'|'.join(CaseStatus)}|{cases.ACTIVE})$")]] = None
    applied_from: Maybe[Day] = None
    applied_to: Maybe[Day] = None
    place: Maybe[QueryLine] = None
    responsible: Maybe[QueryLine] = None
    journal: Maybe[QueryLine] = None
    fetched_from: Maybe[Day] = None
    changed_from: Maybe[Day] = None
    sort: Annotated[str, Field(pattern=sort_pattern(LIST))] = "-case"


class InclusionShape(Shape):
    """A result that is part of a case (Inngår), since when, and who ticked it.

    `counted_in`: the included result above it whose credits hold its own. `also_in`: other cases that it is part of.
    `alike`: other included results that may be the same course.
    """

    result_id: int
    included_at: datetime
    included_by: str
    counted_in: int | None
    also_in: list[int]
    alike: list[int]


class CreditsShape(Shape):
    """What the included results of an institution come to at a level, in studiepoeng."""

    institution: int
    level: Stage
    studiepoeng: float


class Inclusions(Shape):
    """All results that are part of a case, and their sum: a qualification and its courses never count twice."""

    items: list[InclusionShape]
    credits: list[CreditsShape]
    studiepoeng: float


class IncludedWish(Shape):
    """The results that are to be part of a case; all others of the person's are not."""

    result_ids: Annotated[list[Id], Field(max_length=MOST_INCLUDED)]


@routes.get("")
@routes.input(CaseFilters, location="query", arg_name="filters")
@routes.output(Cases)
def listing(filters: CaseFilters) -> Cases:
    """Cases, filtered and sorted as on the screen."""
    rows, following = page_of(LIST, filters, filters.sort, filters.model_dump(include=set(LIST.conditions)))
    return Cases(items=[_shape(cases.case_of(row)) for row in rows], next=following)


@routes.post("")
@routes.input(NewCase, arg_name="wanted")
@routes.output(CaseShape, 201, description="The case, opened")
def create(wanted: NewCase) -> Any:
    """Open a case about a person."""
    person = people.person(house().store.db, wanted.person_id)
    demand_seen(person)
    if person is None:
        raise Unprocessable((Refusal("Fins ikke her."), "#/person_id"))
    try:
        case_id = open_case(
            house().store, house().settings, wanted.case(wanted.person_id), caseworker(), house().clock()
        )
    except WrongCase as wrong:
        raise _pointed_at(wrong) from wrong
    return _shape(_known(case_id)), 201, {"Location": url_for("api_cases.show", case_id=case_id)}


@routes.get("/<int:case_id>")
@routes.output(CaseShape)
def show(case_id: int) -> CaseShape:
    """One case."""
    return _shape(_known(case_id))


@routes.put("/<int:case_id>")
@routes.input(CaseUpdate, arg_name="wanted")
@routes.output(CaseShape)
@routes.doc(responses={409: "Somebody has changed it since that version."})
def change(case_id: int, wanted: CaseUpdate) -> CaseShape | Response:
    """Write a case anew, if nobody has changed it since the version that was read."""
    wish, now = wanted.case(_known(case_id).person_id), house().clock()
    try:
        change_case(house().store, house().settings, case_id, wanted.version, wish, caseworker(), now)
    except ChangedMeanwhile as refusal:
        return problem(409, said(refusal))
    except WrongCase as wrong:
        raise _pointed_at(wrong) from wrong
    return _shape(_known(case_id))


@routes.get("/<int:case_id>/results")
@routes.output(Inclusions)
def included(case_id: int) -> Inclusions:
    """The results that are part of a case."""
    return _inclusions(_known(case_id))


@routes.put("/<int:case_id>/results")
@routes.input(IncludedWish, arg_name="wanted")
@routes.output(Inclusions)
def set_included(case_id: int, wanted: IncludedWish) -> Inclusions:
    """Say which results are part of a case. Refused when it is BEHANDLET, until it is opened again."""
    case = _known(case_id)
    wish = frozenset(wanted.result_ids)
    before = {each.result_id for each in cases.inclusions_of(house().store.db, case_id)}
    include(house().store, case_id, wish - before, caseworker(), house().clock())
    exclude(house().store, case_id, before - wish)
    return _inclusions(case)


def _pointed_at(wrong: WrongCase) -> Refusal:
    return Unprocessable(*((refusal, f"#/{field}") for field, refusal in wrong.fields.items()))


def _known(case_id: int) -> Case:
    case = cases.case(house().store.db, case_id) or abort(404)
    about(case.person_id)
    return case


def _inclusions(case: Case) -> Inclusions:
    db = house().store.db
    found, others = cases.inclusions_of(db, case.id), cases.elsewhere(db, case.id)
    ticked = {each.result_id for each in found}
    rows = [row for study in results.studies_of(db, case.person_id) for row in study.results]
    counted, alike = count(rows, ticked), overlaps(rows, ticked)
    return Inclusions(
        items=[
            InclusionShape(
                result_id=each.result_id,
                included_at=each.included_at,
                included_by=each.included_by,
                counted_in=counted.below.get(each.result_id),
                also_in=[other.id for other in others.get(each.result_id, ())],
                alike=sorted(alike.get(each.result_id, ())),
            )
            for each in found
        ],
        credits=[
            CreditsShape(institution=institution, level=level, studiepoeng=float(credits))
            for (institution, level), credits in sorted(counted.parts.items())
        ],
        studiepoeng=float(counted.total),
    )


def _shape(case: Case) -> CaseShape:
    return CaseShape(**{field: getattr(case, field) for field in CaseShape.model_fields})
