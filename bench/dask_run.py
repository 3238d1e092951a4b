"""A run by the workers of a Dask cluster beside one by threads: 1, 2 and 4 worker processes, on this one machine.

Twice: over sources that answer at once, where processors are the limit, and over sources that take their time, where
they are the limit. Each run is on an instance of its own, and each must end in what threads end in; then one more,
in the middle of which a worker, the scheduler and the run itself are killed. The demo network runs beside them, in a
process of its own; those of its institutions that misbehave are left out. Only ratios within one call hold.

    python bench/dask_run.py --people 20000 --rounds 3
"""

import argparse
import multiprocessing
import os
import signal
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from killed_run import end_of, ended
from measured_runs import FOLDER, Measured, add_instance, measured_run, shelf_for, start_run
from rich.console import Console
from rich.table import Table

from webapp.demo import NETWORK_TOML, serve_network
from webapp.demo.roster import BEHAVIOURS
from webapp.demo.serve import Addresses

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from dask_cluster import DaskCluster, dask_cluster

ENGINE = "EKSTERNSTUDIUM_IMPORT_RUNS__ENGINE"
HERE = FOLDER / "dask"
#: The delays of the network, as shares of those of the demo.
AT_ONCE, AT_LEISURE = 0.0, 2.0
#: The goals of PERFORMANCE.md for two workers: of the rate of threads.
PROCESSORS_GOAL, SOURCES_GOAL = 1.7, 0.9


@contextmanager
def network(shelf: Path, delays: float) -> Iterator[Addresses]:
    """The demo network with a share of its delays, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(shelf, theirs, delays), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(shelf: Path, parent: Connection, delays: float) -> None:
    serve_network(shelf, ready=parent.send, latency_scale=delays)


@contextmanager
def engine_of(workers: int) -> Iterator[DaskCluster | None]:
    """A cluster of so many workers as the engine of what is started within; threads for 0."""
    os.environ.pop(ENGINE, None)
    if not workers:
        yield None
        return
    folder = HERE / "workers"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.toml").write_text("test_instance = true\n" + NETWORK_TOML)
    with dask_cluster(workers, folder, threads=8) as dask:
        os.environ[ENGINE] = dask.address
        try:
            yield dask
        finally:
            del os.environ[ENGINE]


def instance(name: str, people: int, addresses: Addresses) -> Path:
    """An instance where so many people have applied, without the institutions that misbehave."""
    folder = add_instance(HERE / name, people, addresses)
    file = folder / "sources.toml"
    head, *sources = file.read_text().split("[[source]]\n")
    ordinary = [each for each in sources if not any(f"institution = {n}\n" in each for n in BEHAVIOURS)]
    file.write_text("[[source]]\n".join([head, *ordinary]))
    return folder


def measure(people: int, workers: list[int], rounds: int, delays: float, title: str) -> bool:
    """Measure the engines in turn and print it; whether all ended in the same."""
    runs: dict[int, list[Measured]] = defaultdict(list)
    right: list[object] = []
    is_same = True
    with network(shelf_for(people), delays) as addresses:
        for _ in range(rounds):
            for count in (0, *workers):
                folder = instance("run", people, addresses)
                with engine_of(count):
                    runs[count].append(measured_run(folder))
                end = end_of(folder, people)
                right = right or end
                is_same = is_same and end == right
    columns = ("engine", "s", "min–max", "look-ups/s", "CPU s of the run itself", "of the rate of threads", "memory MB")
    table = Table(*columns, title=f"{title}: {people:,} people, {rounds} rounds")
    # By the run's own clock: a process takes a second more to load and to find its workers.
    seconds = {count: [run.report["seconds"] for run in each] for count, each in runs.items()}
    for count, each in runs.items():
        middle = statistics.median(seconds[count])
        table.add_row(
            f"{count} workers" if count else "threads",
            f"{middle:.1f}",
            f"{min(seconds[count]):.1f}–{max(seconds[count]):.1f}",
            f"{each[0].look_ups / middle:,.0f}",
            f"{statistics.median(run.cpu_seconds for run in each):.1f}",
            f"{statistics.median(a / b for a, b in zip(seconds[0], seconds[count], strict=True)):.2f}",
            f"{statistics.median(run.peak_mb for run in each):.0f}",
        )
    Console(width=140).print(table)
    print(f"all ended in the same: {is_same}")
    return is_same


def killed(people: int) -> bool:
    """A run that loses a worker, then itself, then its scheduler; whether it ends as one that nobody disturbs."""
    with network(shelf_for(people), AT_ONCE) as addresses:
        undisturbed = instance("undisturbed", people, addresses)
        with engine_of(0):
            began = time.monotonic()
            ended(start_run(undisturbed))
            whole = time.monotonic() - began
        disturbed = instance("disturbed", people, addresses)
        with engine_of(2) as dask:
            assert dask is not None
            process = start_run(disturbed)
            time.sleep(whole * 0.3)
            dask.workers[0].kill()
            print(f"a worker killed after {whole * 0.3:.1f} s, the run {'ended' if process.poll() else 'goes on'}")
            time.sleep(whole * 0.2)
            process.send_signal(signal.SIGKILL)
            print(f"the run itself killed after {whole * 0.5:.1f} s: status {ended(process)}")
            process = start_run(disturbed)
            time.sleep(whole * 0.2)
            dask.scheduler.kill()
            went_on = process.poll() is None
            print(f"the scheduler killed {whole * 0.2:.1f} s into the rest: {'it goes on' if went_on else 'TOO LATE'}")
            status = ended(process)
        is_same = not status and end_of(disturbed, people) == end_of(undisturbed, people)
        print(
            f"{people:,} people, all killed in turn: {'the same end' if is_same else f'ANOTHER END, see {disturbed}'}"
        )
        return is_same


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["at-once", "at-leisure", "killed"])
    wish = parser.parse_args()
    is_well = True
    if wish.only in (None, "at-once"):
        title = f"sources that answer at once (goal for 2 workers: {PROCESSORS_GOAL})"
        is_well &= measure(wish.people, wish.workers, wish.rounds, AT_ONCE, title)
    if wish.only in (None, "at-leisure"):
        title = f"sources that take their time (goal for 2 workers: {SOURCES_GOAL})"
        is_well &= measure(wish.people, wish.workers, wish.rounds, AT_LEISURE, title)
    if wish.only in (None, "killed"):
        is_well &= killed(wish.people)
    return int(not is_well)


if __name__ == "__main__":
    sys.exit(main())
