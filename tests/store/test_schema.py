"""An instance of an earlier step is brought up to date with all that stands in it."""

from pathlib import Path

import pytest
from sqlite_utils import Database

from webapp.model import Decision
from webapp.store import Store, answers
from webapp.store.applications import application
from webapp.store.schema import migrations

SAID = "Godtatt av kberg: Nytt nummer: se journalen"


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A database from before there were lists: Kari, her application, an answer that was accepted, a change."""
    path = tmp_path / "eksternstudium.sqlite"
    db = Database(path)
    migrations.apply(db, stop_before="applications_and_cases")
    for sql in (
        "INSERT INTO institutions (number, names) VALUES (185, '{}')",
        "INSERT INTO people (id, family_name, folded_name, created_at) VALUES (1, 'Nordmann', 'nordmann', 'x')",
        "INSERT INTO admissions (code, year, season, type) VALUES ('2027-HØST-NOM', 2027, 'HØST', 'NOM')",
        "INSERT INTO applications (applicant_number, person_id, admission) VALUES ('N1', 1, '2027-HØST-NOM')",
        "INSERT INTO orders VALUES (1, 'recognition', 'statute', 'x', 'kberg', 'person', 'complete', 'x', 'x')",
        "INSERT INTO fetches (id, order_id, institution, state) VALUES (1, 1, 185, 'done')",
        f"""INSERT INTO answers (fetch_id, person_id, outcome, seconds, answered_at, decision)
            VALUES (1, 1, 'mismatch', 0, 'x', '{SAID}')""",
        """INSERT INTO external_studies (id, person_id, institution, created_at, changed_at)
            VALUES (1, 1, 185, 'x', 'x')""",
        """INSERT INTO external_results (id, study_id, source, key, ordinal, position, category, names, thesis_titles,
            created_at, changed_at) VALUES (1, 1, 185, 'k', 0, 0, 'EMNE', '{}', '{}', 'x', 'x')""",
        """INSERT INTO result_changes (result_id, person_id, fetch_id, kind, fields, changed_at)
            VALUES (1, 1, 1, 'new', '[]', 'x')""",
    ):
        db.execute(sql)
    db.conn.commit()
    db.close()
    return path


def test_what_stood_in_an_earlier_instance_is_known_in_the_new_one(earlier: Path) -> None:
    store = Store(earlier)
    known = application(store.db, "N1")
    assert known is not None
    assert next(store.db.query("SELECT folded_name FROM applications"))["folded_name"] == "nordmann"
    change = next(store.db.query("SELECT institution, changed_by FROM result_changes"))
    assert change == {"institution": 185, "changed_by": "kberg"}
    decision = next(store.db.query("SELECT decision FROM answers"))["decision"]
    assert decision == '{"accepted":true,"by":"kberg","reason":"Nytt nummer: se journalen"}'
    store.close()


def test_a_decision_is_read_as_it_was_written(earlier: Path) -> None:
    store = Store(earlier)
    store.db.execute("UPDATE answers SET answered_at = '2026-11-24T08:14:00.000+00:00'")
    answer = answers.answer(store.db, 1, 1)
    assert answer is not None
    assert answer.decision == Decision(True, "kberg", "Nytt nummer: se journalen")
    store.close()
