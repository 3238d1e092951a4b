"""An instance of an earlier step is brought up to date with all that stands in it."""

from pathlib import Path

import pytest

from earlier import instance_at
from webapp.model import Decision
from webapp.store import Store, answers
from webapp.store.applications import application


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A database from before there were lists."""
    instance_at(path := tmp_path / "eksternstudium.sqlite", "external_studies")
    return path


def test_what_stood_in_an_earlier_instance_is_known_in_the_new_one(earlier: Path) -> None:
    store = Store(earlier)
    known = application(store.db, "N1")
    assert known is not None
    assert next(store.db.query("SELECT folded_name FROM applications"))["folded_name"] == "kari nordmann"
    change = next(store.db.query("SELECT institution, changed_by FROM result_changes"))
    assert change == {"institution": 185, "changed_by": "kberg"}
    decision = next(store.db.query("SELECT decision FROM answers"))["decision"]
    assert decision == '{"accepted":true,"by":"kberg","reason":"Nytt nummer: se journalen"}'
    store.close()


def test_a_decision_is_read_as_it_was_written(earlier: Path) -> None:
    store = Store(earlier)
    answer = answers.answer(store.db, 5, 7)
    assert answer is not None
    assert answer.decision == Decision(True, "kberg", "Nytt nummer: se journalen")
    store.close()
