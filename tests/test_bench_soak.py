"""The long run tells what grows from what does not."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

# Beside what it is measured by; no package.
sys.path.append(str(Path(__file__).parents[1] / "bench"))
from soak import STEADY, Look, Size, Watcher, report, size_of

from webapp.store import Store

sys.path.pop()


def watched(tmp_path: Path, *memory: float, handles: int = 30) -> Watcher:
    """A process that took so much memory at moments that lie equally far apart."""
    watcher = Watcher(os.getpid(), tmp_path / "database")
    watcher.looks = [Look(place, mb, 8, handles + place // 100, 1) for place, mb in enumerate(memory)]
    return watcher


SIZE = Size(dict.fromkeys([*STEADY, "fetches"], 10), {"fetches": 4096}, 0)
GROWN = Size(SIZE.rows | {"fetches": 30}, {"fetches": 8192}, 0)


def test_what_is_taken_for_a_while_is_flat_and_what_rises_is_not(tmp_path: Path) -> None:
    assert report(watched(tmp_path, *[100, 140, 100, 101] * 10), 0, 1, SIZE, GROWN)
    assert not report(watched(tmp_path, *range(100, 140)), 0, 1, SIZE, GROWN)


def test_a_process_beside_it_that_takes_more_each_day_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    watcher = watched(tmp_path, *[100] * 40)
    watcher.beside = {pid: ("run", pid, 50 + pid) for pid in range(40)}
    assert not report(watcher, 0, 1, SIZE, GROWN)
    assert "run: most memory, MB" in capsys.readouterr().out


def test_logs_grow_and_results_do_not(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert report(watched(tmp_path, *[100] * 40), 0, 1, SIZE, GROWN)
    assert "fetches" in capsys.readouterr().out
    changed = Size(SIZE.rows | {"external_results": 11}, SIZE.size, 0)
    assert not report(watched(tmp_path, *[100] * 40), 0, 1, SIZE, changed)


def test_a_process_and_a_database_are_looked_at(store: Store) -> None:
    watcher, over = Watcher(os.getpid(), store.path), threading.Event()
    thread = threading.Thread(target=watcher.watch, args=[over])
    thread.start()
    gives_up = time.monotonic() + 30
    while not watcher.looks and time.monotonic() < gives_up:
        time.sleep(0.05)
    over.set()
    thread.join()
    assert watcher.looks[0].memory_mb > 10
    assert watcher.looks[0].threads > 1
    assert watcher.looks[0].handles > 3
    assert size_of(store.path).size["institutions"] >= 4096
