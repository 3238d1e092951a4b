"""The screens have a child process take the backup of the night, once."""

import logging
from datetime import datetime, timedelta

import pytest

from children import FakeChild
from webapp.config import Settings
from webapp.errors import Refusal
from webapp.upkeep import keeping
from webapp.upkeep.keeping import Keeper
from webapp.upkeep.standing import Made, note_failed, note_good, standing
from world import NOW


class World:
    """A keeper, a clock that goes when a test lets it, and the children that were started."""

    def __init__(self, settings: Settings) -> None:
        self.now = NOW
        self.children: list[FakeChild] = []
        self.keeper = Keeper(settings, self.clock, self.start)

    def clock(self) -> datetime:
        return self.now

    def start(self, settings: Settings) -> FakeChild:
        self.children.append(FakeChild())
        return self.children[-1]

    def looks(self, **after: float) -> int:
        """Looks once more; gives how many children have been started so far."""
        self.now += timedelta(**after)
        self.keeper.look()
        return len(self.children)


@pytest.fixture
def world(kept: Settings) -> World:
    return World(kept)


def made(at: datetime) -> Made:
    return Made(file="backup", at=at, bytes=1, sha256="", encrypted=False)


def test_one_a_night_also_where_its_hour_was_slept_through(world: World, kept: Settings) -> None:
    assert [world.looks(), world.looks(seconds=5)] == [1, 1]
    note_good(kept.instance, made(world.now))
    world.children[-1].status = 0
    assert [world.looks(seconds=5), world.looks(hours=1), world.looks(days=3)] == [1, 1, 2]


def test_one_that_was_killed_is_noted_and_tried_again_in_an_hour(
    world: World, kept: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    world.looks()
    world.children[-1].status = -9
    assert [world.looks(seconds=5), world.looks(minutes=50), world.looks(minutes=11)] == [1, 1, 2]
    failed = standing(kept.instance).failed
    assert failed is not None and "ble brutt av" in failed.why
    assert "a backup failed: status -9" in caplog.text


def test_what_the_child_said_itself_stands(world: World, kept: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    world.looks()
    note_failed(kept.instance, Refusal("%(disk)s er full.", disk="Disken"), world.now)
    world.children[-1].status = 2
    world.looks(seconds=5)
    failed = standing(kept.instance).failed
    assert failed is not None and failed.why == "Disken er full."


def test_one_that_cannot_be_noted_is_not_tried_again_and_again(
    world: World, kept: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keeping, "note_failed", full)
    world.looks()
    world.children[-1].status = 2
    assert [world.looks(seconds=5), world.looks(minutes=50), world.looks(minutes=11)] == [1, 1, 2]


@pytest.mark.parametrize("obeys", [True, False])
def test_a_stop_ends_the_child_and_starts_no_other(world: World, obeys: bool) -> None:
    world.looks()
    world.children[-1].obeys = obeys
    world.keeper.stop()
    assert world.children[-1].status == (-15 if obeys else -9)
    assert world.looks(days=1) == 1
