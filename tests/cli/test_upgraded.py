"""Whatever command comes first upgrades the database and says so; over a newer one each ends with a sentence."""

import logging
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from earlier import instance_at
from webapp.cli import main


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database from before there were users."""
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(tmp_path))
    instance_at(database := tmp_path / "eksternstudium.sqlite", "invitations")
    return database


def test_a_command_says_where_the_copy_is(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert CliRunner().invoke(main, ["user", "list"]).exit_code == 0
    (copy,) = database.parent.glob("*-before-*")
    (said,) = (record for record in caplog.records if record.name == "webapp.store.upgrading")
    assert (said.levelno, copy.name in said.getMessage()) == (logging.INFO, True)


def test_a_command_over_a_newer_database_ends_with_a_sentence(database: Path) -> None:
    CliRunner().invoke(main, ["user", "list"])
    db = Database(database)
    db["_sqlite_migrations"].insert({"migration_set": "eksternstudium", "name": "later", "applied_at": "x"})
    db.close()
    result = CliRunner().invoke(main, ["user", "list"])
    assert result.exit_code == 2
    assert result.stderr.startswith("Databasen er skrevet av en nyere versjon")
    assert result.stderr.count("\n") == 1
