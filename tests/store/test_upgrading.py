"""An upgrade happens whole or not at all, once, and after a copy; what is newer than the program is left alone."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlite_utils import Database

from earlier import instance_at
from webapp.errors import Refusal
from webapp.store import Store, former, upgrading
from webapp.store.schema import migrations
from webapp.store.schema.steps import names

STEP = Callable[[Database], object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database from before the runs of FS154.001."""
    instance_at(path := tmp_path / "eksternstudium.sqlite", "imports")
    return path


@pytest.fixture
def new_step(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[STEP], object]]:
    """Adds a step to the schema for one test."""
    monkeypatch.setattr(migrations, "_migrations", list(migrations._migrations))
    return migrations()


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*-before-*"))


def bring_up(path: Path) -> None:
    Store(path).close()


def test_the_database_stands_beside_as_it_was_and_says_who_upgraded_it(path: Path) -> None:
    path.chmod(0o600)
    before = content(path)
    store = Store(path)
    (copy,) = copies(path)
    assert (content(copy), copy.stat().st_mode & 0o777) == (before, 0o600)
    assert upgrading.written_by(store.db) == "0.1.0"
    ((steps,),) = store.db.execute("SELECT steps FROM upgrades")
    assert json.loads(steps) == names()[names().index("runs") :]
    assert store.db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_there_is_no_copy_of_a_new_database_or_one_that_lacks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "eksternstudium.sqlite"
    bring_up(path)
    before = content(path)
    bring_up(path)
    assert (content(path), copies(path)) == (before, [])


def test_the_older_program_goes_on_with_the_copy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_up(path)
    (copy,) = copies(path)
    older = [step for step in migrations._migrations if step.name not in names()[names().index("runs") :]]
    monkeypatch.setattr(migrations, "_migrations", older)
    with pytest.raises(Refusal, match="nyere versjon"):
        Store(path)
    copy.replace(path)
    bring_up(path)


def half_way(db: Database) -> None:
    db.execute("UPDATE people SET family_name = 'Nobody'")
    raise ZeroDivisionError


def on_a_full_disk(db: Database) -> None:
    db.execute("UPDATE people SET family_name = 'Nobody'")
    db.execute("PRAGMA max_page_count = 1")
    db.execute("CREATE TABLE large AS SELECT zeroblob(10000000) AS it")


@pytest.mark.parametrize(("step", "cause"), [(half_way, "ZeroDivisionError"), (on_a_full_disk, "disk is full")])
def test_a_step_that_fails_leaves_the_database_as_it_was(
    path: Path, new_step: Callable[[STEP], object], step: STEP, cause: str
) -> None:
    before = content(path)
    new_step(step)
    with pytest.raises(Refusal, match=f"er som den var .*{cause}"):
        Store(path)
    assert (content(path), copies(path)) == (before, [])


def test_a_program_that_is_killed_half_way_leaves_the_database_as_it_was(path: Path) -> None:
    before = content(path)
    program = """if True:
        import os, sys
        from pathlib import Path
        from webapp.store import Store
        from webapp.store.schema import migrations
        @migrations()
        def killed(db):
            db.execute("PRAGMA cache_spill = 1")
            db.execute("CREATE TABLE large AS SELECT zeroblob(20000000) AS it")
            os._exit(9)
        Store(Path(sys.argv[1]))
    """
    assert subprocess.run([sys.executable, "-c", program, path], check=False).returncode == 9
    assert path.stat().st_size > 10_000_000, "the step had come as far as the file"
    assert content(path) == before
    bring_up(path)
    assert path.stat().st_size < 10_000_000


@pytest.mark.parametrize("is_new", [False, True])
def test_of_many_that_start_at_once_one_takes_the_steps_and_the_others_wait(path: Path, is_new: bool) -> None:
    path = path.with_name("new.sqlite") if is_new else path
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(Store, [path] * 8))
    assert [len(list(store.db.query("SELECT * FROM upgrades"))) for store in stores] == [1] * 8
    assert len(copies(path)) == (0 if is_new else 1)
    for store in stores:
        store.close()


def test_what_a_newer_program_wrote_is_refused_and_left_alone(path: Path, tmp_path: Path) -> None:
    bring_up(path)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("INSERT INTO upgrades (version, at, steps) VALUES ('9.1.0', 'x', '[\"later\"]')")
        newer.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('eksternstudium', 'later')")
        newer.commit()
    before = content(path)
    with pytest.raises(Refusal, match=r"nyere versjon av Eksternstudium \(9\.1\.0\) enn denne \(0\.1\.0\)"):
        Store(path)
    assert content(path) == before


def test_an_upgrade_is_refused_while_another_program_has_the_database_open(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.store.OTHERS_SECONDS", 0)
    with closing(sqlite3.connect(path)) as other:
        other.execute("SELECT * FROM people").fetchall()
        before = list(other.iterdump())
        with pytest.raises(Refusal, match="åpen i et annet program"):
            Store(path)
        assert list(other.iterdump()) == before


def test_a_run_of_the_older_program_can_write_what_it_must_before_it_lets_go(
    path: Path, new_step: Callable[[STEP], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    older = Store(path)
    new_step(lambda db: db.execute("CREATE TABLE later (id INTEGER PRIMARY KEY)"))

    def end(_: float) -> None:
        with older.write() as db:
            db.execute("UPDATE people SET family_name = 'Berg'")
        older.close()

    monkeypatch.setattr("tenacity.nap.time.sleep", end)
    store = Store(path)
    assert next(store.db.query("SELECT family_name FROM people")) == {"family_name": "Berg"}
    store.close()


def test_without_room_for_the_copy_nothing_is_begun(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(path)
    monkeypatch.setattr(former.shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000))
    with pytest.raises(Refusal, match=r"trenger 1 MB på disken, og det er 0 MB ledig"):
        Store(path)
    assert (content(path), copies(path)) == (before, [])


def test_a_damaged_database_is_not_upgraded(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-3000, 2)
        file.write(b"\xff" * 3000)
    damaged = path.read_bytes()
    with pytest.raises(Refusal, match="er skadet"):
        Store(path)
    assert path.read_bytes()[4096:] == damaged[4096:]
    assert copies(path) == []


def test_few_copies_are_kept_and_none_for_long(path: Path) -> None:
    now = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)
    for days in (0, 1, 2, 3, 29, 31):
        path.with_name(f"eksternstudium-before-0.2.0-{now - timedelta(days=days):%Y%m%dT%H%M%SZ}.sqlite").touch()
    for name in ("0.2.0-20261124T081500Z.sqlite.unfinished", "christmas.sqlite"):
        path.with_name(f"eksternstudium-before-{name}").touch()

    def kept(days: int) -> list[str]:
        former.forget(path, now + timedelta(days=days))
        return [copy.name.removeprefix("eksternstudium-before-") for copy in copies(path)]

    latest = [f"0.2.0-202611{day}T081400Z.sqlite" for day in (22, 23, 24)]
    assert kept(0) == [*latest, "christmas.sqlite"]
    assert kept(29) == [*latest[1:], "christmas.sqlite"]
