"""The screens have a child process carry out what waits: it stands back for them, ends with them, and outlives them."""

import os
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from run_instance import RunWorld
from webapp.model import RunKind, RunWish
from webapp.store import runs
from world import KARI_NUMBER

Start = Callable[..., subprocess.Popen[str]]
RUNNING, COMPLETE = [(1, "full", "running")], [(1, "full", "complete")]

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def waiting(world: RunWorld) -> None:
    """A run waits, and the institutions keep their answers to themselves."""
    world.answering.clear()
    with world.store.write() as db:
        runs.add(db, RunWish(RunKind.FULL, datetime.now(UTC), "kberg"))


def serve(start: Start) -> subprocess.Popen[str]:
    """The screens, once they are there."""
    screens = start("serve", "--port", "0")
    assert screens.stdout is not None
    assert "http://" in screens.stdout.readline()
    return screens


def children(process: subprocess.Popen[str]) -> list[int]:
    """The ids of the processes that it has started and that live."""
    stats = [path.read_text().rpartition(")") for path in Path("/proc").glob("[0-9]*/stat") if path.exists()]
    return [int(head.split()[0]) for head, _, facts in stats if int(facts.split()[1]) == process.pid]


def until(true: Callable[[], bool]) -> None:
    """Wait for something to come about."""
    ends = time.monotonic() + 60
    while not true() and time.monotonic() < ends:
        time.sleep(0.1)
    assert true()


def test_it_stands_back_and_ends_with_the_screens(world: RunWorld, start: Start) -> None:
    screens = serve(start)
    assert world.asked.wait(30)
    (child,) = children(screens)
    priorities = [os.getpriority(os.PRIO_PROCESS, process) for process in (screens.pid, child)]
    assert priorities[1] == min(priorities[0] + 10, 19)
    screens.terminate()
    assert screens.wait(timeout=10) == 0
    assert not Path(f"/proc/{child}").exists()
    assert world.all_runs() == RUNNING


def test_it_goes_on_when_the_screens_are_started_again(world: RunWorld, start: Start) -> None:
    first = serve(start)
    assert world.asked.wait(30)
    (child,) = children(first)
    os.kill(child, 9)
    until(lambda: child not in children(first))
    world.answering.set()
    until(lambda: world.all_runs() == COMPLETE)
    until(lambda: children(first) == [])
    first.terminate()
    _, log = first.communicate(timeout=10)
    assert "run 1 broke off: ended by SIGKILL" in log
    assert "run 1 (full) complete: ordered for 2 applications, 2 people, at 3 institutions" in log
    assert KARI_NUMBER not in log


def test_it_outlives_screens_that_are_killed_and_the_next_ones_wait_for_it(world: RunWorld, start: Start) -> None:
    first = serve(start)
    assert world.asked.wait(30)
    (child,) = children(first)
    first.kill()
    second = serve(start)
    time.sleep(1)
    assert Path(f"/proc/{child}").exists()
    assert children(second) == []
    world.answering.set()
    until(lambda: world.all_runs() == COMPLETE)
    assert children(second) == []
    second.terminate()
    assert second.wait(timeout=10) == 0
