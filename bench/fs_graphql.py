"""FS GraphQL: look-ups per CPU-second of the asker with 100 people per request, beside one per request.

The demo's FS answers from a process of its own, and takes nothing from what is measured here. Everybody of the demo
network is asked about, at institutions where few of them have studied: so a first run meets its sources. Beside it,
as a lower bound, only people about whom FS has something. Rounds are interleaved, and garbage is collected as in a run.

    python bench/fs_graphql.py --rounds 5
"""

import argparse
import gc
import multiprocessing
import socket
import sys
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from one_person import cpu_seconds, met
from rich.console import Console
from rich.table import Table

from webapp.cli.demo import await_port, free_port
from webapp.cli.run_work import GARBAGE_THRESHOLD
from webapp.demo import demo_people, prepare_network
from webapp.demo.fs import create_fs_server
from webapp.demo.roster import BEHAVIOURS, SCHOOLS
from webapp.model import Basis, Outcome, Purpose, Question, Reply
from webapp.provider.server import create_server
from webapp.provider.shelf import Shelf
from webapp.sources.addresses import LOOPBACK
from webapp.sources.fs_graphql import LARGEST_BATCH, FsGraphql
from webapp.sources.http import Way

GOAL = 20
INSTITUTIONS = 4
SINGLES, MANY = 300, 3000
LIMIT_SECONDS = 60.0


def serve(shelf: Path, port: int) -> None:
    """An FS for the institutions on a shelf; for a process of its own."""
    listener = socket.create_server(("127.0.0.1", port))
    create_server(create_fs_server(Shelf(shelf)), listener).run()


def questions(people: Sequence[tuple[str, ...]]) -> dict[str, Question]:
    request = str(uuid.uuid4())
    return {str(n): Question(each, Purpose.ADMISSION, Basis.CONSENT, request) for n, each in enumerate(people)}


@dataclass
class Measured:
    """What was looked up in all: how many people, about how many of them FS had something, CPU seconds."""

    asked: int = 0
    found: int = 0
    cpu: float = 0.0
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Look-ups per CPU-second."""
        return self.asked / self.cpu

    def look_up(self, url: str, number: int, batch: int, people: Sequence[tuple[str, ...]]) -> None:
        """Ask an institution about people."""
        source = FsGraphql(f"{url}/{number}/graphql", str(number), LIMIT_SECONDS, 1, batch, way=Way(allowed=LOOPBACK))
        asked, found = questions(people), 0
        began = cpu_seconds()
        for _, reply in source.look_up_many(asked):
            if not isinstance(reply, Reply):
                raise SystemExit(f"{number} did not answer: {reply}")
            found += reply.outcome is Outcome.FOUND
        spent = cpu_seconds() - began
        source.close()
        self.asked, self.found, self.cpu = self.asked + len(asked), self.found + found, self.cpu + spent
        self.rates.append(len(asked) / spent)


def known_at(shelf: Shelf, number: int, people: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Those about whom an institution has something."""
    entries = shelf.entries(number, [each for numbers in people for each in numbers])
    return [numbers for numbers in people if entries.keys() & set(numbers)]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    people = [person.identifiers for person in demo_people()][:MANY]
    ordinary = [number for number in SCHOOLS if number not in BEHAVIOURS]
    with tempfile.TemporaryDirectory() as folder:
        path, port = prepare_network(Path(folder)), free_port(0)
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(path, port), daemon=True)
        server.start()
        try:
            await_port(port)
            shelf = Shelf(path)
            met_all = measure(f"http://127.0.0.1:{port}", rounds, people, ordinary, shelf)
            shelf.close()
        finally:
            server.terminate()
            server.join()
    return 0 if met_all else 1


def measure(url: str, rounds: int, people: Sequence[tuple[str, ...]], ordinary: Sequence[int], shelf: Shelf) -> bool:
    chosen = ordinary[:: len(ordinary) // INSTITUTIONS][:INSTITUTIONS]
    largest = max(ordinary, key=lambda number: len(known_at(shelf, number, people)))
    known = known_at(shelf, largest, people)[:SINGLES]
    singly, many, known_singly, known_many = (Measured() for _ in range(4))
    # Once for nothing: connections, caches and the first parsing of everything.
    Measured().look_up(url, largest, LARGEST_BATCH, known)
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)
    for turn in range(rounds):
        for number in chosen:
            # Others each time, and a fair share of all.
            singly.look_up(url, number, 1, people[turn % 10 :: 10][:SINGLES])
            many.look_up(url, number, LARGEST_BATCH, people)
        known_singly.look_up(url, largest, 1, known)
        known_many.look_up(url, largest, LARGEST_BATCH, known)
    table = Table(title="FS GraphQL: look-ups per CPU-second")
    for heading in ("", "found", "look-ups/s", "min-max"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, each in (
        ("one per request", singly),
        ("100 per request", many),
        ("one per request, students only", known_singly),
        ("100 per request, students only", known_many),
    ):
        spread = f"{min(each.rates):,.0f}-{max(each.rates):,.0f}"
        table.add_row(name, f"{each.found / each.asked:.1%}", f"{each.rate:,.0f}", spread)
    Console().print(table)
    ratio = many.rate / singly.rate
    print(f"goal: 100 per request at least {GOAL} times one per request: {met(ratio >= GOAL)} ({ratio:.1f})")
    return ratio >= GOAL


if __name__ == "__main__":
    sys.exit(main())
