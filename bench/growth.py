"""Whether a run costs more for each applicant the more there are, and how much sooner it ends when nothing has changed.

The demo network without delays, and only institutions that answer as they should. Each run is a process of its own,
measured from its start to its end. Rounds are interleaved. nightly.py has the whole network.

    python bench/growth.py --people 20000
"""

import argparse
import sys
from pathlib import Path

from measured_runs import FOLDER, Measured, add_instance, measured_run, network, shelf_for
from processes import end_in_order
from rich.console import Console
from table import OURS, Goal, Sample, Work, all_met, table_of

from webapp.demo.roster import BEHAVIOURS
from webapp.demo.serve import Addresses

SMALL = 1_000
MEMORY, COST, SOONER = 1.2, 1.1, 3
FIRST = "the first run"


def works_of(folder: Path, addresses: Addresses, rounds: int, few: int, people: int, repeated: bool) -> list[Work]:
    """Runs of few and of many people, and those of many once more where they are `repeated`."""
    of_few = f"at {few:,} people"
    memory = Work(f"memory at {people:,} people", "MB", [Goal(of_few, most=MEMORY)])
    cost = Work(f"CPU per person at {people:,} people", "ms", [Goal(of_few, most=COST)])
    sooner = Work(f"second full run, nothing changed ({people:,} people)", "people/s", [Goal(FIRST, least=SOONER)])
    for _ in range(rounds):
        small = add_instance(folder / "small", few, addresses, without=BEHAVIOURS)
        big = add_instance(folder / "big", people, addresses, without=BEHAVIOURS)
        of_small, first = measured_run(small), measured_run(big)
        for name, run, count in ((OURS, first, people), (of_few, of_small, few)):
            memory.add(name, _sample(run.peak_mb, run))
            cost.add(name, _sample(1000 * run.cpu_seconds / count, run))
        if repeated:
            again = measured_run(big)
            for name, run in ((OURS, again), (FIRST, first)):
                sooner.add(name, _sample(people / run.seconds, run))
    return [memory, cost, sooner] if repeated else [memory, cost]


def _sample(figure: float, run: Measured) -> Sample:
    return Sample(figure, run.cpu_seconds, peak_mb=run.peak_mb)


def works(rounds: int, quick: bool = False, people: int = 20_000) -> list[Work]:
    """The works of this bench."""
    few, people = (200, 600) if quick else (SMALL, people)
    folder = FOLDER / "growth"
    with network(shelf_for(max(SMALL, people))) as addresses:
        # A second run of few people is mostly its start; imports.py has it without.
        return works_of(folder, addresses, rounds, few, people, repeated=not quick)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--people", type=int, default=20_000)
    wish = parser.parse_args()
    end_in_order()
    done = works(wish.rounds, people=wish.people)
    Console(width=180).print(table_of(done, "Growth"))
    return int(not all_met(done))


if __name__ == "__main__":
    sys.exit(main())
