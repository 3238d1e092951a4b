"""The trace read: as a list, entry by entry, and all that is about one person."""

import json
from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

from webapp.store.listing import Condition, Day, ListQuery, Prefix

#: The trace as a list, in the order of writing: each index leads through it without sorting. Its rows have how many
#: each is about, and the first of them.
LIST = ListQuery(
    select="""trace.id, at, by, act, door, json_array_length(people) AS about, people ->> 0 AS first,
        (SELECT content FROM trace_contents WHERE entry_id = trace.id) AS content""",
    source="trace",
    key="trace.id",
    orders={"when": "trace.id"},
    conditions={
        "from": Day("at >= :value"),
        "to": Day("at < :end"),
        "by": Condition("by = :value"),
        "act": Condition("act = :value"),
        "door": Prefix("door LIKE :value"),
        "person": Condition(
            "trace.id IN (SELECT entry_id FROM trace_people WHERE person_id = CAST(:value AS INTEGER))"
        ),
    },
)
_ENTRY = "SELECT trace.*, content FROM trace LEFT JOIN trace_contents ON entry_id = id"


def entries(db: Database) -> Iterator[dict[str, Any]]:
    """All entries, the oldest first, each as it is given away: `content` is None where it was erased."""
    return map(_whole, db.query(f"{_ENTRY} ORDER BY id"))


def entry(db: Database, entry_id: int) -> dict[str, Any] | None:
    """One entry, likewise; None when there is no such."""
    return next(map(_whole, db.query(f"{_ENTRY} WHERE id = ?", [entry_id])), None)


def of_person(db: Database, person_id: int) -> list[dict[str, Any]]:
    """What was done about a person, the newest first: at, by, the user's display_name where there is one, act, door,
    and content, which is None where it was erased. An order of a run names no people in the trace: it is in the order
    log, and is told of here as its run's."""
    rows = db.query(
        """SELECT at, by, display_name, act, door, content FROM trace_people JOIN trace ON trace.id = entry_id
        LEFT JOIN trace_contents USING (entry_id) LEFT JOIN users ON users.name = by WHERE person_id = :person
        UNION ALL
        SELECT placed_at, placed_by, display_name, 'ordered', 'run',
            json_object('purpose', purpose, 'run_id', CAST(run_id AS TEXT))
        FROM order_people JOIN orders ON orders.id = order_id LEFT JOIN users ON users.name = placed_by
        WHERE person_id = :person AND run_id IS NOT NULL
        ORDER BY 1 DESC""",
        {"person": person_id},
    )
    return [row | {"content": json.loads(row["content"]) if row["content"] else None} for row in rows]


def begun_at(db: Database) -> str | None:
    """When the first entry was made, as it is stored; None while there is none."""
    return next((row["at"] for row in db.query("SELECT at FROM trace ORDER BY id LIMIT 1")), None)


def doers(db: Database) -> list[str]:
    """All who have done something, by name."""
    # Each name is found from the one before, by the index: the trace itself is long.
    rows = db.query(
        """WITH RECURSIVE doer (by) AS (
            SELECT min(by) FROM trace UNION ALL SELECT (SELECT min(by) FROM trace WHERE by > doer.by) FROM doer
            WHERE by IS NOT NULL
        ) SELECT by FROM doer WHERE by IS NOT NULL"""
    )
    return [row["by"] for row in rows]


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    content = json.loads(row.pop("content") or "null")
    return row | {"people": json.loads(row["people"]), "content": content}
