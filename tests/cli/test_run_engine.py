"""`eksternstudium run` where a Dask scheduler is to be used that is not there."""

import pytest

from run_instance import RunWorld
from webapp.fetching import cluster
from webapp.model import RunKind, RunWish
from webapp.store import runs
from world import NOW

NOBODY = "tcp://127.0.0.1:9"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.2)


def test_a_run_by_hand_is_refused_and_leaves_no_run(world: RunWorld) -> None:
    result = world.run("full", "--engine", NOBODY)
    assert result.exit_code == 2
    assert f"Får ikke kontakt med Dask på {NOBODY}" in result.output
    assert world.all_runs() == []


def test_a_run_of_the_clock_is_carried_out_in_threads(
    world: RunWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("EKSTERNSTUDIUM_IMPORT_RUNS__ENGINE", NOBODY)
    monkeypatch.setattr("os.nice", lambda _: 0)
    with world.store.write() as db:
        run_id = runs.add(db, RunWish(RunKind.FULL, NOW, "berg", None))
    assert world.run("--carry-out", str(run_id)).exit_code == 0
    assert "the run is carried out in threads" in caplog.text
    assert world.all_runs() == [(run_id, "full", "complete")]


def test_an_address_that_is_none_is_refused(world: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKSTERNSTUDIUM_IMPORT_RUNS__ENGINE", "scheduler:8786")
    result = world.run("--calendar", "2026")
    assert result.exit_code == 2
    assert "adressen til en Dask scheduler" in result.output
