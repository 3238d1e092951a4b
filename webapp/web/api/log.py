"""Eksternresultat-logg: what became of every result, when and by whom."""

import json
from datetime import datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import Field

from webapp.model import ChangeKind
from webapp.store.log import LIST, fields_of
from webapp.web.api.paging import Page, Paging, page_of, sort_pattern
from webapp.web.api.shapes import (
    Day,
    InstitutionShape,
    Maybe,
    QueryId,
    QueryLine,
    Shape,
    institution_shape,
)

routes = APIBlueprint("api_log", __name__, url_prefix="/api/log", tag="Changes")


class FieldChangeShape(Shape):
    """A field of a result before and after; null is absent."""

    field: str
    before: str | None
    after: str | None


class LogLine(Shape):
    """What became of a result. `fetch_id` and `notice_id` are null for what was written by hand."""

    id: int
    changed_at: datetime
    changed_by: str | None
    kind: ChangeKind
    person_id: int
    institution: InstitutionShape
    result_id: int
    code: str | None
    version: str | None
    name: dict[str, str]
    fields: list[FieldChangeShape]
    fetch_id: int | None
    notice_id: int | None


class Log(Page[LogLine]):
    """A page of the log."""


class LogFilters(Paging):
    """Which lines are wanted. `changed_from` and `changed_to` are days, both included."""

    person_id: Maybe[QueryId] = None
    name: Maybe[Annotated[QueryLine, Field(description="The beginnings of the words of a person's name.")]] = None
    institution: Maybe[QueryId] = None
    caseworker: Maybe[QueryLine] = None
    kind: Maybe[ChangeKind] = None
    changed_from: Maybe[Day] = None
    changed_to: Maybe[Day] = None
    sort: Annotated[str, Field(pattern=sort_pattern(LIST))] = "-when"


#: How the log's filters are called where they are asked for.
_CONDITIONS = {
    "person_id": "person",
    "name": "name",
    "institution": "institution",
    "caseworker": "caseworker",
    "kind": "kind",
    "changed_from": "from",
    "changed_to": "to",
}


@routes.get("")
@routes.input(LogFilters, location="query", arg_name="filters")
@routes.output(Log)
def listing(filters: LogFilters) -> Log:
    """The log, the newest first."""
    chosen = {condition: getattr(filters, name) for name, condition in _CONDITIONS.items()}
    rows, following = page_of(LIST, filters, filters.sort, chosen)
    return Log(items=[line_of(row) for row in rows], next=following)


def line_of(row: dict[str, Any]) -> LogLine:
    """A line of the log out of its row."""
    return LogLine(
        id=row["id"],
        changed_at=row["changed_at"],
        changed_by=row["changed_by"],
        kind=row["kind"],
        person_id=row["person_id"],
        institution=institution_shape(row["institution"], json.loads(row["institution_names"])),
        result_id=row["result_id"],
        code=row["code"],
        version=row["version"],
        name=json.loads(row["names"]),
        fields=[
            FieldChangeShape(field=change.field, before=change.before, after=change.after) for change in fields_of(row)
        ],
        fetch_id=row["fetch_id"],
        notice_id=row["notice_id"],
    )
