"""The trace only ever grows."""

import sqlite3

import pytest

from webapp.model import Act, Person, TraceEntry
from webapp.store import Store, trace
from world import NOW


def test_each_entry_is_chained_to_the_one_before(store: Store, kari: Person) -> None:
    entry = TraceEntry(NOW, "kberg", Act.LOOKED, "person.show", (kari.id,), {"why": "Klage"})
    with store.write() as db:
        assert [trace.append(db, entry), trace.append(db, entry)] == [1, 2]
    first, second = store.db.query("SELECT * FROM trace ORDER BY id")
    assert first["previous"] == trace.BEGINNING
    assert second["previous"] == first["hash"] != second["hash"]
    assert [tuple(row.values()) for row in store.db.query("SELECT * FROM trace_people")] == [(1, 1), (1, 2)]


def test_the_content_about_one_person_goes_and_the_rest_stays(store: Store, kari: Person) -> None:
    other = kari.id + 1
    with store.write() as db:
        for people in [(kari.id,), (kari.id, other), (other,), ()]:
            trace.append(db, TraceEntry(NOW, "kberg", Act.LOOKED, "person.show", people, {"why": "Klage"}))
        assert trace.erase_contents(db, kari.id) == 1
    assert [row["entry_id"] for row in store.db.query("SELECT entry_id FROM trace_contents")] == [2, 3, 4]
    assert store.db["trace"].count == 4


@pytest.mark.parametrize("change", ["UPDATE trace SET by = 'x'", "DELETE FROM trace", "DELETE FROM trace_people"])
def test_what_was_written_stays(store: Store, kari: Person, change: str) -> None:
    with store.write() as db:
        trace.append(db, TraceEntry(NOW, "kberg", Act.LOOKED, "person.show", (kari.id,)))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.write() as db:
        db.execute(change)
