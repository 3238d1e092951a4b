"""The trace in the database: entries are appended, each chained to the one before by a hash."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from webapp.model import Act, TraceEntry
from webapp.store import as_text

#: What the first entry is chained to.
BEGINNING = "0" * 64


def append(db: Database, entry: TraceEntry) -> int:
    """Add an entry, within a writing transaction; returns its id."""
    last = db.execute("SELECT id, hash FROM trace ORDER BY id DESC LIMIT 1").fetchone() or (0, BEGINNING)
    entry_id, previous = last[0] + 1, last[1]
    salt = secrets.token_hex(16)
    content = json.dumps(dict(entry.content), ensure_ascii=False, sort_keys=True)
    people = json.dumps(sorted(set(entry.people)))
    fields = (as_text(entry.at), entry.by, str(entry.act), entry.door, people, digest_of(salt, content))
    db.execute(
        "INSERT INTO trace (id, at, by, act, door, people, digest, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [entry_id, *fields, previous, hash_of(entry_id, fields, previous)],
    )
    db.execute("INSERT INTO trace_contents (entry_id, salt, content) VALUES (?, ?, ?)", [entry_id, salt, content])
    db.execute("INSERT INTO trace_people SELECT value, ? FROM json_each(?)", [entry_id, people])
    return entry_id


def erase_contents(db: Database, person_id: int) -> int:
    """Take away what entries about this person alone hold beside who, when, what and where; returns how many did. What
    is about others as well stays. Within the transaction that also appends an entry with Act.ERASED about the person,
    and before that: a content that lacks without such an entry after it is reported as tampered with."""
    return db.execute(
        "DELETE FROM trace_contents WHERE entry_id IN (SELECT id FROM trace WHERE people = json_array(?)"
        " AND id IN (SELECT entry_id FROM trace_people WHERE person_id = ?))",
        [person_id, person_id],
    ).rowcount


def has_looked(db: Database, by: str, person_id: int, since: datetime) -> bool:
    """Whether somebody has done something about this person alone, and was not refused, since an instant."""
    rows = db.query(
        """SELECT 1 FROM trace_people JOIN trace ON id = entry_id WHERE person_id = :person
        AND entry_id >= (SELECT id FROM trace WHERE at >= :since ORDER BY at, id LIMIT 1)
        AND by = :by AND act <> :refused AND people = json_array(:person) LIMIT 1""",
        {"person": person_id, "since": as_text(since), "by": by, "refused": Act.REFUSED},
    )
    return any(True for _ in rows)


def digest_of(salt: str, content: str) -> str:
    """What binds an entry to its content (SHA-256, hexadecimal)."""
    return hashlib.sha256(f"{salt}\n{content}".encode()).hexdigest()


def hash_of(entry_id: int, fields: Sequence[str], previous: str) -> str:
    """The hash of an entry, over its fields in the order of the table and the hash of the one before (SHA-256,
    hexadecimal)."""
    return hashlib.sha256(json.dumps([entry_id, *fields, previous], ensure_ascii=False).encode()).hexdigest()
