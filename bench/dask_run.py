"""A run by the workers of a Dask cluster beside one by threads: 1, 2 and 4 worker processes, on this one machine.

Over sources that take lists and answer at once, and over some that take one person at a time and answer at once, where
the processor of whoever asks is the limit; dask_works.py has those that take their time. Each run is on an instance of
its own, and each must end in what threads end in; then one more, in the middle of which a worker, the run itself and
the scheduler are killed. Before each run the same engine carries out one about a few people, and what that takes is the
start: it is told apart, and taken off the CPU of a look-up.

The sources run beside them, in a process of their own: the demo network without those that misbehave or, one at a time,
what does nothing but answer. Only ratios within one call hold, and those in seconds only where there is a processor for
each process; those "by CPU" say what each process has to do by itself: threads' CPU of a look-up over that of
whichever process, the run or a worker, has most to do.

    python bench/dask_run.py --people 20000 --rounds 3
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import distributed
import psutil
from killed_run import end_of, ended
from measured_runs import FOLDER, Measured, add_instance, measured_run, shelf_for, start_run
from processes import end_in_order, end_with
from rich.console import Console
from rich.table import Table

from webapp.demo import NETWORK_TOML, serve_network
from webapp.demo.roster import BEHAVIOURS, SCHOOLS
from webapp.demo.serve import Addresses
from webapp.fetching.engines import engine_at

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from dask_cluster import DaskCluster, dask_cluster

ENGINE = "EKSTERNSTUDIUM_IMPORT_RUNS__ENGINE"
HERE = FOLDER / "dask"
#: The delays of the network, as a share of those of the demo.
AT_ONCE = 0.0
#: So many sources take one at a time.
SINGLE_SOURCES = 20
#: What a run takes about so many people is its start.
FEW = 10
#: The goal of PERFORMANCE.md for two workers where the processor is the limit: of the rate of threads.
PROCESSORS_GOAL = 1.7


@contextmanager
def network(people: int, delays: float | None) -> Iterator[Addresses]:
    """The demo network with a share of its delays, in a process of its own; None: what does nothing but answer."""
    shelf = shelf_for(people) if delays is not None else None
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    what, *arguments = (_serve, shelf, theirs, delays) if shelf else (_serve_nothing, theirs)
    process = context.Process(target=what, args=arguments, daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(shelf: Path, parent: Connection, delays: float) -> None:
    end_with(parent)
    serve_network(shelf, ready=parent.send, latency_scale=delays)


@contextmanager
def engine_of(workers: int, threads: int = 8) -> Iterator[DaskCluster | None]:
    """A cluster of so many workers, with so many threads each, as the engine of what is started within; the run's own
    threads for 0."""
    os.environ.pop(ENGINE, None)
    if not workers:
        yield None
        return
    folder = HERE / "workers"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.toml").write_text("test_instance = true\n" + NETWORK_TOML)
    with dask_cluster(workers, folder, threads) as dask:
        # Neither that they start nor that they load the program is part of what is measured.
        with distributed.Client(dask.address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        with engine_at(dask.address):
            pass
        os.environ[ENGINE] = dask.address
        try:
            yield dask
        finally:
            del os.environ[ENGINE]


class _Nothing(asyncio.Protocol):
    """Has nothing on anybody, and takes one person at a time; all in as little time as Python allows."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._came = b""

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if not end or len(body) < int(length[1] if length else 0):
            return
        self._came = b""
        if head.startswith(b"POST"):
            self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            return
        number = int(head.split(b" ")[1].strip(b"/"))
        said = {"protocol": "elmo-pull/1", "institution": {"number": number}, "shares": True, "batch": 1}
        told = json.dumps(said).encode()
        header = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(told)}\r\n\r\n"
        self._transport.write(header.encode() + told)


def _serve_nothing(parent: Connection) -> None:
    end_with(parent)

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Nothing, "127.0.0.1", 0)
        parent.send(Addresses(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "http://127.0.0.1:9"))
        await server.serve_forever()

    asyncio.run(serve())


def instance(name: str, people: int, addresses: Addresses, *, singly: bool = False) -> Path:
    """An instance where so many people have applied, without the institutions that misbehave; `singly`: with some
    only."""
    folder = add_instance(HERE / name, people, addresses)
    file = folder / "sources.toml"
    if singly:
        numbers = list(set(SCHOOLS) - set(BEHAVIOURS))[:SINGLE_SOURCES]
        each = (f'institution = {n}\nprotocol = "elmo-pull"\nurl = "{addresses.base_url}/{n}"\n' for n in numbers)
        file.write_text("".join(f"[[source]]\n{one}" for one in each))
        return folder
    head, *sources = file.read_text().split("[[source]]\n")
    ordinary = [each for each in sources if not any(f"institution = {n}\n" in each for n in BEHAVIOURS)]
    file.write_text("[[source]]\n".join([head, *ordinary]))
    return folder


def cpu_seconds_of(dask: DaskCluster | None) -> list[float]:
    """What each worker of a cluster has used so far."""
    times = [psutil.Process(worker.pid).cpu_times() for worker in dask.workers] if dask else []
    return [each.user + each.system for each in times]


@dataclass(frozen=True)
class Pair:
    """A run, and the one about a few people before it by the same engine; `workers`: what each worker has used for the
    run, in CPU-seconds."""

    start: Measured
    run: Measured
    workers: list[float]

    def per_look_up(self, cpu_seconds: float) -> float:
        """Microseconds of a look-up, of what was used for those that the run has more than its start."""
        return cpu_seconds * 1e6 / (self.run.look_ups - self.start.look_ups)

    @property
    def own(self) -> float:
        """CPU of the run itself beyond its start, microseconds a look-up."""
        return self.per_look_up(self.run.cpu_seconds - self.start.cpu_seconds)

    @property
    def most(self) -> float:
        """CPU of whichever process has most to do, microseconds a look-up of all."""
        return max(self.own, self.per_look_up(max(self.workers, default=0.0)))


def run_pair(people: int, workers: int, addresses: Addresses, *, singly: bool) -> Pair:
    """Carry out a run, and one about a few people before it."""
    few, all_ = (instance(name, n, addresses, singly=singly) for name, n in (("start", FEW), ("run", people)))
    with engine_of(workers) as dask:
        start = measured_run(few)
        before = cpu_seconds_of(dask)
        run = measured_run(all_)
        used = [after - since for after, since in zip(cpu_seconds_of(dask), before, strict=True)]
    return Pair(start, run, used)


def measure(people: int, workers: list[int], rounds: int, delays: float | None, title: str) -> bool:
    """Measure the engines in turn and print it; whether all ended in the same."""
    pairs: dict[int, list[Pair]] = defaultdict(list)
    right: list[object] = []
    is_same = True
    with network(people, delays) as addresses:
        for _ in range(rounds):
            for count in (0, *workers):
                pairs[count].append(run_pair(people, count, addresses, singly=delays is None))
                end = end_of(HERE / "run", people)
                right = right or end
                is_same = is_same and end == right
    columns = ("engine", "s", "min–max", "look-ups/s", "of the rate of threads", "CPU s of the start")
    columns += ("µs a look-up, the run itself", "the workers together", "of the rate of threads by CPU", "MB")
    table = Table(*columns, title=f"{title}: {people:,} people, {rounds} rounds")
    # By the run's own clock: a process takes a second more to load and to find its workers.
    seconds = {count: [pair.run.report["seconds"] for pair in each] for count, each in pairs.items()}
    for count, each in pairs.items():
        middle = statistics.median(seconds[count])
        by_workers = [pair.per_look_up(sum(pair.workers)) for pair in each]
        table.add_row(
            f"{count} workers" if count else "threads",
            f"{middle:.1f}",
            f"{min(seconds[count]):.1f}–{max(seconds[count]):.1f}",
            f"{each[0].run.look_ups / middle:,.0f}",
            f"{statistics.median(a / b for a, b in zip(seconds[0], seconds[count], strict=True)):.2f}",
            f"{statistics.median(pair.start.cpu_seconds for pair in each):.1f}",
            f"{statistics.median(pair.own for pair in each):.0f}",
            f"{statistics.median(by_workers):.0f}" if count else "",
            f"{statistics.median(a.own / b.most for a, b in zip(pairs[0], each, strict=True)):.2f}",
            f"{statistics.median(pair.run.peak_mb for pair in each):.0f}",
        )
    Console(width=140).print(table)
    print(f"all ended in the same: {is_same}")
    return is_same


def asked_in(instance: Path) -> int:
    """How many questions about one person the runs of an instance have put so far."""
    with closing(sqlite3.connect(instance / "eksternstudium.sqlite")) as db:
        return db.execute("SELECT sum(asked) FROM run_sources").fetchone()[0] or 0


def wait_for(process: subprocess.Popen[str], instance: Path, asked: float, what: str) -> bool:
    """Wait until a run has put so many questions, for something that is to be killed then; whether the run goes on."""
    while (goes_on := process.poll() is None) and asked_in(instance) < asked:
        time.sleep(0.05)
    print(
        f"{what} killed when {asked_in(instance):,} were asked: {'it goes on' if goes_on else 'TOO LATE'}", flush=True
    )
    return goes_on


def killed(people: int) -> bool:
    """A run that loses a worker, then itself, then its scheduler; whether it ends as one that nobody disturbs."""
    with network(people, AT_ONCE) as addresses:
        undisturbed = instance("undisturbed", people, addresses)
        with engine_of(0):
            ended(start_run(undisturbed))
        all_ = asked_in(undisturbed)
        disturbed = instance("disturbed", people, addresses)
        with engine_of(2) as dask:
            assert dask is not None
            process = start_run(disturbed)
            in_time = wait_for(process, disturbed, all_ * 0.2, "a worker")
            dask.workers[0].kill()
            in_time &= wait_for(process, disturbed, all_ * 0.4, "the run itself")
            process.kill()
            ended(process)
            process = start_run(disturbed)
            in_time &= wait_for(process, disturbed, all_ * 0.6, "the scheduler")
            dask.scheduler.kill()
            status = ended(process)
        is_same = not status and end_of(disturbed, people) == end_of(undisturbed, people)
        print(
            f"{people:,} people, all killed in turn: {'the same end' if is_same else f'ANOTHER END, see {disturbed}'}"
        )
        return in_time and is_same


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["at-once", "singly", "killed"])
    wish = parser.parse_args()
    end_in_order()
    is_well = True
    if wish.only in (None, "at-once"):
        title = "lists, answered at once"
        is_well &= measure(wish.people, wish.workers, wish.rounds, AT_ONCE, title)
    if wish.only in (None, "singly"):
        title = f"one at a time, answered at once (goal for 2 workers: {PROCESSORS_GOAL})"
        is_well &= measure(max(wish.people // 20, 200), wish.workers, wish.rounds, None, title)
    if wish.only in (None, "killed"):
        is_well &= killed(wish.people)
    return int(not is_well)


if __name__ == "__main__":
    sys.exit(main())
