"""A database that is gone is noticed, and none begins anew in its place."""

import threading

import pytest

from webapp.errors import DatabaseGone
from webapp.store import Store


def test_nothing_is_written_to_a_file_that_was_deleted(store: Store) -> None:
    store.path.unlink()
    with pytest.raises(DatabaseGone, match="eksternstudium restore"), store.write() as db:
        db.execute("DELETE FROM admissions")
    assert not store.path.exists()


def test_a_thread_that_comes_later_makes_no_new_one(store: Store) -> None:
    store.path.unlink()
    caught: list[BaseException] = []

    def read() -> None:
        try:
            assert store.db.table("admissions").count == 0
        except DatabaseGone as gone:
            caught.append(gone)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert len(caught) == 1
    assert not store.path.exists()


def test_another_file_in_its_place_is_not_written_to(store: Store) -> None:
    other = store.path.with_name("other.sqlite")
    Store(other).close()
    other.replace(store.path)
    with pytest.raises(DatabaseGone), store.write():
        pass


def test_the_next_start_says_so_until_it_is_told_to_begin_anew(store: Store) -> None:
    store.close()
    store.path.unlink()
    for _ in range(2):
        with pytest.raises(DatabaseGone, match=r"slett eksternstudium\.sqlite-turn"):
            Store(store.path)
    store.path.with_name(f"{store.path.name}-turn").unlink()
    Store(store.path).close()
    assert store.path.exists()
