"""Whoever tampers with the file is found out."""

import sqlite3
from collections.abc import Iterator

import pytest

from webapp.model import Act, TraceEntry, TraceFault, TraceHead, TraceVerdict
from webapp.store import Store, trace, trace_chain
from world import NOW

KARI, OLA = 1, 2


@pytest.fixture
def traced(store: Store) -> Store:
    """Five entries: about Kari, about both, about nobody, about Ola, about Kari."""
    with store.write() as db:
        for people in [(KARI,), (KARI, OLA), (), (OLA,), (KARI,)]:
            trace.append(db, TraceEntry(NOW, "kberg", Act.LOOKED, "person.show", people, {"why": "Klage"}))
    return store


@pytest.fixture
def file(traced: Store) -> Iterator[sqlite3.Connection]:
    """The file in the hands of somebody who has taken its triggers away."""
    connection = sqlite3.connect(traced.path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        if name.startswith("trace"):
            connection.execute(f"DROP TRIGGER {name}")
    yield connection
    connection.close()


def test_a_whole_trace_is_sound(traced: Store) -> None:
    verdict = trace_chain.verify(traced.db)
    assert verdict == TraceVerdict(TraceHead(5, verdict.head.hash))
    assert trace_chain.verify(traced.db, verdict.head) == verdict


@pytest.mark.parametrize(
    ("tampering", "fault", "at"),
    [
        *(
            (f"UPDATE trace SET {field} = {field} || '0' WHERE id = 3", TraceFault.CHANGED, 3)
            for field in ("at", "by", "act", "door", "people", "digest", "previous", "hash")
        ),
        ("UPDATE trace SET people = 'no list' WHERE id = 3", TraceFault.CHANGED, 3),
        ("DELETE FROM trace WHERE id = 3", TraceFault.LACKING, 3),
        ("DELETE FROM trace WHERE id = 1", TraceFault.LACKING, 1),
        (
            "DELETE FROM trace WHERE id = 3; UPDATE trace SET id = id - 1 WHERE id > 3;"
            "DELETE FROM trace_contents WHERE entry_id = 3;"
            "UPDATE trace_contents SET entry_id = entry_id - 1 WHERE entry_id > 3",
            TraceFault.CHANGED,
            3,
        ),
        ("INSERT INTO trace SELECT 6, at, by, act, door, people, digest, previous, hash FROM trace WHERE id = 5",
         TraceFault.CHANGED, 6),
        ("INSERT INTO trace SELECT 0, at, by, act, door, people, digest, previous, hash FROM trace WHERE id = 5",
         TraceFault.CHAIN, 0),
        ("UPDATE trace_contents SET content = '{}' WHERE entry_id = 2", TraceFault.CONTENT_CHANGED, 2),
        ("UPDATE trace_contents SET salt = '' WHERE entry_id = 2", TraceFault.CONTENT_CHANGED, 2),
        ("DELETE FROM trace_contents WHERE entry_id = 1", TraceFault.CONTENT_LACKING, 1),
        ("DELETE FROM trace_contents WHERE entry_id = 2", TraceFault.CONTENT_LACKING, 2),
        ("INSERT INTO trace_contents VALUES (9, '', '{}')", TraceFault.CONTENT_CHANGED, 9),
        ("INSERT INTO trace_people VALUES (7, 3)", TraceFault.PEOPLE, 3),
        ("INSERT INTO trace_people VALUES (7, 9)", TraceFault.PEOPLE, 9),
        ("DELETE FROM trace_people WHERE entry_id = 2 AND person_id = 1", TraceFault.PEOPLE, 2),
        ("DELETE FROM trace_people WHERE entry_id = 5", TraceFault.PEOPLE, 5),
    ],
)  # fmt: skip
def test_what_was_tampered_with_is_found(
    traced: Store, file: sqlite3.Connection, tampering: str, fault: TraceFault, at: int
) -> None:
    file.execute("PRAGMA foreign_keys = OFF")
    file.executescript(tampering)
    verdict = trace_chain.verify(traced.db)
    assert (verdict.fault, verdict.fault_at) == (fault, at)
    assert verdict.head.number < max(at, 1) or fault in (TraceFault.CONTENT_LACKING, TraceFault.PEOPLE)


def test_an_end_that_was_cut_off_or_made_anew_is_found_by_a_head_that_was_kept(
    traced: Store, file: sqlite3.Connection
) -> None:
    kept = trace_chain.verify(traced.db).head
    for table, column in (("trace_people", "entry_id"), ("trace_contents", "entry_id"), ("trace", "id")):
        file.execute(f"DELETE FROM {table} WHERE {column} > 3")
    assert trace_chain.verify(traced.db).fault is None
    assert (found := trace_chain.verify(traced.db, kept)).fault is TraceFault.END
    assert found.fault_at == 4
    with traced.write() as db:
        for _ in range(2):
            trace.append(db, TraceEntry(NOW, "kberg", Act.LOOKED, "person.show", (OLA,)))
    assert trace_chain.verify(traced.db).fault is None
    assert (found := trace_chain.verify(traced.db, kept)).fault is TraceFault.END
    assert found.fault_at == 5


def test_a_content_may_go_with_an_erasure_and_not_without(traced: Store) -> None:
    with traced.write() as db:
        trace.erase_contents(db, KARI)
    assert trace_chain.verify(traced.db).fault is TraceFault.CONTENT_LACKING
    with traced.write() as db:
        trace.append(db, TraceEntry(NOW, "kberg", Act.ERASED, "erasure", (OLA,)))
    assert (found := trace_chain.verify(traced.db)).fault is TraceFault.CONTENT_LACKING
    assert found.fault_at == 1
    with traced.write() as db:
        trace.append(db, TraceEntry(NOW, "kberg", Act.ERASED, "erasure", (KARI,)))
    assert trace_chain.verify(traced.db).fault is None


def test_what_was_found_is_noted(traced: Store, file: sqlite3.Connection) -> None:
    assert trace_chain.last_noted(traced.db) is None
    sound = trace_chain.verify(traced.db)
    file.execute("UPDATE trace SET by = 'x' WHERE id = 4")
    found = trace_chain.verify(traced.db)
    for verdict in (sound, found):
        with traced.write() as db:
            trace_chain.note(db, verdict, NOW)
    assert trace_chain.last_noted(traced.db) == (NOW, found)
    assert trace_chain.last_sound(traced.db) == sound.head


def test_many_entries_are_verified_one_after_the_other(store: Store) -> None:
    with store.write() as db:
        for number in range(2000):
            trace.append(db, TraceEntry(NOW, "kberg", Act.LOOKED, "applications.listing", range(number % 50), {}))
    assert trace_chain.verify(store.db).head.number == 2000
