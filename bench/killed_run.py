"""A run of 2,000 applicants over the demo network, killed at 20 random moments: the end is always the same.

Each time on an instance of its own: SIGKILL, then the same command again until it ends; then everything that a
caseworker can see, the counts of the run, its log, and what came back about each person from each institution, are
compared with those of a run that nobody disturbed.

    make soak HOURS=1

With --lost the database is deleted instead: a backup is taken at that moment, the run works on for a second, and after
the deletion it must end by itself; the backup is brought back, and the run goes on.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from measured_runs import FOLDER, add_instance, came_of, network, seen_of, shelf_for, start_run

from webapp.demo.serve import Addresses
from webapp.store import Store

#: Where a run keeps its counts and its log; not when anything was, nor how hard a source was asked at the end.
_TOLD = (
    "SELECT kind, state, ordered, people, left_out, changed_people FROM runs",
    """SELECT institution, people, asked, found, no_results, unchanged, failed, no_consent, not_shared, mismatch
    FROM run_sources ORDER BY institution""",
    "SELECT person_id, application, ordered_for, left_out FROM run_applicants ORDER BY person_id, application",
    "SELECT purpose, basis, placed_from, state FROM orders ORDER BY id",
    "SELECT hash, size FROM payloads ORDER BY hash",
)
MOST_STARTS = 5


def end_of(instance: Path, people: int) -> list[object]:
    """Everything that a run has brought about, without ids and instants."""
    store = Store(instance / "eksternstudium.sqlite")
    told = [tuple(row) for sql in _TOLD for row in store.db.execute(sql)]
    store.close()
    return [*told, *seen_of(instance, people), *came_of(instance, people)]


def ended(process: subprocess.Popen[str]) -> int:
    """Wait for a run to end; its status."""
    process.communicate(timeout=600)
    return process.returncode


def kill(instance: Path, seconds: float) -> None:
    """Start a run, kill it after so many seconds, and start it again until it ends."""
    process = start_run(instance)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    status = ended(process)
    for _ in range(MOST_STARTS):
        if status == 0:
            return
        status = ended(start_run(instance))
    raise SystemExit(f"{instance}: the run did not end after {MOST_STARTS} starts (status {status})")


def lose(instance: Path, seconds: float) -> None:
    """Start a run, take a backup after so many seconds, delete the database, bring the backup back, and go on."""
    process, backups = start_run(instance), instance / "backups"
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        command(instance, "backup", str(backups))
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
        (instance / "eksternstudium.sqlite").unlink()
    status = ended(process)
    if backups.exists():
        if process.returncode not in (0, 2):
            raise SystemExit(f"{instance}: the run ended with status {status}")
        (backup,) = backups.glob("eksternstudium-*")
        command(instance, "restore", str(backup))
        status = ended(start_run(instance))
    if status:
        raise SystemExit(f"{instance}: the run did not end (status {status})")


def command(instance: Path, *arguments: str) -> None:
    """Run a command over an instance, that must succeed."""
    environment = os.environ | {"EKSTERNSTUDIUM_INSTANCE": str(instance)}
    called = [sys.executable, "-m", "webapp", *arguments]
    subprocess.run(called, env=environment, stdout=subprocess.DEVNULL, check=True)


def soak(people: int, times: int, addresses: Addresses, disturb: Callable[[Path, float], None]) -> int:
    undisturbed = add_instance(FOLDER / "killed" / "undisturbed", people, addresses)
    began = time.monotonic()
    if ended(start_run(undisturbed)):
        raise SystemExit("the run did not end by itself")
    whole = time.monotonic() - began
    right, wrong = end_of(undisturbed, people), 0
    print(f"undisturbed: {whole:.1f} s, {len(right):,} lines")
    for place in range(times):
        # Most of a run is spent on waiting for the dead institution: early moments are drawn more often.
        moment = 0.3 + random.Random(place).random() ** 2 * whole
        instance = add_instance(FOLDER / "killed" / str(place), people, addresses)
        disturb(instance, moment)
        is_same = end_of(instance, people) == right
        wrong += not is_same
        print(
            f"disturbed after {moment:5.1f} s: {'the same' if is_same else f'ANOTHER END, see {instance}'}", flush=True
        )
    print(f"{times - wrong} of {times} ended the same")
    return int(wrong > 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--lost", action="store_true", help="delete the database instead, and bring a backup back")
    wish = parser.parse_args()
    with network(shelf_for(wish.people)) as addresses:
        return soak(wish.people, wish.times, addresses, lose if wish.lost else kill)


if __name__ == "__main__":
    sys.exit(main())
