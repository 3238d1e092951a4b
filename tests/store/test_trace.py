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


@pytest.mark.parametrize("change", ["UPDATE trace SET by = 'x'", "DELETE FROM trace", "DELETE FROM trace_people"])
def test_what_was_written_stays(store: Store, kari: Person, change: str) -> None:
    with store.write() as db:
        trace.append(db, TraceEntry(NOW, "kberg", Act.LOOKED, "person.show", (kari.id,)))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.write() as db:
        db.execute(change)
