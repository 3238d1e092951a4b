"""The doors for those who look after the machine: what they tell, to whom, and what is in the way when something is."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from signing_in import browser_of, with_sign_in
from webapp.house import House
from webapp.model import Right
from webapp.pulse import Pulse
from webapp.store import api_tokens
from webapp.web.readiness import HOLDS_SECONDS, LATE_SECONDS, Readiness
from world import NOW


class Ticks:
    """Seconds that go when a test lets them."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def readiness(house: House, ticks: Ticks) -> Readiness:
    house.pulse = Pulse(ticks)
    return Readiness(house, ticks)


def test_it_lives_and_is_ready_for_whoever_asks(house: House) -> None:
    stranger = browser_of(with_sign_in(house))
    lives, ready = stranger.get("/healthz"), stranger.get("/readyz")
    assert (lives.status_code, lives.json) == (200, {"lives": True})
    assert (ready.status_code, ready.json) == (200, {"ready": True, "in_the_way": []})


def test_a_database_that_is_gone_is_told_in_a_word(house: House) -> None:
    stranger = browser_of(with_sign_in(house))
    house.settings.database.unlink()
    ready = stranger.get("/readyz")
    assert (ready.status_code, ready.json) == (503, {"ready": False, "in_the_way": ["database"]})
    assert not house.settings.database.exists()
    assert stranger.get("/healthz").status_code == 200


def test_a_damaged_database_is_in_the_way(house: House, readiness: Readiness) -> None:
    house.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    house.settings.database.write_bytes(b"not a database" * 1000)
    assert readiness.in_the_way() == ["database"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_database_that_cannot_be_written_is_in_the_way(house: House, readiness: Readiness) -> None:
    house.settings.database.chmod(0o400)
    assert readiness.in_the_way() == ["database"]


def test_who_writes_shows_that_it_can_be_done(house: House, readiness: Readiness) -> None:
    with house.store.write(), ThreadPoolExecutor(1) as other:
        assert other.submit(readiness.in_the_way).result() == []


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM _sqlite_migrations WHERE name = 'trace'",
        "UPDATE _sqlite_migrations SET name = 'of_a_newer_program' WHERE name = 'trace'",
    ],
)
def test_a_schema_of_another_version_is_in_the_way(house: House, readiness: Readiness, sql: str) -> None:
    with house.store.write() as db:
        db.execute(sql)
    assert readiness.in_the_way() == ["schema"]


def test_a_clock_that_stands_still_is_in_the_way(house: House, readiness: Readiness, ticks: Ticks) -> None:
    house.pulse.beat()
    ticks.now += LATE_SECONDS
    assert readiness.in_the_way() == []
    ticks.now += HOLDS_SECONDS
    assert readiness.in_the_way() == ["clock"]
    house.pulse.beat()
    ticks.now += HOLDS_SECONDS
    assert readiness.in_the_way() == []


def test_an_answer_holds_for_a_moment(house: House, readiness: Readiness, ticks: Ticks) -> None:
    readiness.in_the_way()
    house.settings.database.unlink()
    ticks.now += HOLDS_SECONDS / 2
    assert readiness.in_the_way() == []
    ticks.now += HOLDS_SECONDS
    assert readiness.in_the_way() == ["database"]


def test_a_stranger_is_shown_no_figures(house: House) -> None:
    answer = browser_of(with_sign_in(house)).get("/metrics")
    assert (answer.status_code, "eksternstudium_" in answer.text) == (401, False)


@pytest.mark.parametrize(("scope", "status"), [(Right.SEE_OPERATION, 200), (Right.SEE, 403)])
def test_a_token_to_see_operation_opens_the_figures(house: House, scope: Right, status: int) -> None:
    with house.store.write() as db:
        token = api_tokens.add(db, "prometheus", [scope], NOW + timedelta(days=1), "kberg", NOW)
    shown = {"Authorization": f"Bearer {token}"}
    assert browser_of(with_sign_in(house)).get("/metrics", headers=shown).status_code == status


def test_where_nobody_signs_in_the_machine_reads_them(client: FlaskClient) -> None:
    answer = client.get("/metrics")
    assert answer.mimetype == "text/plain"
    assert "eksternstudium_database_up 1.0" in answer.text
