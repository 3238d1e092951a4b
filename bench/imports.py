"""A full import beside what users would write instead, from the same sources and to the same rows.

The sources are those of the demo network that answer as they should, without delays. Each contender is a process of
its own; its CPU-seconds count from when it has imported what it needs. Rounds are interleaved.

    python bench/imports.py --rounds 5
"""

import argparse
import json
import shutil
import sqlite3
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from measured_runs import FOLDER, add_instance, network, shelf_for
from processes import measured, servers_cpu_seconds
from rich.console import Console
from rivals import COLUMNS, STORING
from table import OURS, Goal, Sample, Work, all_met, table_of

from webapp.config import read_settings
from webapp.demo import demo_people
from webapp.demo.roster import BEHAVIOURS
from webapp.demo.serve import Addresses
from webapp.source_settings import ElmoPullSettings

UNIT = "look-ups per CPU s"
BARE, BARE_LISTS = "bare requests loop, stores nothing", "bare loop in lists, stores nothing (the limit)"
SINGLY = {
    "bare": BARE,
    "requests": "requests, 32 threads",
    "aiohttp": "aiohttp, 64 at once",
    "Scrapy": "Scrapy, 64 at once",
}
LISTS = {"dlt": "dlt pipeline, in lists", "lists": "loop in lists, stores rows"}
AGAIN = "the first import"
_ROWS = f"SELECT {', '.join(COLUMNS)} FROM results"
#: Ours, in the rivals' columns.
_OUR_ROWS = """SELECT person_id, institution, code, coalesce(names ->> 'nb', names ->> 'nn', names ->> 'en'), grade,
        credits, level, date
    FROM external_results JOIN external_studies ON external_studies.id = study_id WHERE person_id <= ?"""


@dataclass(frozen=True)
class Sizes:
    """How many people are asked about in lists, and how many one at a time."""

    many: int = 2_000
    singles: int = 100


QUICK = Sizes(many=1_000, singles=20)


def contend(name: str, instance: Path, people: int, database: Path | None = None) -> Sample:
    """One contender's import of so many people."""
    sources = [each for each in read_settings(instance).sources if isinstance(each, ElmoPullSettings)]
    plan = {
        "sources": [(source.url, source.institution) for source in sources],
        "people": [person.identifiers for person in demo_people(count=people)],
    }
    (instance / "plan.json").write_text(json.dumps(plan))
    command = [sys.executable, str(Path(__file__).parent / "rivals.py"), name, str(instance / "plan.json")]
    command += ["--instance", str(instance)] + ([] if database is None else ["--database", str(database)])
    before = servers_cpu_seconds()
    ended = measured(command)
    said = json.loads(ended.said.splitlines()[-1])
    cpu = said["cpu_seconds"]
    return Sample(said["look_ups"] / cpu, cpu, servers_cpu_seconds() - before, ended.peak_mb)


def rows_in(database: Path, sql: str, *given: int) -> Counter[tuple[object, ...]]:
    """The rows of a contender, however often it has each."""
    db = sqlite3.connect(database)
    rows = Counter(db.execute(sql, given).fetchall())
    db.close()
    return rows


def assert_same(rival: str, rows: Counter[tuple[object, ...]], ours: Counter[tuple[object, ...]]) -> None:
    """SystemExit when a rival has stored other rows than we have: then it has done another work."""
    differ = ((rows - ours) + (ours - rows)).total()
    if differ:
        example = next(iter((rows - ours) + (ours - rows)))
        raise SystemExit(f"{rival} stored other rows than ours: {differ} of {ours.total()} differ, as {example}")


def works_of(folder: Path, addresses: Addresses, rounds: int, sizes: Sizes) -> list[Work]:
    """Measure all; SystemExit when the rows of one are not those of the others."""
    goals = [Goal(BARE, least=50), Goal(SINGLY["Scrapy"], least=100)]
    lists = Work(f"full import, sources that take lists ({sizes.many:,} people)", UNIT, goals)
    goals = [Goal(BARE, least=0.9), Goal(SINGLY["Scrapy"], least=2.5)]
    singly = Work(f"full import, one at a time ({sizes.singles:,} people)", UNIT, goals)
    again = Work("second import with nothing changed", UNIT, [Goal(AGAIN, least=3)])
    for _ in range(rounds):
        shutil.rmtree(folder, ignore_errors=True)
        many = add_instance(folder / "many", sizes.many, addresses, without=BEHAVIOURS)
        some = add_instance(folder / "some", sizes.singles, addresses, "batch = 1", without=BEHAVIOURS)
        lists.add(OURS, first := contend("ours", many, sizes.many))
        again.add(OURS, contend("ours", many, sizes.many))
        again.add(AGAIN, first)
        singly.add(OURS, contend("ours", some, sizes.singles))
        our_rows = rows_in(some / "eksternstudium.sqlite", _OUR_ROWS, sizes.singles)
        for name, label in SINGLY.items():
            database = folder / f"{name}.sqlite"
            sample = contend(name, some, sizes.singles, database)
            singly.add(label, sample)
            lists.add(label, sample)
            if name in STORING:
                assert_same(name, rows_in(database, _ROWS), our_rows)
        our_rows = rows_in(many / "eksternstudium.sqlite", _OUR_ROWS, sizes.many)
        for name, label in LISTS.items():
            database = folder / f"{name}.sqlite"
            lists.add(label, contend(name, many, sizes.many, database))
            assert_same(name, rows_in(database, _ROWS), our_rows)
        lists.add(BARE_LISTS, contend("bare-lists", many, sizes.many))
    return [lists, singly, again]


def works(rounds: int, quick: bool = False) -> list[Work]:
    """The works of this bench."""
    sizes = QUICK if quick else Sizes()
    with network(shelf_for(max(sizes.many, 1_000))) as addresses:
        return works_of(FOLDER / "imports", addresses, rounds, sizes)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    wish = parser.parse_args()
    done = works(wish.rounds, wish.quick)
    Console(width=180).print(table_of(done, "Full import"))
    return int(not all_met(done))


if __name__ == "__main__":
    sys.exit(main())
