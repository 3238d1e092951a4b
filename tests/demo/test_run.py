"""A run over the demo network leaves the same rows as fetching each of its people alone."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from runs import NOM, add_run, rows_of
from webapp.config import read_settings
from webapp.demo import Addresses, demo_people, sources_toml
from webapp.fetching import pace
from webapp.fetching.importing import carry_out
from webapp.fetching.ordering import place
from webapp.house import House, open_house
from webapp.identity import parse
from webapp.model import Origin, Purpose, RunKind, RunState
from webapp.store import as_text, people, runs
from webapp.store.admissions import remember_admission
from world import NOW

PEOPLE = 40
ROWS = """SELECT person_id, institution, source, external_results.key, ordinal, code, grade, names, position, gone_at
    FROM external_results JOIN external_studies ON external_studies.id = study_id ORDER BY 1, 2, 3, 4, 5"""
CHANGES = """SELECT person_id, institution, kind, fields, result_id IN (SELECT id FROM external_results)
    FROM result_changes ORDER BY 1, 2, 3, 4"""
NOTICES = """SELECT person_id, institution FROM notices JOIN notice_institutions ON notice_id = notices.id
    ORDER BY 1, 2"""
SET_ASIDE = """SELECT answers.person_id, fetches.institution FROM answers
    JOIN fetches ON fetches.id = fetch_id WHERE answers.outcome = 'mismatch' ORDER BY 1, 2"""


@contextmanager
def instance(folder: Path, addresses: Addresses) -> Iterator[House]:
    """An instance in which the first people of the network have applied; the dead institution costs little."""
    folder.mkdir()
    dead = f'url = "{addresses.dead_url}'
    sources = sources_toml(addresses.base_url, addresses.dead_url).replace(dead, f"timeout_seconds = 0.2\n{dead}")
    (folder / "sources.toml").write_text(sources, encoding="utf-8")
    assert read_settings(folder).settings.test_instance
    house = open_house(folder)
    with house.store.write() as db:
        remember_admission(db, NOM)
        for place_, person in enumerate(demo_people(count=PEOPLE), 1):
            numbers = [parse(number) for number in person.identifiers]
            person_id = people.register(db, numbers, person.given_names, person.family_name, NOW)
            db.execute(
                """INSERT INTO applications (applicant_number, person_id, admission, consent_given_at)
                VALUES (?, ?, ?, ?)""",
                [str(place_), person_id, NOM.code, as_text(NOW)],
            )
    try:
        yield house
    finally:
        house.close()


@pytest.mark.slow
def test_a_run_ends_in_the_rows_of_fetching_each_person_alone(
    addresses: Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "DOWN_SECONDS", 0.0)
    with ExitStack() as stack:
        many = stack.enter_context(instance(tmp_path / "many", addresses))
        alone = stack.enter_context(instance(tmp_path / "alone", addresses))
        run_id = add_run(many.store)
        run = carry_out(many.store, many.settings, run_id, many.clock, threading.Event())
        assert (run.state, run.ordered) == (RunState.INCOMPLETE, PEOPLE)
        assert {s.asked for s in runs.sources_of(many.store.db, run_id)} == {PEOPLE}
        for person_id in range(1, PEOPLE + 1):
            person = people.person(alone.store.db, person_id)
            assert person is not None
            origin = Origin("berg", "application", application=str(person_id))
            alone.fanout.start(place(alone.store, alone.settings, person, Purpose.ADMISSION, origin, NOW))
        alone.fanout.settle(120)
        for sql in (ROWS, CHANGES, NOTICES, SET_ASIDE):
            rows = rows_of(many.store, sql)
            assert rows
            assert rows == rows_of(alone.store, sql)
        before = rows_of(many.store, ROWS)
        delta = carry_out(many.store, many.settings, add_run(many.store, RunKind.DELTA), many.clock, threading.Event())
        # The dead institution and the one that answers with rubbish owe an answer, and no other is asked.
        assert sorted(s.failed for s in runs.sources_of(many.store.db, delta.id)) == [PEOPLE, PEOPLE]
        assert rows_of(many.store, ROWS) == before
