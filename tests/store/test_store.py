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


def test_a_thread_that_rests_keeps_no_pages(store: Store) -> None:
    list(store.db.query("SELECT * FROM institutions"))
    with store.write() as db:
        store.rest()  # and what is being written stays
        db.execute("UPDATE institutions SET names = '{}'")
        store.rest()
    assert store.db.execute("SELECT DISTINCT names FROM institutions").fetchall() == [("{}",)]
