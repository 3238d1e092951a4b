"""FS GraphQL: look-ups per CPU-second of the asker with 100 people per request, beside one per request: ours, and a
bare requests loop that reads the JSON and stores nothing.

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
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from multiprocessing.connection import Connection
from pathlib import Path

import requests
from measured_runs import shelf_for
from processes import cpu_seconds, end_with
from rich.console import Console
from table import OURS, Goal, Sample, Work, all_met, table_of

from webapp.cli.run_work import GARBAGE_THRESHOLD
from webapp.demo import demo_people
from webapp.demo.fs import create_fs_server
from webapp.demo.roster import BEHAVIOURS, SCHOOLS
from webapp.model import Basis, Outcome, Purpose, Question, Reply
from webapp.provider.server import create_server
from webapp.provider.shelf import Shelf
from webapp.sources import fs_graphql
from webapp.sources.addresses import LOOPBACK
from webapp.sources.fs_graphql import DOCUMENT, LARGEST_BATCH, PAGE, FsGraphql
from webapp.sources.http import Way

GOAL = 20
UNIT, SINGLY = "look-ups per CPU s", "ours, one per request"
BARE = "bare requests loop, one per request, stores nothing"
INSTITUTIONS = 4
SINGLES, MANY, QUICK_MANY = 300, 3_000, 500
LIMIT_SECONDS = 60.0
QUERY = (resources.files(fs_graphql) / DOCUMENT).read_text()


def serve(shelf: Path, parent: Connection) -> None:
    """An FS for the institutions on a shelf; for a process of its own. Tells its port."""
    end_with(parent)
    listener = socket.create_server(("127.0.0.1", 0))
    parent.send(listener.getsockname()[1])
    create_server(create_fs_server(Shelf(shelf)), listener).run()


def questions(people: Sequence[tuple[str, ...]]) -> dict[str, Question]:
    request = str(uuid.uuid4())
    return {str(n): Question(each, Purpose.ADMISSION, Basis.CONSENT, request) for n, each in enumerate(people)}


@dataclass
class Turn:
    """What was looked up in one round: how many people, about how many of them FS had something, CPU seconds."""

    asked: int = 0
    found: int = 0
    cpu: float = 0.0

    @property
    def sample(self) -> Sample:
        """Look-ups per CPU-second."""
        return Sample(self.asked / self.cpu, self.cpu)

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

    def loop(self, url: str, number: int, people: Sequence[tuple[str, ...]]) -> None:
        """Ask as somebody would who writes a loop: the same question about one person after the other."""
        asked = {"query": QUERY, "operationName": "Students"}
        with requests.Session() as session:
            began = cpu_seconds()
            for numbers in people:
                variables = {"organisation": str(number), "numbers": numbers, "first": PAGE}
                answer = session.post(f"{url}/{number}/graphql", json={**asked, "variables": variables}, timeout=30)
                answer.raise_for_status()
                if "errors" in answer.json():
                    raise SystemExit(f"{number} did not answer: {answer.text[:200]}")
            self.cpu += cpu_seconds() - began
        self.asked += len(people)


def known_at(shelf: Shelf, number: int, people: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Those about whom an institution has something."""
    entries = shelf.entries(number, [each for numbers in people for each in numbers])
    return [numbers for numbers in people if entries.keys() & set(numbers)]


def works(rounds: int, quick: bool = False) -> list[Work]:
    """The works of this bench; a quick one asks about fewer."""
    count = QUICK_MANY if quick else MANY
    people = [person.identifiers for person in demo_people(count=count)]
    ordinary = [number for number in SCHOOLS if number not in BEHAVIOURS]
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    path = shelf_for(max(count, 1_000))
    server = context.Process(target=serve, args=(path, theirs), daemon=True)
    server.start()
    theirs.close()
    try:
        shelf = Shelf(path)
        done = measure(f"http://127.0.0.1:{ours.recv()}", rounds, people, ordinary, shelf)
        shelf.close()
        return done
    finally:
        server.terminate()
        server.join()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    done = works(arguments.parse_args().rounds)
    Console(width=180).print(table_of(done, "FS GraphQL"))
    return int(not all_met(done))


def measure(
    url: str, rounds: int, people: Sequence[tuple[str, ...]], ordinary: Sequence[int], shelf: Shelf
) -> list[Work]:
    chosen = ordinary[:: len(ordinary) // INSTITUTIONS][:INSTITUTIONS]
    largest = max(ordinary, key=lambda number: len(known_at(shelf, number, people)))
    known = known_at(shelf, largest, people)[:SINGLES]
    # Once for nothing: connections, caches and the first parsing of everything.
    Turn().look_up(url, largest, LARGEST_BATCH, known)
    gc.collect()
    gc.freeze()
    collected_at = gc.get_threshold()
    gc.set_threshold(GARBAGE_THRESHOLD)
    done = Work("FS GraphQL, 100 people per request", UNIT, [Goal(BARE, least=GOAL)])
    students = Work("FS GraphQL, students only (a lower bound)", UNIT)
    for turn in range(rounds):
        bare, singly, many, known_singly, known_many = (Turn() for _ in range(5))
        for number in chosen:
            # Others each time, and a fair share of all.
            some = people[turn % 10 :: 10][:SINGLES]
            bare.loop(url, number, some)
            singly.look_up(url, number, 1, some)
            many.look_up(url, number, LARGEST_BATCH, people)
        known_singly.look_up(url, largest, 1, known)
        known_many.look_up(url, largest, LARGEST_BATCH, known)
        done.add(OURS, many.sample)
        done.add(BARE, bare.sample)
        done.add(SINGLY, singly.sample)
        students.add(OURS, known_many.sample)
        students.add(SINGLY, known_singly.sample)
    gc.set_threshold(*collected_at)
    gc.unfreeze()
    return [done, students]


if __name__ == "__main__":
    sys.exit(main())
