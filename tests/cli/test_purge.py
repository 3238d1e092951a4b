"""`eksternstudium purge`, from a terminal."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from webapp.cli import main
from webapp.config import Settings
from webapp.identity import parse
from webapp.store import Store, people
from world import KARI_NUMBER

LONG_AGO = datetime.fromisoformat("2020-01-01T12:00+00:00")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An instance with somebody who was registered long ago."""
    instance = tmp_path / "instance"
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(instance))
    store = Store(Settings(instance=instance).database)
    with store.write() as db:
        people.register(db, [parse(KARI_NUMBER)], "Kari", "Nordmann", LONG_AGO)
    store.close()
    return store


def purge(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["purge", *arguments])
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.usefixtures("store")
def test_a_dry_run_takes_nothing() -> None:
    for _ in range(2):
        assert "Personer som resultatene slettes for: 1\n" in purge("--dry-run").output
    said = json.loads(purge("--dry-run", "--json").output)
    assert (said["would_purge"]["results"], said["held"]) == (1, [])


@pytest.mark.usefixtures("store")
def test_a_purge_takes_it_and_then_nothing_is_left_to_take() -> None:
    said = json.loads(purge("--json").output)
    assert (said["purged"]["results"], said["rebuilt"]) == (1, True)
    assert "Personer som resultatene slettes for: 0\n" in purge().output
    assert "Blir: 1 (resultatene er slettet, loggen blir en stund til)" in purge("--dry-run").output
