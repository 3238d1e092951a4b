"""Lists in pages: a limit, and a cursor that leads on from the last row however much changes meanwhile."""

import base64
import json
from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar

from flask import request, url_for
from pydantic import BeforeValidator, Field

from webapp.errors import Refusal
from webapp.model import Listing
from webapp.store.listing import ListQuery
from webapp.web.api.shapes import MOST_ID, Maybe, Shape, digits
from webapp.web.current import house
from webapp.web.protection import is_hidden_row
from webapp.web.traced import about, told

#: Rows of a page: at most, and unless told.
MOST_LIMIT, DEFAULT_LIMIT = 1000, 100
Item = TypeVar("Item", bound=Shape)


class Paging(Shape):
    """Which part of a list is wanted."""

    limit: Annotated[
        int,
        Field(ge=1, le=MOST_LIMIT, description="The most rows that the answer may have."),
        BeforeValidator(digits),
    ] = DEFAULT_LIMIT
    cursor: Maybe[
        Annotated[str, Field(max_length=2000, pattern=r"^[A-Za-z0-9_-]+$", description="From the `next` of a page.")]
    ] = None


class Page(Shape, Generic[Item]):
    """A part of a list. `next` is the address of the following part, null when this is the last."""

    items: list[Item]
    next: str | None


def sort_pattern(query: ListQuery) -> str:
    """What a list may be sorted by; a hyphen in front turns the order round."""
    return f"^-?({'|'.join(query.orders)})$"


def page_of(
    query: ListQuery, paging: Paging, sort: str, filters: Mapping[str, object]
) -> tuple[list[dict[str, Any]], str | None]:
    """The rows that are asked for and where those after them are; a filter that is None is not there. Rows about people
    whom only case administrators see are left out for all others, so that a page may be short before the last."""
    wish = Listing(
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        filters={key: str(value) for key, value in filters.items() if value is not None},
        rows=paging.limit + 1,
    )
    rows = query.after(house().store.db, wish, house().settings.zone, _place(paging.cursor))
    shown = _shown(rows[: paging.limit])
    about(*(row["person_id"] for row in shown if "person_id" in row))
    told(**({"filters": ", ".join(wish.filters)} if wish.filters else {}))
    if len(rows) <= paging.limit:
        return shown, None
    last = rows[paging.limit - 1]
    return shown, _address(_cursor(last["sorted_by"], last["sorted_key"]))


def _shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if not is_hidden_row(row)]


def _address(cursor: str) -> str:
    asked: dict[str, Any] = {**request.args.to_dict(), "cursor": cursor}
    return url_for(request.endpoint or "", **(request.view_args or {}), **asked)


def _cursor(*place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _place(cursor: str | None) -> tuple[Any, Any] | None:
    if cursor is None:
        return None
    try:
        by, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError):
        by, key = (), ()
    if not all(_can_be_sorted_by(part) for part in (by, key)):
        raise Refusal("Markøren (cursor) er ikke en av våre. Begynn på listen på nytt, og følg next.")
    return by, key


def _can_be_sorted_by(part: Any) -> bool:
    if isinstance(part, str):
        return not any("\ud800" <= letter <= "\udfff" for letter in part)
    return part is None or (isinstance(part, int) and abs(part) <= MOST_ID)
