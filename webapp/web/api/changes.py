"""Endringer: for whom a fetch changed something, until somebody has seen it."""

from datetime import datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import Field

from webapp.model import CaseStatus, CaseType, Category, ChangeKind
from webapp.store import as_text, notices, worklist
from webapp.web.api.log import FieldChangeShape
from webapp.web.api.paging import Page, Paging, page_of, sort_pattern
from webapp.web.api.shapes import Day, Id, Instant, Maybe, QueryId, QueryLine, QueryTruth, Shape
from webapp.web.current import caseworker, house
from webapp.web.protection import demand_open
from webapp.web.traced import about

routes = APIBlueprint("api_changes", __name__, url_prefix="/api/changes", tag="Changes")


class ToldShape(Shape):
    """What became of a result, and in which fields."""

    kind: ChangeKind
    category: Category
    code: str | None
    name: dict[str, str]
    fields: list[FieldChangeShape]


class NoticeApplication(Shape):
    """An application of the person's."""

    applicant_number: str
    admission: str


class NoticeCase(Shape):
    """A case of the person's."""

    id: int
    type: CaseType
    status: CaseStatus


class NoticeShape(Shape):
    """A person for whom a fetch changed something. `told`: the first of its `changes`; the log has them all."""

    id: int
    person_id: int
    given_names: str | None
    family_name: str | None
    raised_at: datetime
    seen_at: datetime | None
    seen_by: str | None
    changes: int
    told: list[ToldShape]
    institutions: list[dict[str, str]]
    applications: list[NoticeApplication]
    cases: list[NoticeCase]


class Notices(Page[NoticeShape]):
    """A page of notices."""


class NoticeFilters(Paging):
    """Which notices are wanted: those that nobody has seen, or with `seen` those that somebody has."""

    seen: QueryTruth = False
    name: Maybe[QueryLine] = None
    admission: Maybe[QueryLine] = None
    responsible: Maybe[QueryLine] = None
    institution: Maybe[QueryId] = None
    raised_from: Maybe[Day] = None
    sort: Annotated[str, Field(pattern=sort_pattern(worklist.UNSEEN))] = "-when"


class SeenNotice(Shape):
    """A notice as it was shown; one that has taken in more since its `raised_at` is not marked."""

    id: Id
    raised_at: Instant


class SeenNotices(Shape):
    """Notices that somebody has seen."""

    items: Annotated[list[SeenNotice], Field(min_length=1, max_length=1000)]


class Marked(Shape):
    """How many notices were marked, and how many were not because they have taken in more since."""

    marked: int
    newer: int


@routes.get("")
@routes.input(NoticeFilters, location="query", arg_name="filters")
@routes.output(Notices)
def listing(filters: NoticeFilters) -> Notices:
    """Those for whom a fetch changed something, the latest first."""
    query = worklist.SEEN if filters.seen else worklist.UNSEEN
    rows, following = page_of(query, filters, filters.sort, filters.model_dump(include=set(query.conditions)))
    return Notices(items=[_shape(row) for row in rows], next=following)


@routes.post("/seen")
@routes.input(SeenNotices, arg_name="wanted")
@routes.output(Marked)
def mark(wanted: SeenNotices) -> Marked:
    """Mark notices as seen."""
    shown = [(each.id, as_text(each.raised_at)) for each in wanted.items]
    for notice_id, _ in shown:
        demand_open(notice_id=notice_id)
    with house().store.write() as db:
        about(*notices.people_of(db, [each.id for each in wanted.items]))
        newer = notices.newer(db, shown)
        marked = notices.mark_seen(db, shown, caseworker(), house().clock())
    return Marked(marked=marked, newer=newer)


def _shape(row: dict[str, Any]) -> NoticeShape:
    notice = worklist.notice_of(row)
    return NoticeShape(
        id=notice.id,
        person_id=notice.person_id,
        given_names=notice.given_names,
        family_name=notice.family_name,
        raised_at=notice.raised_at,
        seen_at=notice.seen_at,
        seen_by=notice.seen_by,
        changes=notice.changes,
        told=[
            ToldShape(
                kind=told.kind,
                category=told.category,
                code=told.code,
                name=dict(told.name),
                fields=[FieldChangeShape(field=one.field, before=one.before, after=one.after) for one in told.fields],
            )
            for told in notice.told
        ],
        institutions=[dict(name) for name in notice.institutions],
        applications=[NoticeApplication(applicant_number=one, admission=code) for one, code in notice.applications],
        cases=[NoticeCase(id=id, type=type, status=status) for id, type, status in notice.cases],
    )
