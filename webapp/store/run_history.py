"""What runs there have been, and who is shown by name before one: what the screens of Jobber ask."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from webapp.store.listing import Condition, Day, ListQuery, Words

#: Some hundred runs a year: they are sorted as they are read.
LIST = ListQuery(
    select="runs.*",
    source="runs",
    key="runs.id",
    orders={
        "when": "runs.scheduled_for",
        "ordered": "runs.ordered",
        "changed": "runs.changed_people",
        "seconds": "runs.seconds",
    },
    conditions={
        "from": Day("runs.scheduled_for >= :value"),
        "to": Day("runs.scheduled_for < :end"),
        "kind": Condition("runs.kind = :value"),
        "state": Condition("runs.state = :value"),
        "admission": Condition("runs.admission = :value"),
        "by": Condition("runs.placed_by = :value COLLATE NOCASE"),
    },
)


def latest(db: Database, most: int) -> Sequence[dict[str, Any]]:
    """The rows of the latest runs, the newest first."""
    return list(db.query("SELECT * FROM runs ORDER BY id DESC LIMIT ?", [most]))


def ids_of_people_named(db: Database, name: str, zone: ZoneInfo) -> frozenset[int]:
    """The ids of all who have a name like this one."""
    sql, values = Words("folded_name").asked(db, "name", name, zone)
    return frozenset(row["id"] for row in db.query(f"SELECT id FROM people WHERE {sql}", values))


def names_of_people(db: Database, ids: Iterable[int]) -> Mapping[int, tuple[str | None, str | None]]:
    """The given names and the family name of each of these people."""
    sql = "SELECT id, given_names, family_name FROM people WHERE id IN (SELECT value FROM json_each(?))"
    return {row["id"]: (row["given_names"], row["family_name"]) for row in db.query(sql, [json.dumps(list(ids))])}
