"""Forgetting in the provider's trace: about whom a question was and what was answered goes; that somebody asked, when,
whom and why, stays in the chain, and so does that it was forgotten."""

import json
from datetime import UTC, datetime

from sqlite_utils import Database

from webapp.provider import trace
from webapp.provider.opt_outs import same_person


def forget_before(db: Database, before: datetime, by: str, now: datetime) -> int:
    """Forgets whom all questions before an instant were about, up to the first that came later; returns how many
    people's parts of questions there were. Within a writing transaction; `by` is who has it done."""
    at = before.astimezone(UTC).isoformat(timespec="milliseconds")
    [(later, last)] = db.execute("SELECT (SELECT min(id) FROM trace WHERE at >= ?), max(id) FROM trace", [at])
    through = later - 1 if later else last or 0
    gone = db.execute(
        "UPDATE trace_parts SET salt = NULL, content = NULL WHERE entry_id <= ? AND content IS NOT NULL", [through]
    ).rowcount
    db.execute("DELETE FROM trace_people WHERE entry_id <= ?", [through])
    if gone:
        _tell(db, f"-{through}", by, now)
    return gone


def forget_person(db: Database, identifier: str, by: str, now: datetime) -> int:
    """The same of the person with an identity number, under any number that leads to the same document here."""
    parts = db.execute(
        "SELECT DISTINCT entry_id, place FROM trace_people WHERE identifier IN (SELECT value FROM json_each(?))"
        " ORDER BY entry_id, place",
        [json.dumps(same_person(db, identifier))],
    ).fetchall()
    for part in parts:
        [(content,)] = db.execute("SELECT content FROM trace_parts WHERE entry_id = ? AND place = ?", part)
        numbers, _ = json.loads(content)
        db.execute("UPDATE trace_parts SET salt = NULL, content = NULL WHERE entry_id = ? AND place = ?", part)
        db.execute(
            "DELETE FROM trace_people WHERE identifier IN (SELECT value FROM json_each(?))"
            " AND entry_id = ? AND place = ?",
            [json.dumps(numbers), *part],
        )
    if parts:
        _tell(db, " ".join(f"{entry_id}.{place}" for entry_id, place in parts), by, now)
    return len(parts)


def _tell(db: Database, forgotten: str, by: str, now: datetime) -> None:
    trace.append(db, trace.Traced(now, by, 0, trace.FORGOTTEN, "", forgotten, []))
