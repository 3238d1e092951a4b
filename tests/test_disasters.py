"""Disk full, read-only, a database that is locked, damaged or none, a clock that is put: each ends in a sentence, and
nothing is lost."""

import io
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlite_utils import Database

from runs import Runner, add_run, apply, having, rows_of
from small_disk import SmallDisk, small_disk
from webapp import store as store_module
from webapp.cli import main
from webapp.config import Settings
from webapp.errors import SourceError, SourceFailure
from webapp.fetching import fanout as fanout_module
from webapp.fetching.fanout import Fanout
from webapp.fetching.ordering import place
from webapp.fetching.run_writing import Writer
from webapp.house import House
from webapp.model import Act, FetchState, Origin, Person, Purpose, Question, Reply, RunState, TraceEntry
from webapp.store import Store, orders, trace, trace_chain
from webapp.troubles import trouble_of
from webapp.web.factory import create_app
from world import NOTHING, NOW, UIB, UIO, FakeSource, course, found

Told = Callable[..., Result]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def on_the_disk(settings: Settings, disk: SmallDisk) -> Settings:
    return settings.model_copy(update={"instance": disk.folder})


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a lock, nor before going on."""
    monkeypatch.setattr(store_module, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(store_module, "QUEUED_SECONDS", 0.05)
    monkeypatch.setattr(fanout_module, "REST_SECONDS", 0.0)


@pytest.fixture
def client(house: House) -> Iterator[FlaskClient]:
    with create_app(house).test_client() as client:
        yield client


@pytest.fixture
def told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Gives a command over the instance, and what came of it."""
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(settings.instance))
    return lambda *command: CliRunner().invoke(main, command)


def order(client: FlaskClient, person: Person) -> int:
    wish = {"person_id": person.id, "purpose": "recognition", "reason": "Ringte"}
    return client.post("/api/orders", json=wish).status_code


def locked(path: Path) -> sqlite3.Connection:
    """Another program at work in the database, that knows nothing of turns."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def overwrite(path: Path, table: str) -> None:
    """Damage the page where a table begins."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)


class OnFull(FakeSource):
    """An institution that has a course, and whose answer comes when the disk has just become full."""

    def __init__(self, disk: SmallDisk) -> None:
        super().__init__(NOTHING)
        self._disk = disk

    def look_up(self, question: Question) -> Reply:
        self._disk.fill()
        self.questions.append(question)
        return found(course("MAT1100"))


@pytest.mark.usefixtures("impatient")
class TestFullDisk:
    @pytest.fixture
    def settings(self, on_the_disk: Settings) -> Settings:
        return on_the_disk

    def test_the_screens_say_so_and_go_on_when_there_is_room(
        self, client: FlaskClient, house: House, kari: Person, disk: SmallDisk, caplog: pytest.LogCaptureFixture
    ) -> None:
        disk.fill()
        page = client.get(f"/people/{kari.id}")  # a look at somebody is traced, or not given
        assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
        assert "Disken er full" in page.text and "Nordmann" not in page.text
        answer = client.post("/api/orders", json={"person_id": kari.id, "purpose": "recognition", "reason": "Ringte"})
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
        assert answer.json is not None and answer.json["detail"].startswith("Disken er full")
        assert "Traceback" not in caplog.text
        disk.make_room()
        assert client.get(f"/people/{kari.id}").status_code == 200
        assert (orders.orders_of(house.store.db, kari.id), order(client, kari)) == ([], 202)
        house.fanout.settle(10)
        assert len(orders.orders_of(house.store.db, kari.id)) == 1

    def test_an_answer_that_cannot_be_written_is_asked_for_again_when_it_can(
        self, house: House, kari: Person, sources: dict[int, FakeSource], disk: SmallDisk
    ) -> None:
        sources[UIO] = source = OnFull(disk)
        place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
        house.fanout.start()
        house.fanout.settle(10)
        states = {line.fetch.institution: line.fetch.state for line in orders.lines_of(house.store.db, 1)}
        assert states[UIO] is FetchState.RUNNING
        with pytest.raises(sqlite3.Error):
            house.fanout.go_on()
        disk.make_room()
        sources[UIO] = FakeSource(found(course("MAT1100")))
        house.fanout.go_on()
        house.fanout.settle(10)
        assert {line.fetch.state for line in orders.lines_of(house.store.db, 1)} == {FetchState.DONE}
        assert rows_of(house.store, "SELECT code FROM external_results") == [("MAT1100",)]
        assert len(source.questions) == 1

    def test_a_run_goes_on_with_what_was_not_written(
        self, runner: Runner, sources: dict[int, FakeSource], disk: SmallDisk
    ) -> None:
        apply(runner.store, 3)
        sources[UIO] = OnFull(disk)
        run_id = add_run(runner.store)
        with pytest.raises(sqlite3.Error) as full:
            runner.go_on(run_id)
        assert str(trouble_of(full.value)).startswith("Disken er full")
        disk.make_room()
        sources[UIO] = FakeSource(having(0, 2))
        ended = runner.go_on(run_id)
        assert (ended.state, ended.changed_people) == (RunState.COMPLETE, 2)
        assert runner.came(ended)[UIO] == {"people": 3, "asked": 3, "found": 2, "nothing": 1}

    def test_nothing_is_left_of_a_file_that_there_is_no_room_for(
        self, client: FlaskClient, house: House, disk: SmallDisk
    ) -> None:
        disk.fill()
        data = {"kind": "applications", "file": (io.BytesIO(b"1" * 100_000), "søkere.csv")}
        answer = client.post("/imports", data=data, content_type="multipart/form-data")
        assert (answer.status_code, "Disken er full" in answer.text) == (503, True)
        assert list((house.settings.instance / "uploads").iterdir()) == []

    def test_a_command_ends_with_a_sentence(self, store: Store, told: Told, disk: SmallDisk) -> None:
        store.close()
        disk.fill()
        came = told("sources", "list")
        assert (came.exit_code, came.output.count("\n")) == (2, 1)
        assert came.output.startswith("Dis")


def test_a_read_only_disk_is_one_sentence(on_the_disk: Settings, disk: SmallDisk, told: Told) -> None:
    Store(on_the_disk.database).close()
    disk.shut()
    came = CliRunner().invoke(main, ["sources", "list"], env={"EKSTERNSTUDIUM_INSTANCE": str(disk.folder)})
    assert (came.exit_code, came.output.count("\n")) == (2, 1)
    assert "kan bare leses" in came.output


def test_a_database_that_may_only_be_read_is_said_on_the_page(client: FlaskClient, house: House, kari: Person) -> None:
    house.store.db.execute("PRAGMA query_only = ON")
    page = client.get(f"/people/{kari.id}")
    assert (page.status_code, "kan bare leses" in page.text) == (503, True)


@pytest.mark.usefixtures("impatient")
class TestLocked:
    def test_the_screens_are_read_meanwhile_and_go_on_afterwards(
        self, client: FlaskClient, house: House, kari: Person
    ) -> None:
        other = locked(house.settings.database)
        assert client.get("/sources").status_code == 200
        assert order(client, kari) == 503
        page = client.get(f"/people/{kari.id}")
        assert (page.status_code, "opptatt av et annet program" in page.text) == (503, True)
        other.close()
        assert order(client, kari) == 202
        house.fanout.settle(10)
        assert len(orders.orders_of(house.store.db, kari.id)) == 1

    def test_fetches_that_could_not_begin_are_begun_afterwards(
        self, client: FlaskClient, house: House, kari: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begin, others = house.fanout.start, []

        def late(order_id: int | None = None) -> object:
            others.append(locked(house.settings.database))
            return begin(order_id)

        with monkeypatch.context() as just_then:
            just_then.setattr(house.fanout, "start", late)
            assert order(client, kari) == 503
        assert {line.fetch.state for line in orders.lines_of(house.store.db, 1)} == {FetchState.QUEUED}
        others[0].close()
        house.fanout.go_on()
        house.fanout.settle(10)
        assert {line.fetch.state for line in orders.lines_of(house.store.db, 1)} == {FetchState.DONE}

    def test_a_command_ends_with_a_sentence(self, settings: Settings, store: Store, told: Told) -> None:
        with closing(locked(settings.database)):
            came = told("sources", "list")
        assert (came.exit_code, came.output[:23]) == (2, "Databasen er opptatt av")


class TestDamaged:
    def test_the_screens_say_so_on_a_page_that_reads_nothing(
        self, settings: Settings, store: Store, house: House, kari: Person
    ) -> None:
        overwrite(settings.database, "people")
        damaged = Store(settings.database)
        with create_app(replace(house, store=damaged)).test_client() as client:
            page = client.get(f"/people/{kari.id}")
        damaged.close()
        assert (page.status_code, "Databasen er skadet" in page.text) == (503, True)

    @pytest.mark.parametrize("command", [["sources", "list"], ["check"]])
    @pytest.mark.parametrize("kind", ["overwritten", "cut off", "not a database"])
    def test_a_command_ends_with_a_sentence(
        self, settings: Settings, store: Store, told: Told, command: list[str], kind: str
    ) -> None:
        store.close()
        path = settings.database
        if kind == "overwritten":
            overwrite(path, "institutions")
        elif kind == "cut off":
            path.write_bytes(path.read_bytes()[:100_000])
        else:
            path.write_bytes(b"Ikke en database. " * 1000)
        before = path.read_bytes()
        came = told(*command)
        assert came.exit_code == 2
        assert "Databasen er skadet" in came.output
        assert path.read_bytes() == before


@pytest.mark.parametrize("put", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=1), timedelta(days=-1)])
def test_a_clock_that_is_put_while_a_source_is_asked_loses_nothing(
    settings: Settings, store: Store, sources: dict[int, FakeSource], kari: Person, put: timedelta
) -> None:
    now = [NOW]

    def answer(question: Question) -> Reply:
        now[0] = NOW + put
        return found(course("MAT1100"))

    sources[UIO].answer = answer
    sources[UIB].answer = SourceError(SourceFailure.TIMEOUT, "slow")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fanout_module, "open_sources", lambda _: sources)
        fanout = Fanout(store, settings, lambda: now[0])
    for at in (NOW, NOW + put, NOW):
        with store.write() as db:
            trace.append(db, TraceEntry(at, "kberg", Act.LOOKED, "person.show", (kari.id,)))
    place(store, settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    wait(fanout.start(), timeout=10)
    now[0] = NOW + timedelta(days=3)
    sources[UIB].answer = NOTHING
    fanout.try_again_due()
    fanout.settle(10)
    fanout.close()
    assert {line.fetch.state for line in orders.lines_of(store.db, 1)} == {FetchState.DONE}
    assert rows_of(store, "SELECT code, gone_at FROM external_results") == [("MAT1100", None)]
    assert trace_chain.verify(store.db).fault is None


def test_a_writer_of_a_run_ends_though_its_last_commit_fails(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def full() -> Iterator[Database]:
        yield store.db
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store, "write", full)
    writer = Writer(store)
    writer.hand(lambda db: time.sleep(0.05))  # so that the end comes into the same group
    with pytest.raises(sqlite3.OperationalError):
        writer.close()


def _fill(store: Store) -> None:
    store.db.execute("PRAGMA max_page_count = 1")  # that is: no larger than it is
    with store.write() as db:
        db.execute("INSERT INTO payloads VALUES ('x', zeroblob(1000000), 1, '')")


@pytest.mark.parametrize(
    ("goes_wrong", "sentence"),
    [
        (_fill, "Disken er full"),
        (lambda store: sqlite3.connect(store.path / "none"), "Databasen kan ikke åpnes"),
        (lambda store: os.open("/proc/none/x", os.O_CREAT), None),
    ],
)
def test_what_goes_wrong_is_read_out_of_the_error(
    store: Store, goes_wrong: Callable[[Store], object], sentence: str | None
) -> None:
    with pytest.raises((sqlite3.Error, OSError)) as wrong:
        goes_wrong(store)
    told = trouble_of(wrong.value)
    assert str(told).startswith(sentence) if sentence else told is None, told


def test_a_slip_of_ours_is_no_trouble_of_the_disk(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError) as slip:
        store.db.execute("SELECT * FROM nothing_of_the_kind")
    assert trouble_of(slip.value) is None
    assert trouble_of(FileNotFoundError(2, "No such file", "x")) is None


def test_a_file_that_may_not_be_read_is_named() -> None:
    assert str(trouble_of(PermissionError(13, "Permission denied", "/var/lib/x/serve.lock"))).startswith(
        "x/serve.lock kan ikke"
    )
