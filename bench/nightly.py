"""A full run for a large institution: what it costs, whether it costs more for each applicant than a small one, and
whether it ends in the rows of those who are asked about alone.

The demo network answers without delays; one institution is dead, one fails twice at each question, one answers
rubbish, one about somebody else. Beside it, a plain loop of requests that asks about one at a time and stores nothing.
Only ratios within one call hold: the machine's other work slows down all alike. 100,000 people take an hour or so.

    python bench/nightly.py --people 100000
"""

import argparse
import logging
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import wait
from pathlib import Path

from imports import contend
from measured_runs import CAME, FOLDER, Measured, add_instance, came_of, measured_run, network, seen_of, shelf_for
from more_itertools import chunked
from processes import end_in_order
from rich.console import Console
from rich.table import Column, Table
from table import met

from webapp.demo.roster import BEHAVIOURS, SCHOOLS
from webapp.demo.serve import Addresses
from webapp.fetching.ordering import place
from webapp.house import open_house
from webapp.model import Origin, Purpose
from webapp.store import Store, people

SMALL, SAMPLE = 1_000, 1_000
#: So many people are asked about one at a time: by a run, and by the plain loop.
SINGLES = 300
#: So many people are fetched alone at once.
AT_ONCE = 50
MUCH_FASTER, NOT_SLOWER, MUCH_SOONER, MEMORY, COST = 50, 0.9, 3, 1.2, 1.1
SMALL_RUN, SINGLE_RUN, FIRST, AGAIN = f"{SMALL:,} people", f"{SINGLES:,} people, one at a time", "all", "all, again"
#: What a run in which nothing has changed leaves alone.
RESULT_TABLES = ("answers", "payloads", "external_studies", "external_results", "result_changes", "notices")


def bare_loop(addresses: Addresses) -> float:
    """Look-ups per CPU-second of requests on 32 threads that asks about one at a time and stores nothing."""
    instance = add_instance(FOLDER / "nightly" / "bare", SINGLES, addresses, without=BEHAVIOURS)
    return contend("bare", instance, SINGLES).figure


def alone(instance: Path, people: int) -> None:
    """Ask about each person alone, as the button does; a handful at a time."""
    command = [sys.executable, __file__, "--alone", str(instance), "--people", str(people)]
    subprocess.run(command, check=True)


def ask_alone(instance: Path, count: int) -> None:
    logging.disable(logging.WARNING)  # of the institutions that always fail
    house = open_house(instance)
    for some in chunked(range(1, count + 1), AT_ONCE):
        placed = []
        for id in some:
            person = people.person(house.store.db, id)
            assert person is not None
            origin = Origin("bench", "bench", application=f"NOM{id:06}")
            placed.append(place(house.store, house.settings, person, Purpose.ADMISSION, origin, house.clock()))
        wait([future for order_id in placed for future in house.fanout.start(order_id)])
    house.close()


def differences(run: Path, alone: Path, count: int) -> int:
    """How many lines differ, of what a caseworker sees and of what came back from whom; `run` has had one run."""
    came = [(person, number, "nothing" if what == "before" else what) for person, number, what in came_of(run, count)]
    pairs = (seen_of(run, count), seen_of(alone, count)), (came, came_of(alone, count))
    return sum(((Counter(a) - Counter(b)) + (Counter(b) - Counter(a))).total() for a, b in pairs)


def bench(count: int, folder: Path, addresses: Addresses) -> bool:
    """Measure all and print it; whether every goal is met."""
    big, small = add_instance(folder / "big", count, addresses), add_instance(folder / "small", SMALL, addresses)
    singly = add_instance(folder / "singly", SINGLES, addresses, "batch = 1")
    loops = [bare_loop(addresses)]
    runs = {SMALL_RUN: measured_run(small), SINGLE_RUN: measured_run(singly)}
    loops.append(bare_loop(addresses))
    runs[FIRST] = measured_run(big)
    in_log = logged(big, runs[FIRST])
    by_themselves = add_instance(folder / "alone", min(count, SAMPLE), addresses, "seats = 32", dead_seconds=0.2)
    alone(by_themselves, min(count, SAMPLE))
    differ = differences(big, by_themselves, min(count, SAMPLE))
    loops.append(bare_loop(addresses))
    runs[AGAIN] = measured_run(big)
    Console(width=160).print(table_of(runs, statistics.median(loops), count))
    return print_goals(runs, statistics.median(loops), count, in_log, differ)


def logged(instance: Path, run: Measured) -> int:
    """About how many pairs of person and institution the log of a run tells what came back."""
    store = Store(instance / "eksternstudium.sqlite")
    sql = f"SELECT count(*) FROM (SELECT DISTINCT person_id, institution FROM ({CAME}) WHERE run_id = ?)"
    (told,) = store.db.execute(sql, [run.report["run"]]).fetchone()
    store.close()
    return told


def table_of(runs: Mapping[str, Measured], loop: float, count: int) -> Table:
    title = f"{count:,} people and {len(SCHOOLS)} institutions; a plain loop does {loop:,.0f} look-ups per CPU-second"
    headings = ("", "state", "s", "CPU s", "look-ups", "per CPU s", "x loop", "peak MB", "rows", "database MB")
    table = Table(*(Column(heading, justify="right" if heading else "left") for heading in headings), title=title)
    for name, run in runs.items():
        table.add_row(
            name,
            str(run.report["state"]),
            f"{run.seconds:.1f}",
            f"{run.cpu_seconds:.1f}",
            f"{run.look_ups:,}",
            f"{run.rate:,.0f}",
            f"{run.rate / loop:.1f}",
            f"{run.peak_mb:.0f}",
            f"{sum(run.rows.values()):,}",
            f"{run.database_mb:,.0f}",
        )
    return table


def print_goals(runs: Mapping[str, Measured], loop: float, count: int, in_log: int, differ: int) -> bool:
    small, singly, first, second = (runs[name] for name in (SMALL_RUN, SINGLE_RUN, FIRST, AGAIN))
    cost = (first.cpu_seconds / count) / (small.cpu_seconds / SMALL)
    written = sum(second.rows[table] - first.rows[table] for table in RESULT_TABLES)
    goals = [
        ("everybody is ordered for", first.report["ordered"], first.report["ordered"] == count),
        ("the log tells of everybody and every institution", in_log, in_log == count * len(SCHOOLS)),
        (f"lines that differ from {min(count, SAMPLE):,} fetched alone: none", differ, differ == 0),
        (
            f"look-ups per CPU-second at least {MUCH_FASTER} x a plain loop",
            first.rate / loop,
            first.rate / loop >= MUCH_FASTER,
        ),
        (f"one at a time at least {NOT_SLOWER} x a plain loop", singly.rate / loop, singly.rate / loop >= NOT_SLOWER),
        (
            f"peak memory at most {MEMORY} x that at {SMALL:,}",
            first.peak_mb / small.peak_mb,
            first.peak_mb <= MEMORY * small.peak_mb,
        ),
        (f"CPU for each applicant at most {COST} x that at {SMALL:,}", cost, cost <= COST),
        (
            f"the second run at least {MUCH_SOONER} x as fast",
            first.seconds / second.seconds,
            first.seconds >= MUCH_SOONER * second.seconds,
        ),
        ("… in CPU too", first.cpu_seconds / second.cpu_seconds, first.cpu_seconds >= MUCH_SOONER * second.cpu_seconds),
        ("the second run writes no result, change or notice", written, written == 0),
        ("the second run changes nobody", second.report["changed_people"], second.report["changed_people"] == 0),
    ]
    for goal, figure, is_met in goals:
        shown = f"{figure:.2f}" if isinstance(figure, float) else f"{figure:,}"
        print(f"goal: {goal}: {met(is_met)} ({shown})")
    return all(is_met for _, _, is_met in goals)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.alone:
        ask_alone(wish.alone, wish.people)
        return 0
    end_in_order()
    with network(shelf_for(max(wish.people, SMALL))) as addresses:
        return int(not bench(wish.people, FOLDER / "nightly", addresses))


if __name__ == "__main__":
    sys.exit(main())
