"""The trace verified: its chain walked from the first entry to the last, and when that was done before."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby

from sqlite_utils import Database

from webapp.model import Act, TraceFault, TraceHead, TraceVerdict
from webapp.store import Store, as_text
from webapp.store.trace import BEGINNING, digest_of, hash_of

#: Read as rows of the plain connection: a hundred thousand are to be verified in seconds.
_ENTRIES = """SELECT id, at, by, act, door, people, digest, previous, hash, salt, content
    FROM trace LEFT JOIN trace_contents ON entry_id = id ORDER BY id"""
_PEOPLE = "SELECT entry_id, person_id FROM trace_people ORDER BY entry_id, person_id"
_STRAY = "SELECT min(entry_id) FROM trace_contents WHERE entry_id NOT IN (SELECT id FROM trace)"


def verified(store: Store, at: datetime, *expected: TraceHead) -> TraceVerdict:
    """Verify the trace, and note what that came to; the last head that was noted as sound is expected too."""
    sound = last_sound(store.db)
    verdict = verify(store.db, *expected, *([sound] if sound else []))
    with store.write() as db:
        note(db, verdict, at)
    return verdict


def verify(db: Database, *expected: TraceHead) -> TraceVerdict:
    """Walk the whole chain, as it is at one instant, and tell what is found first.

    `expected`: heads that were noted before; the chain must still hold those entries. Whoever can write to the file can
    make a whole chain anew, and only such a head, kept elsewhere, tells that one from ours.
    """
    with _one_instant(db) as connection:
        return _walked(connection, expected)


def _walked(connection: sqlite3.Connection, expected: Sequence[TraceHead]) -> TraceVerdict:
    indexed = _Indexed(connection)
    head = TraceHead(0, BEGINNING)
    #: Contents about one person that lack: the first entry of each, until an erasure of that person accounts for it.
    lacking: dict[int, int] = {}
    for number, *fields, previous, hash, salt, content in connection.execute(_ENTRIES):
        fault = _fault(head, number, fields, previous, hash)
        people: list[int] = [] if fault else json.loads(fields[4])
        fault = fault or _fault_beside(people, fields[5], salt, content, indexed.of(number))
        if any(number == known.number and hash != known.hash for known in expected):
            fault = fault or TraceFault.END
        if fault is not None:
            return TraceVerdict(head, fault, head.number + 1 if fault is TraceFault.LACKING else number)
        if fields[2] == Act.ERASED:
            for person_id in people:
                lacking.pop(person_id, None)
        if salt is None:
            lacking.setdefault(people[0], number)
        head = TraceHead(number, hash)
    return _ended(connection, head, expected, lacking, indexed)


def _ended(
    connection: sqlite3.Connection,
    head: TraceHead,
    expected: Sequence[TraceHead],
    lacking: Mapping[int, int],
    indexed: "_Indexed",
) -> TraceVerdict:
    """What is found when the chain itself held to its end."""
    if any(head.number < known.number for known in expected):
        return TraceVerdict(head, TraceFault.END, head.number + 1)
    if lacking:
        return TraceVerdict(head, TraceFault.CONTENT_LACKING, min(lacking.values()))
    if (stray := indexed.beyond()) is not None:
        return TraceVerdict(head, TraceFault.PEOPLE, stray)
    if (stray := connection.execute(_STRAY).fetchone()[0]) is not None:
        return TraceVerdict(head, TraceFault.CONTENT_CHANGED, stray)
    return TraceVerdict(head)


def _fault(head: TraceHead, number: int, fields: list[str], previous: str, hash: str) -> TraceFault | None:
    """What is wrong with an entry that follows on a head."""
    if number != head.number + 1:
        return TraceFault.LACKING if number > head.number else TraceFault.CHAIN
    if hash_of(number, fields, previous) != hash:
        return TraceFault.CHANGED
    return None if previous == head.hash else TraceFault.CHAIN


def _fault_beside(
    people: list[int], digest: str, salt: str | None, content: str, indexed: list[int]
) -> TraceFault | None:
    """What is wrong beside an entry that is itself as it was. A content about one person alone may have been erased."""
    if salt is None and len(people) != 1:
        return TraceFault.CONTENT_LACKING
    if salt is not None and digest_of(salt, content) != digest:
        return TraceFault.CONTENT_CHANGED
    return None if indexed == people else TraceFault.PEOPLE


class _Indexed:
    """The people by whom entries are found, in the order of the entries."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._groups = groupby(connection.execute(_PEOPLE), key=lambda row: row[0])
        self._next = self._advance()

    def of(self, number: int) -> list[int]:
        """Those of an entry; to be asked for with rising numbers. Rows of an entry that was passed over stay in the
        way, and are in none of those after it."""
        if self._next is None or self._next[0] != number:
            return []
        people = self._next[1]
        self._next = self._advance()
        return people

    def beyond(self) -> int | None:
        """The first entry whose people have not been asked for."""
        return self._next[0] if self._next else None

    def _advance(self) -> tuple[int, list[int]] | None:
        found = next(self._groups, None)
        return None if found is None else (found[0], [person_id for _, person_id in found[1]])


@contextmanager
def _one_instant(db: Database) -> Iterator[sqlite3.Connection]:
    """What is read within stands as it did at the first read, whoever writes meanwhile."""
    connection = db.conn
    connection.execute("BEGIN")
    try:
        yield connection
    finally:
        connection.rollback()


def note(db: Database, verdict: TraceVerdict, at: datetime) -> None:
    """Keep what a verification came to."""
    db.execute(
        "INSERT INTO trace_verifications (at, entries, head, fault, fault_at) VALUES (?, ?, ?, ?, ?)",
        [as_text(at), verdict.head.number, verdict.head.hash, verdict.fault, verdict.fault_at],
    )


def last_noted(db: Database) -> tuple[datetime, TraceVerdict] | None:
    """When it was verified last, and what that came to; None when it never was."""
    row = db.execute("SELECT at, entries, head, fault, fault_at FROM trace_verifications ORDER BY id DESC LIMIT 1")
    return next(
        (
            (datetime.fromisoformat(at), TraceVerdict(TraceHead(n, head), TraceFault(fault) if fault else None, where))
            for at, n, head, fault, where in row
        ),
        None,
    )


def last_sound(db: Database) -> TraceHead | None:
    """The head of the last verification that found nothing: the chain must still hold that entry."""
    rows = db.execute("SELECT entries, head FROM trace_verifications WHERE fault IS NULL ORDER BY id DESC LIMIT 1")
    return next((TraceHead(*row) for row in rows if row[0]), None)
