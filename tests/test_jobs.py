"""The clock: evenings in Oslo, whatever the season, and looks that nothing holds up."""

import errno
import logging
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.events import EVENT_JOB_ERROR
from apscheduler.schedulers.background import BackgroundScheduler

from webapp import jobs
from webapp.backup_settings import Backup
from webapp.config import ImportRuns
from webapp.fetching.evenings import next_evening
from webapp.house import House
from webapp.model import Act, TraceEntry
from webapp.store import purge_preview, source_health, trace
from webapp.upkeep.keeping import Keeper
from webapp.watch import Watch
from world import UIO


@pytest.mark.parametrize(
    ("now", "evening"),
    [
        (datetime(2026, 11, 24, 8, 14, tzinfo=UTC), datetime(2026, 11, 24, 19, tzinfo=UTC)),
        (datetime(2026, 11, 24, 19, tzinfo=UTC), datetime(2026, 11, 25, 19, tzinfo=UTC)),
        (datetime(2026, 7, 1, 8, tzinfo=UTC), datetime(2026, 7, 1, 18, tzinfo=UTC)),
        (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 19, tzinfo=UTC)),
    ],
)
def test_the_next_evening_is_at_eight_in_oslo(house: House, now: datetime, evening: datetime) -> None:
    assert next_evening(house.settings, now) == evening


def keeper_of(house: House) -> Keeper:
    return Keeper(house.settings, house.clock)


class Kept(Keeper):
    """Tells that it has looked."""

    def __init__(self, house: House) -> None:
        super().__init__(house.settings, house.clock)
        self.looked = threading.Event()

    def look(self) -> None:
        self.looked.set()


class Looks(Watch):
    """Counts the looks, and fails at the first."""

    def __init__(self, house: House) -> None:
        super().__init__(house.store, house.settings, house.clock)
        self.count = 0
        self.second = threading.Event()

    def look(self) -> None:
        self.count += 1
        if self.count == 1:
            raise OSError("disk is full")
        self.second.set()


@pytest.fixture
def looks(house: House) -> Looks:
    return Looks(house)


@pytest.fixture
def clock(house: House, looks: Looks) -> Iterator[jobs.Jobs]:
    clock = jobs.start(house, looks)
    yield clock
    clock.stop()


def test_sources_that_failed_are_asked_again_every_evening(house: House, clock: jobs.Jobs) -> None:
    job = clock.scheduler.get_job("try-again")
    assert job.func == house.fanout.try_again_due
    assert (job.next_run_time.hour, job.next_run_time.minute, str(job.next_run_time.tzinfo)) == (20, 0, "Europe/Oslo")


def test_the_night_computes_what_the_next_one_takes(house: House, looks: Looks) -> None:
    night = jobs.Jobs(house, looks, BackgroundScheduler(timezone="Europe/Oslo"), keeper_of(house))
    night.purge()
    kept = purge_preview.latest(house.store.db)
    assert kept is not None
    assert (kept.at, kept.purged.is_nothing) == (house.clock(), True)


@pytest.mark.parametrize(("job", "days"), [("full", "fri"), ("delta", "sun,mon,tue,wed,thu")])
def test_the_evenings_are_named_by_their_days(clock: jobs.Jobs, looks: Looks, job: str, days: str) -> None:
    evening = clock.scheduler.get_job(f"FS154.001-{job}")
    assert evening.func == looks.look
    assert f"day_of_week='{days}', hour='20', minute='0'" in str(evening.trigger)
    assert evening.next_run_time.strftime("%a").lower() in days


def test_no_days_are_no_job(house: House, looks: Looks) -> None:
    rules = ImportRuns(full=(), delta=("mon",))
    settings = house.settings.model_copy(
        update={"settings": house.settings.settings.model_copy(update={"import_runs": rules})}
    )
    clock = jobs.start(replace(house, settings=settings), looks)
    jobs_of_the_house = {job.id for job in clock.scheduler.get_jobs()}
    assert jobs_of_the_house == {"FS154.001-delta", "try-again", "forget", "purge", "verify-trace", "memory"}
    clock.stop()


def test_a_look_that_fails_is_told_and_the_next_one_comes(
    house: House, looks: Looks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.01)
    clock = jobs.start(house, looks)
    assert looks.second.wait(10)
    clock.stop()
    assert "a look after the runs failed" in caplog.text


def test_whoever_stops_the_clock_last_waits_until_it_stands(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, begun, may_end = Looks(house), threading.Event(), threading.Event()

    def stop() -> None:
        begun.set()
        assert may_end.wait(10)

    monkeypatch.setattr(looks, "stop", stop)
    clock = jobs.start(house, looks)
    stops = [threading.Thread(target=clock.stop) for _ in range(2)]
    for each in stops:
        each.start()
    assert begun.wait(10)
    stops[1].join(0.05)
    assert all(each.is_alive() for each in stops)
    may_end.set()
    for each in stops:
        each.join(10)
    assert not any(each.is_alive() for each in [*stops, clock._thread])
    assert not clock.scheduler.running


def test_trouble_with_the_database_is_told_of_when_it_begins_and_when_it_is_over(
    house: House, looks: Looks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    troubles = iter([full, full, full])

    def look() -> None:
        if (trouble := next(troubles, None)) is not None:
            raise trouble
        looks.second.set()

    monkeypatch.setattr(looks, "look", look)
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.01)
    caplog.set_level(logging.INFO, "webapp.jobs")
    clock = jobs.start(house, looks)
    assert looks.second.wait(10)
    clock.stop()
    told = [record.getMessage() for record in caplog.records if record.name == "webapp.jobs"]
    assert (len(told), told[0][:14], told[1]) == (2, "Disken er full", "disk and database are in order again")


def test_a_job_that_the_disk_has_no_room_for_ends_in_a_sentence(
    house: House, clock: jobs.Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    told = threading.Event()

    def fill() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    clock.scheduler.add_listener(lambda _: told.set(), EVENT_JOB_ERROR)
    clock.scheduler.add_job(fill)
    assert told.wait(10)
    (record,) = [record for record in caplog.records if record.name.startswith("apscheduler.executors")]
    assert "raised an exception: Disken er full" in record.getMessage()
    assert record.exc_info is None


def test_a_clock_that_is_set_back_does_not_hold_the_jobs_up(house: House, looks: Looks) -> None:
    now = [datetime(2027, 3, 1, tzinfo=UTC)]
    scheduler = BackgroundScheduler(timezone="Europe/Oslo")
    clock = jobs.Jobs(replace(house, clock=lambda: now[0]), looks, scheduler, keeper_of(house))
    job = scheduler.add_job(looks.look, "cron", id="evening", hour=20)
    scheduler.start(paused=True)
    planned_wrongly = datetime.now(UTC) + timedelta(days=30)
    job.modify(next_run_time=planned_wrongly)
    looks.count = 1
    clock.look()
    assert job.next_run_time == planned_wrongly
    now[0] -= timedelta(days=30)
    clock.look()
    assert job.next_run_time < datetime.now(UTC) + timedelta(days=1)
    assert looks.count == 3
    scheduler.shutdown(wait=False)


SOURCE = '[[source]]\ninstitution = {}\nprotocol = "elmo-pull"\nurl = "http://127.0.0.1:9"\n'


def test_sources_are_taken_in_anew_when_their_file_changes_and_a_wrong_one_is_told_of_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "webapp.jobs")
    clock = jobs.Jobs(house, Watch(house.store, house.settings, house.clock), BackgroundScheduler(), keeper_of(house))
    clock.scheduler.start()
    file = house.settings.instance / "sources.toml"

    def looked(content: str) -> list[int]:
        file.write_text(content, encoding="utf-8")
        clock.look()
        assert clock.watch.settings is house.settings
        return [source.institution for source in house.settings.sources]

    assert looked(SOURCE.format(UIO) + SOURCE.format(190)) == [UIO, 190]
    assert looked("[[source]]\ninstitution = 1\n") == [UIO, 190]
    clock.look()
    assert looked(SOURCE.format(UIO)) == [UIO]
    clock.scheduler.shutdown()
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == "sources.toml was taken in anew: added 190, taken out 184 186"
    assert "sources.toml" in told[1]
    assert told[1].endswith("; the sources of before go on")
    assert told[2:] == ["sources.toml was taken in anew: taken out 190"]


def test_a_database_that_is_gone_ends_the_process(
    house: House, looks: Looks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ended = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.01)
    house.store.path.unlink()
    clock = jobs.start(house, looks)
    assert ended.wait(10)
    clock.stop()
    signal.signal(signal.SIGTERM, before)
    assert "er borte, eller byttet ut" in caplog.text
    assert looks.count == 0


def test_the_backup_of_the_night_has_its_hour_where_one_is_set(house: House, looks: Looks, tmp_path: Path) -> None:
    set_up = house.settings.settings.model_copy(update={"backup": Backup(folder=tmp_path)})
    keeper = Kept(house)
    clock = jobs.start(replace(house, settings=house.settings.model_copy(update={"settings": set_up})), looks, keeper)
    job = clock.scheduler.get_job("backup")
    assert keeper.looked.wait(10), "a night that was missed is made up for at the start"
    clock.stop()
    assert (job.func, "hour='4', minute='30'" in str(job.trigger)) == (keeper.look, True)


def test_how_sources_fared_is_kept_for_ninety_days(house: House) -> None:
    with house.store.write() as db:
        for days in (0, 89, 91):
            source_health.note_answered(db, UIO, house.clock() - timedelta(days=days), 0.1)
    jobs.forget(house)
    assert len(source_health.hours(house.store.db, house.clock() - timedelta(days=365))) == 2


def test_a_copy_from_before_an_upgrade_goes_after_thirty_days(house: House) -> None:
    old, recent = (f"eksternstudium-before-0.2.0-{day}T081400Z.sqlite" for day in ("20261024", "20261026"))
    for name in (old, recent):
        (house.settings.instance / name).touch()
    jobs.forget(house)
    assert [path.name for path in house.settings.instance.glob("*-before-*")] == [recent]


def test_the_trace_is_verified_in_the_night_and_its_head_told_to_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with house.store.write() as db:
        trace.append(db, TraceEntry(house.clock(), "kberg", Act.LOOKED, "person.show", (1,)))
    (row,) = house.store.db["trace"].rows
    with caplog.at_level(logging.INFO):
        jobs.verify_trace(house)
        with house.store.write() as db:
            db.execute("DELETE FROM trace_contents")
        jobs.verify_trace(house)
    sound, tampered = caplog.records
    assert sound.getMessage() == f"the trace is sound: 1:{row['hash']}"
    assert (tampered.levelname, "content-lacking at entry 1" in tampered.getMessage()) == ("ERROR", True)
