"""Notices: for whom a fetch changed something, and who has seen it."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlite_utils import Database

from webapp.store import as_text

#: The menu counts this far.
MOST_COUNTED = 999


def raise_notice(db: Database, person_id: int, institutions: Iterable[int], now: datetime) -> int:
    """Note that results of a person changed at these institutions; returns the notice's id."""
    return raise_notices(db, {person_id: institutions}, now)[person_id]


def raise_notices(db: Database, changed: Mapping[int, Iterable[int]], now: datetime) -> Mapping[int, int]:
    """Note that results of some people, by their ids, changed at these institutions; returns the id of each one's
    notice.

    A notice that nobody has seen yet takes this in. The people's applications have an unhandled result from now on.
    """
    if not changed:
        return {}
    at, people = as_text(now), json.dumps(list(changed))
    them = "person_id IN (SELECT value FROM json_each(?))"
    ids = dict(db.execute(f"SELECT person_id, id FROM notices WHERE {them} AND seen_at IS NULL", [people]))
    db.conn.executemany("UPDATE notices SET raised_at = ? WHERE id = ?", [(at, id) for id in ids.values()])
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM notices").fetchone()
    new = {person: id for id, person in enumerate((one for one in changed if one not in ids), last + 1)}
    db.conn.executemany(
        "INSERT INTO notices (id, person_id, raised_at) VALUES (?, ?, ?)",
        [(id, person, at) for person, id in new.items()],
    )
    ids |= new
    db.conn.executemany(
        "INSERT INTO notice_institutions VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(ids[person], institution) for person, institutions in changed.items() for institution in institutions],
    )
    db.execute(f"UPDATE applications SET unhandled = 1, result_changed_at = ? WHERE {them}", [at, people])
    db.execute(f"UPDATE cases SET result_changed_at = ? WHERE {them}", [at, people])
    return ids


def mark_seen(db: Database, shown: Iterable[tuple[int, str]], by: str, now: datetime) -> int:
    """Mark notices as seen, each as it was `shown`: its id, and when it was raised as that is stored.

    One that has taken in a later change since is not marked, for that change nobody has seen; one that was seen before
    keeps who saw it. Returns how many were marked.
    """
    return sum(
        int(
            db.execute(
                "UPDATE notices SET seen_at = ?, seen_by = ? WHERE id = ? AND raised_at = ? AND seen_at IS NULL",
                [as_text(now), by, notice_id, raised_at],
            ).rowcount
        )
        for notice_id, raised_at in shown
    )


def people_of(db: Database, notice_ids: Iterable[int]) -> list[int]:
    """The people whom these notices are about, by their ids."""
    rows = db.query(
        "SELECT DISTINCT person_id FROM notices WHERE id IN (SELECT value FROM json_each(?))",
        [json.dumps(list(notice_ids))],
    )
    return [int(row["person_id"]) for row in rows]


def newer(db: Database, shown: Iterable[tuple[int, str]]) -> int:
    """How many of these notices have taken in a later change than the one that was `shown`."""
    return sum(
        any(True for _ in db.query("SELECT 1 FROM notices WHERE id = ? AND raised_at > ? AND seen_at IS NULL", each))
        for each in shown
    )


def mark_seen_of(db: Database, person_id: int, by: str, now: datetime) -> None:
    """Mark a person's notice as seen, when there is one that nobody has seen."""
    db.execute(
        "UPDATE notices SET seen_at = ?, seen_by = ? WHERE person_id = ? AND seen_at IS NULL",
        [as_text(now), by, person_id],
    )


def count_unseen(db: Database) -> int:
    """How many notices nobody has seen, at most MOST_COUNTED + 1."""
    rows = db.query(f"SELECT count(*) AS n FROM (SELECT 1 FROM notices WHERE seen_at IS NULL LIMIT {MOST_COUNTED + 1})")
    return int(next(iter(rows))["n"])
