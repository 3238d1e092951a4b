"""How long a run takes, by a formula and by a simulation of it: what a national service needs (docs/scaling.md).

The formula: a run takes as long as the slowest of those that it passes through,

    sources       the slowest source's   people / list · seconds / seats
    workers       look-ups · CPU of one in a worker / worker processes
    coordinator   look-ups · CPU of one in the coordinator, which writes alone
    scheduler     chunks · CPU of one in the scheduler

The simulation hands out chunk by chunk as the run does: a seat at the source, an answer after a random time, a turn on
the processor of a worker, then one on the coordinator's. It knows nothing of the formula.

    python bench/scaling_model.py
"""

import argparse
import heapq
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

#: CPU-seconds: as measured by bench/dask_run.py (docs/scaling.md), rounded up.
WORKER_LIST, WORKER_SINGLE = 70e-6, 1.0e-3
COORDINATOR_LIST, COORDINATOR_SINGLE, SCHEDULER_CHUNK = 75e-6, 110e-6, 1.5e-3
#: So many people of a source that takes them one by one make a chunk.
CHUNK_OF_SINGLES = 25
#: A formula that is further off than this is wrong.
NEAR = 0.15


@dataclass(frozen=True)
class Source:
    """So many people in a question (1: one by one), which takes so many seconds; so many questions at once."""

    batch: int
    seconds: float
    seats: int

    @property
    def chunk(self) -> int:
        """How many people are handed out at once."""
        return self.batch if self.batch > 1 else CHUNK_OF_SINGLES

    @property
    def chunk_seconds(self) -> float:
        """How long the source has a chunk: one by one, each waits for the one before."""
        return self.seconds * self.chunk / self.batch

    @property
    def cpu(self) -> float:
        """CPU-seconds of a worker for a chunk."""
        return self.chunk * (WORKER_LIST if self.batch > 1 else WORKER_SINGLE)

    @property
    def coordinator_cpu(self) -> float:
        """CPU-seconds of the coordinator for a chunk."""
        return self.chunk * (COORDINATOR_LIST if self.batch > 1 else COORDINATOR_SINGLE)


def formula(people: int, sources: Sequence[Source], workers: int) -> dict[str, float]:
    """Seconds of each that a run passes through; the run takes as long as the longest."""
    chunks = [people / source.chunk for source in sources]
    return {
        "sources": max(
            n * (source.chunk_seconds + source.cpu) / source.seats for n, source in zip(chunks, sources, strict=True)
        ),
        "workers": sum(n * source.cpu for n, source in zip(chunks, sources, strict=True)) / workers,
        "coordinator": sum(n * source.coordinator_cpu for n, source in zip(chunks, sources, strict=True)),
        "scheduler": sum(chunks) * SCHEDULER_CHUNK,
    }


def simulation(people: int, sources: Sequence[Source], workers: int, seed: int = 1) -> float:
    """Seconds until the last chunk is written. An answer takes half to one and a half of its source's time."""
    chance = random.Random(seed)
    left = [-(-people // source.chunk) for source in sources]
    processors = [0.0] * workers
    scheduler = coordinator = 0.0
    #: What happens: when, whether a worker is done (1) or an answer is there (0), at which source.
    events: list[tuple[float, int, int]] = []

    def hand_out(now: float, place: int) -> None:
        nonlocal scheduler
        if left[place]:
            left[place] -= 1
            scheduler = max(scheduler, now) + SCHEDULER_CHUNK
            heapq.heappush(events, (scheduler + sources[place].chunk_seconds * chance.uniform(0.5, 1.5), 0, place))

    for place, source in enumerate(sources):
        for _ in range(source.seats):
            hand_out(0.0, place)
    while events:
        now, is_done, place = heapq.heappop(events)
        if is_done:
            coordinator = max(coordinator, now) + sources[place].coordinator_cpu
            hand_out(now, place)
        else:
            # Dask gives a chunk to the worker that has least to do.
            free = heapq.heappop(processors)
            done = max(free, now) + sources[place].cpu
            heapq.heappush(processors, done)
            heapq.heappush(events, (done, 1, place))
    return max(coordinator, scheduler, *processors)


LISTS = Source(100, 1.0, 4)
SINGLES = Source(1, 0.15, 8)
SLOW = Source(1, 2.0, 8)
#: The institutions of a case, and the worker processes.
CASES = {
    "all take lists": ([LISTS] * 50, 1),
    "all take lists, 4 workers": ([LISTS] * 50, 4),
    "half take lists": ([LISTS] * 25 + [SINGLES] * 25, 4),
    "all one by one": ([SINGLES] * 50, 8),
    "all one by one, 2 workers": ([SINGLES] * 50, 2),
}
NATIONAL = {
    "60 take lists of 100": ([LISTS] * 60, 1),
    "50 lists, 10 one by one at 0.15 s": ([LISTS] * 50 + [SINGLES] * 10, 2),
    "60 one by one at 0.15 s": ([SINGLES] * 60, 1),
    "60 one by one at 0.15 s, 4 workers": ([SINGLES] * 60, 4),
    "60 one by one at 0.15 s, 8 workers": ([SINGLES] * 60, 8),
    "59 lists, 1 one by one at 2 s": ([LISTS] * 59 + [SLOW], 2),
}


def compared(table: Table, title: str, people: int, sources: Sequence[Source], workers: int) -> bool:
    """A line: what the formula says, and the simulation; whether they are near each other."""
    parts = formula(people, sources, workers)
    longest = max(parts, key=parts.__getitem__)
    began = time.monotonic()
    simulated = simulation(people, sources, workers)
    off = simulated / parts[longest] - 1
    table.add_row(
        title,
        f"{people * len(sources) / 1e6:,.0f} M",
        str(workers),
        *(f"{seconds / 60:,.0f}" for seconds in parts.values()),
        longest,
        f"{simulated / 60:,.1f}",
        f"{off:+.1%}",
        f"{time.monotonic() - began:.0f}",
    )
    return abs(off) <= NEAR


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=int, nargs="+", default=[1, 10, 50], help="look-ups of the cases compared")
    wish = parser.parse_args()
    columns = ("case", "look-ups", "workers", "sources", "workers'", "coordinator", "scheduler", "the limit is")
    table = Table(*columns, "simulated", "off", "s to simulate", title="minutes")
    near = [
        compared(table, title, millions * 1_000_000 // len(sources), sources, workers)
        for millions in wish.millions
        for title, (sources, workers) in CASES.items()
    ]
    table.add_section()
    near += [compared(table, title, 500_000, sources, workers) for title, (sources, workers) in NATIONAL.items()]
    Console(width=170).print(table)
    print(f"formula and simulation within {NEAR:.0%} of each other: {sum(near)} of {len(near)}")
    return int(not all(near))


if __name__ == "__main__":
    sys.exit(main())
