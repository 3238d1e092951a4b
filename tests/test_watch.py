"""The watch over the runs: a child for each in its turn, and a report of what came of it."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from children import FakeChild
from webapp.config import Settings
from webapp.fetching import nightly
from webapp.fetching.run_lock import run_lock
from webapp.model import Admission, RunKind, RunState, Season
from webapp.store import Store, runs
from webapp.store.admissions import remember_admission
from webapp.watch import Watch
from world import NOW, UIO


class RunChild(FakeChild):
    """One that carries out a run."""

    def __init__(self, run_id: int) -> None:
        super().__init__()
        self.run_id = run_id


class World:
    """An instance with its watch, a clock that goes when a test lets it, and the children that were started."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self.seconds = 0.0
        self.children: list[RunChild] = []
        self.watch = Watch(
            store, settings, lambda: NOW + timedelta(seconds=self.seconds), self.start, lambda: self.seconds
        )

    def start(self, settings: Settings, run_id: int) -> RunChild:
        self.children.append(RunChild(run_id))
        return self.children[-1]

    def force(self, kind: RunKind = RunKind.FULL) -> int:
        return nightly.force(self.store, self.settings, kind, None, "kberg", NOW)

    def set_state(self, run_id: int, state: RunState) -> None:
        with self.store.write() as db:
            runs.set_state(db, run_id, state, NOW)

    def end(self, state: RunState = RunState.COMPLETE) -> None:
        """The child carries its run through and ends."""
        self.set_state(self.children[-1].run_id, state)
        self.children[-1].status = 0

    def look(self, after: float = 5) -> list[int]:
        """Looks once more; gives the runs for which a child has been started so far."""
        self.seconds += after
        self.watch.look()
        return [child.run_id for child in self.children]


@pytest.fixture
def world(store: Store, settings: Settings, caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    caplog.set_level(logging.INFO, "webapp")
    with store.write() as db:
        remember_admission(db, Admission(2027, Season.AUTUMN, "NOM", processing_phase=True))
    world = World(store, settings)
    yield world
    world.watch.stop()


def test_an_evening_that_is_due_is_carried_out(world: World) -> None:
    assert world.look() == []
    assert world.look(after=60 * 60 * 12) == [1]  # from 09.14 to the evening


def test_a_forced_run_is_carried_out_at_once_and_the_next_one_after_it(world: World) -> None:
    first, second = world.force(), world.force(RunKind.DELTA)
    assert world.look() == [first]
    assert world.look() == [first]
    world.end()
    assert world.look() == [first, second]


def test_what_was_broken_off_goes_first(world: World) -> None:
    waiting, broken = world.force(), world.force(RunKind.DELTA)
    world.set_state(broken, RunState.RUNNING)
    assert world.look() == [broken]
    world.end()
    assert world.look() == [broken, waiting]


def test_a_run_that_ended_is_told_in_one_line(world: World, caplog: pytest.LogCaptureFixture) -> None:
    run_id = world.force()
    world.look()
    with world.store.write() as db:
        db.execute("UPDATE runs SET ordered = 12, people = 11, changed_people = 3, seconds = 61.2")
        db.execute("INSERT INTO run_sources (run_id, institution, people, failed) VALUES (?, ?, 11, 4)", [run_id, UIO])
        db.execute("INSERT INTO run_sources (run_id, institution, people) VALUES (?, 184, 11)", [run_id])
    world.end(RunState.INCOMPLETE)
    caplog.clear()
    world.look()
    assert caplog.messages == [
        "run 1 (full) incomplete: ordered for 12 applications, 11 people, at 2 institutions in 61 s; results of 3 "
        "changed; 4 answers failed, of 185"
    ]


def test_a_run_that_another_process_carries_out_is_waited_for(world: World) -> None:
    run_id = world.force()
    with run_lock(world.settings.instance):
        assert world.look() == []
    assert world.look() == [run_id]


def test_a_crash_is_told_and_the_run_goes_on(world: World, caplog: pytest.LogCaptureFixture) -> None:
    run_id = world.force()
    world.look()
    world.children[-1].status = -9
    assert world.look() == [run_id, run_id]
    (error,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert error.getMessage() == "run 1 broke off: ended by SIGKILL; it is tried again in 0 s"


def test_a_run_that_ended_did_not_break_off(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.force()
    world.look()
    world.end(RunState.STOPPED)
    world.children[-1].status = 1
    assert len(world.look()) == 1
    assert not [record for record in caplog.records if record.levelno == logging.ERROR]


def test_one_that_crashes_at_once_rests_for_five_minutes(world: World) -> None:
    world.force()
    for _ in range(1000):
        world.look()
        if world.children:
            world.children[-1].status = 1
    # Over 5,000 seconds: one more at once, then one each five minutes.
    assert len(world.children) == 2 + 4995 // 305


def test_one_that_crashes_now_and_then_is_started_at_once(world: World) -> None:
    run_id = world.force()
    for times in range(1, 6):
        assert world.look() == [run_id] * times
        world.seconds += 3600
        world.children[-1].status = 1


def test_a_run_that_rests_does_not_hold_up_the_others(world: World) -> None:
    bad, good = world.force(), world.force(RunKind.DELTA)
    for _ in range(2):
        world.look()
        world.children[-1].status = 1
    assert world.look() == [bad, bad, good]
    world.end()
    assert world.look() == [bad, bad, good]
    assert world.look(after=300) == [bad, bad, good, bad]


def test_a_stop_ends_the_child_and_starts_no_other(world: World) -> None:
    run_id = world.force()
    world.look()
    world.watch.stop()
    assert world.children[-1].asked_to_end
    assert not world.children[-1].killed
    assert world.look() == [run_id]


def test_a_child_that_does_not_end_is_killed(world: World) -> None:
    world.force()
    world.look()
    world.children[-1].obeys = False
    world.watch.stop()
    assert world.children[-1].killed


def test_a_run_that_is_stopped_before_it_began_is_never_started(world: World) -> None:
    run_id = world.force()
    with world.store.write() as db:
        runs.ask_to_stop(db, run_id, "kberg")
    assert world.look() == []
