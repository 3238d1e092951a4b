"""A person's rows as they came, kept as JSON: the same facts are the same bytes."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from webapp.sources.database.rows import Row

PROTOCOL = "database/1"


def plain(value: Any) -> Any:
    """A value of a column as JSON has it: numbers with decimals as text, an instant as its day. What nobody can read
    becomes an object, which no column takes."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, Decimal | float | dt.date | UUID):
        return str(value)
    return {"unreadable": type(value).__name__}


def payload_of(institution: int, rows: Mapping[str, Iterable[Row]]) -> bytes:
    """The rows of one person, by view, at the institution with this number."""
    kept = {"protocol": PROTOCOL, "institution": institution} | {view: _sorted(rows[view]) for view in sorted(rows)}
    return _json(kept).encode("utf-8", "replace")


def _sorted(rows: Iterable[Row]) -> list[Row]:
    """Each row once: a view that joins tables may well have it twice."""
    unlike = {_json(row): row for row in (dict(sorted(row.items())) for row in rows)}
    return [row for _, row in sorted(unlike.items())]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
