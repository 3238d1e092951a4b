"""The provider's own trace: who asked about whom, for which purpose and basis, and what was answered.

Entries are only ever added, each chained to the one before by a hash, as the trace of the house is.
"""

import json
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlite_utils import Database

from webapp.store.trace import BEGINNING, digest_of, hash_of

_FIELDS = "at, asker, institution, purpose, basis, request, digest"


@dataclass(frozen=True)
class Traced:
    """A question: when, who asked (as the operator named it, with its institution number), which institution, with
    which terms, and `answered`: what was said, by the identity number that the person was asked about with first."""

    at: datetime
    asker: str
    institution: int
    purpose: str
    basis: str
    request: str
    answered: Sequence[tuple[tuple[str, ...], str]]

    @property
    def counted(self) -> Mapping[str, int]:
        """How many people got each answer."""
        return Counter(said for _, said in self.answered)


def append(db: Database, traced: Traced) -> None:
    """Adds an entry, within a writing transaction."""
    last = db.execute("SELECT id, hash FROM trace ORDER BY id DESC LIMIT 1").fetchone() or (0, BEGINNING)
    entry_id, previous = last[0] + 1, last[1]
    salt, content = secrets.token_hex(16), json.dumps(traced.answered)
    fields = (
        traced.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        traced.asker,
        str(traced.institution),
        traced.purpose,
        traced.basis,
        traced.request,
        digest_of(salt, content),
    )
    db.execute(
        f"INSERT INTO trace (id, {_FIELDS}, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- ours
        [entry_id, *fields, previous, hash_of(entry_id, fields, previous)],
    )
    db.execute("INSERT INTO trace_contents (entry_id, salt, content) VALUES (?, ?, ?)", [entry_id, salt, content])
    numbers = [number for asked, _ in traced.answered for number in asked]
    db.execute("INSERT OR IGNORE INTO trace_people SELECT value, ? FROM json_each(?)", [entry_id, json.dumps(numbers)])


def entries(db: Database, identifier: str | None = None) -> Iterator[Traced]:
    """What was asked, in the order in which it was: all of it, or the part of it that was about the person with an
    identity number, and nobody else."""
    about = "" if identifier is None else "WHERE id IN (SELECT entry_id FROM trace_people WHERE identifier = ?)"
    rows = db.execute(
        f"SELECT {_FIELDS}, content FROM trace JOIN trace_contents ON entry_id = id {about} ORDER BY id",  # noqa: S608 -- ours
        [] if identifier is None else [identifier],
    )
    for at, asker, institution, purpose, basis, request, _, content in rows:
        answered = [(tuple(numbers), said) for numbers, said in json.loads(content)]
        if identifier is not None:
            answered = [each for each in answered if identifier in each[0]]
        yield Traced(datetime.fromisoformat(at), asker, int(institution), purpose, basis, request, answered)


def first_broken(db: Database) -> int | None:
    """The first entry that is not as it was written, or that one before it is missing from; None when all hold.

    What was cut off at the end leaves no gap: keep `head` elsewhere to see that too.
    """
    expected, previous = 1, BEGINNING
    rows = db.execute(
        f"""SELECT id, previous, hash, salt, content, {_FIELDS} FROM trace
        LEFT JOIN trace_contents ON entry_id = id ORDER BY id"""  # noqa: S608 -- ours
    )
    for entry_id, before, own, salt, content, *fields in rows:
        holds = (
            (entry_id, before, own) == (expected, previous, hash_of(entry_id, fields, previous))
            and content is not None
            and fields[-1] == digest_of(salt, content)
        )
        if not holds:
            return expected
        expected, previous = entry_id + 1, own
    return None


def head(db: Database) -> tuple[int, str]:
    """How many entries there are, and the hash of the last."""
    row = db.execute("SELECT id, hash FROM trace ORDER BY id DESC LIMIT 1").fetchone()
    return (int(row[0]), str(row[1])) if row else (0, BEGINNING)
