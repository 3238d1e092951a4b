"""`eksternstudium audit`, from a terminal; and what the other commands leave."""

import getpass
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from webapp.cli import main
from webapp.config import Settings
from webapp.identity import parse
from webapp.model import Act, TraceEntry
from webapp.store import Store, people, trace
from world import KARI_NUMBER, NOW

Audit = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of an instance with Kari and three entries."""
    instance = tmp_path / "instance"
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(instance))
    store = Store(Settings(instance=instance).database)
    with store.write() as db:
        people.register(db, [parse(KARI_NUMBER)], "Kari", "Nordmann", NOW)
        for _ in range(3):
            trace.append(db, TraceEntry(NOW, "kberg", Act.LOOKED, "person.show", (1,), {"why": "Klage"}))
    store.close()
    return store.path


@pytest.fixture
def audit(database: Path) -> Audit:
    return lambda *arguments: CliRunner().invoke(main, ["audit", *arguments])


def test_a_whole_trace_gives_its_head(audit: Audit) -> None:
    told, as_json = audit("verify"), audit("verify", "--json")
    assert (told.exit_code, as_json.exit_code) == (0, 0)
    head = json.loads(as_json.output)["head"]
    assert head.startswith("3:") and f"Kontrollsum: {head}" in told.output
    assert audit("verify", "--expect", head).exit_code == 0


def test_one_that_was_changed_says_where_first(audit: Audit, database: Path) -> None:
    with sqlite3.connect(database) as file:
        file.execute("DROP TRIGGER trace_update")
        file.execute("UPDATE trace SET by = 'somebody' WHERE id >= 2")
    told, as_json = audit("verify"), audit("verify", "--json")
    assert (told.exit_code, as_json.exit_code) == (1, 1)
    assert "Innføring 2 er endret." in told.output
    assert {key: json.loads(as_json.output)[key] for key in ("sound", "fault", "entry")} == {
        "sound": False,
        "fault": "changed",
        "entry": 2,
    }


@pytest.mark.parametrize("kept", [True, False])
def test_an_end_that_was_cut_off_is_found_by_the_head(audit: Audit, database: Path, kept: bool) -> None:
    head = json.loads(audit("verify", "--json").output)["head"]
    with sqlite3.connect(database) as file:
        for name in ("trace_delete", "trace_people_delete"):
            file.execute(f"DROP TRIGGER {name}")
        for table, column in (("trace_people", "entry_id"), ("trace_contents", "entry_id"), ("trace", "id")):
            file.execute(f"DELETE FROM {table} WHERE {column} = 3")
        if kept:  # where what was verified before is gone too
            file.execute("DELETE FROM trace_verifications")
    assert audit("verify", *(["--expect", head] if kept else [])).exit_code == 1


@pytest.mark.parametrize("head", ["3", "3:abc", f"x:{'0' * 64}"])
def test_a_head_that_is_none_is_refused(audit: Audit, head: str) -> None:
    assert audit("verify", "--expect", head).exit_code == 2


def test_the_trace_is_given_as_json_lines_and_that_is_traced(audit: Audit) -> None:
    lines = [json.loads(line) for line in audit("export").output.splitlines()]
    assert [(line["id"], line["by"], line["people"]) for line in lines] == [
        *((number, "kberg", [1]) for number in (1, 2, 3)),
        (4, getpass.getuser(), []),
    ]
    assert lines[0]["content"] == {"why": "Klage"}
    assert (lines[3]["act"], lines[3]["door"]) == ("exported", "audit export")


def test_an_import_leaves_an_entry_unless_it_only_tries(audit: Audit, tmp_path: Path) -> None:
    file = tmp_path / "admissions.csv"
    file.write_text("opptak\n2027-HØST-NOM\n", encoding="utf-8")
    for more in (["--dry-run"], []):
        assert CliRunner().invoke(main, ["admissions", "import", str(file), *more]).exit_code == 0
    left = [json.loads(line) for line in audit("export").output.splitlines()[3:-1]]
    assert [(each["by"], each["act"], each["door"], each["content"]) for each in left] == [
        (getpass.getuser(), "changed", "admissions import", {"rows": "1"})
    ]
