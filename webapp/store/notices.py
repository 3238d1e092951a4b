"""Notices: for whom a fetch changed something, and who has seen it."""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlite_utils import Database

from webapp.store import as_text

#: The menu counts this far.
MOST_COUNTED = 999


def raise_notice(db: Database, person_id: int, institutions: Iterable[int], now: datetime) -> int:
    """Note that results of a person changed at these institutions; returns the notice's id.

    A notice that nobody has seen yet takes this in. The person's applications have an unhandled result from now on.
    """
    known = db.execute("SELECT id FROM notices WHERE person_id = ? AND seen_at IS NULL", [person_id]).fetchone()
    if known is None:
        cursor = db.execute("INSERT INTO notices (person_id, raised_at) VALUES (?, ?)", [person_id, as_text(now)])
        notice_id = int(cursor.lastrowid or 0)
    else:
        notice_id = int(known[0])
        db.execute("UPDATE notices SET raised_at = ? WHERE id = ?", [as_text(now), notice_id])
    for institution in institutions:
        db.execute("INSERT INTO notice_institutions VALUES (?, ?) ON CONFLICT DO NOTHING", [notice_id, institution])
    db.execute(
        "UPDATE applications SET unhandled = 1, result_changed_at = ? WHERE person_id = ?", [as_text(now), person_id]
    )
    db.execute("UPDATE cases SET result_changed_at = ? WHERE person_id = ?", [as_text(now), person_id])
    return notice_id


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
