"""Writing is whole or not at all, and many threads may write."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from webapp import store as store_module
from webapp.store import Store


def count(store: Store) -> int:
    return store.db.table("admissions").count


def admission(code: object) -> dict[str, object]:
    return {"code": f"2027-VÅR-{code}", "year": 2027, "season": "VÅR", "type": str(code)}


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as db:
        db.table("admissions").insert(admission("NOM"))
        raise ZeroDivisionError
    assert count(store) == 0


def test_many_threads_that_read_and_then_write_all_get_through(store: Store) -> None:
    def add(number: int) -> None:
        with store.write() as db:
            before = count(store)
            db.table("admissions").insert(admission(number))
            assert count(store) == before + 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(200)))
    assert count(store) == 200


def test_opening_the_same_file_again_keeps_what_is_there(store: Store) -> None:
    with store.write() as db:
        db.table("admissions").insert(admission("NOM"))
    again = Store(store.path)
    assert count(again) == 1
    again.close()


def test_a_thread_that_rests_keeps_no_pages(store: Store) -> None:
    list(store.db.query("SELECT * FROM institutions"))
    with store.write() as db:
        store.rest()  # and what is being written stays
        db.execute("UPDATE institutions SET names = '{}'")
        store.rest()
    assert store.db.execute("SELECT DISTINCT names FROM institutions").fetchall() == [("{}",)]


def test_a_new_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "new.sqlite")
    with store.write() as db:
        db.table("admissions").insert(admission("NOM"))
    files = list(store.path.parent.glob(f"{store.path.name}*"))
    assert len(files) > 2  # what SQLite and the writers' queue keep beside it
    assert [file.name for file in files if file.stat().st_mode & 0o077] == []
    store.close()


def test_who_has_queued_for_long_waits_less_for_other_programs_and_no_less_the_next_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []
    monkeypatch.setattr(store_module, "QUEUED_SECONDS", 0.01)
    patient = store_module._patient

    def seen(connection: sqlite3.Connection, seconds: float) -> AbstractContextManager[None]:
        waits.append(round(seconds))
        return patient(connection, seconds)

    def wait_and_write() -> int:
        with store.write() as db:
            return int(db.execute("PRAGMA busy_timeout").fetchone()[0])

    monkeypatch.setattr(store_module, "_patient", seen)
    with ThreadPoolExecutor(1) as pool:
        with store.write():
            queued = pool.submit(wait_and_write)
            time.sleep(0.1)
        assert (queued.result(), waits) == (30_000, [30])
        assert (pool.submit(wait_and_write).result(), waits) == (30_000, [30])
