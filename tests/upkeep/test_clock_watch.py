"""A clock that jumps: nothing is deleted by it, whichever way it went."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from webapp.house import House
from webapp.jobs import Jobs
from webapp.model import Person
from webapp.store import people, retention
from webapp.upkeep.clock_watch import DOUBT_SECONDS, ClockWatch
from webapp.upkeep.keeping import Keeper
from webapp.watch import Watch
from world import NOW


class Time:
    """A clock that can be set, and the seconds that pass whatever it says."""

    def __init__(self) -> None:
        self.now, self.seconds = NOW, 1000.0

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def watch_of(time: Time, newest: datetime | None = NOW) -> ClockWatch:
    return ClockWatch(lambda: time.now, newest, lambda: time.seconds)


@pytest.mark.parametrize(
    ("put", "doubtful"),
    [
        (timedelta(0), False),
        (timedelta(hours=1), False),
        (timedelta(hours=-1), False),
        (timedelta(days=-3650), False),
        (timedelta(days=1), True),
        (timedelta(days=3650), True),
    ],
)
def test_a_clock_is_doubted_that_was_put_far_ahead(time: Time, put: timedelta, doubtful: bool) -> None:
    watch = watch_of(time)
    time.passes(5)
    time.now += put
    watch.look()
    assert watch.is_doubtful is doubtful


def test_a_machine_that_slept_for_a_week_is_believed(time: Time) -> None:
    watch = watch_of(time)
    time.passes(7 * 86_400)
    watch.look()
    assert not watch.is_doubtful


def test_one_that_is_put_back_is_believed_again_and_so_is_one_that_goes_on_for_a_week(time: Time) -> None:
    watch = watch_of(time)
    time.now += timedelta(days=30)
    watch.look()
    time.now -= timedelta(days=30)
    watch.look()
    assert not watch.is_doubtful
    time.now += timedelta(days=30)
    watch.look()
    assert watch.is_doubtful
    time.passes(DOUBT_SECONDS)
    assert not watch.is_doubtful


@pytest.mark.parametrize(("days", "doubtful"), [(30, False), (32, True)])
def test_an_instance_that_wakes_after_a_month_does_not_begin_by_deleting(time: Time, days: int, doubtful: bool) -> None:
    assert watch_of(time, NOW - timedelta(days=days)).is_doubtful is doubtful


def test_nobody_goes_in_the_night_after_the_clock_was_put_ten_years_ahead(house: House, kari: Person) -> None:
    now = [NOW]
    ahead = replace(house, clock=lambda: now[0])
    scheduler = BackgroundScheduler(timezone="Europe/Oslo")
    jobs = Jobs(ahead, Watch(house.store, house.settings, ahead.clock), scheduler, Keeper(house.settings, ahead.clock))
    scheduler.start(paused=True)
    now[0] = datetime(2036, 11, 24, 3, 45, tzinfo=UTC)
    jobs.look()
    jobs.purge()
    assert people.person(house.store.db, kari.id) == kari
    assert retention.latest_purges(house.store.db, 1) == []
    now[0] = NOW + timedelta(hours=20)
    jobs.look()
    jobs.purge()
    assert len(retention.latest_purges(house.store.db, 1)) == 1
    scheduler.shutdown(wait=False)
