"""Writing is whole or not at all, and many threads may write."""

from concurrent.futures import ThreadPoolExecutor

import pytest

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


def test_a_new_database_is_for_its_owner_alone(store: Store) -> None:
    with store.write() as db:
        db.table("admissions").insert(admission("NOM"))
    files = list(store.path.parent.glob(f"{store.path.name}*"))
    assert len(files) > 2  # what SQLite and the writers' queue keep beside it
    assert [file.name for file in files if file.stat().st_mode & 0o077] == []
