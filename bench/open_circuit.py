"""What a source that is down adds to a run that knows it from the run before.

The demo network without delays: institutions that answer as they should, with and without the one that takes
connections and never answers, whose whole time limit is left as it is. Each run is a process of its own, measured from
its start to its end, when nothing has changed since the run before, which is when there is the least to do meanwhile.
The two take turns, in one order and then in the other; what the machine does besides only ever adds, so each round has
the quicker of the two runs of each.

    python bench/open_circuit.py --people 1000
"""

import argparse
import sys
from pathlib import Path

from measured_runs import FOLDER, Measured, add_instance, measured_run, network, shelf_for
from processes import end_in_order
from rich.console import Console
from table import OURS, Goal, Sample, Work, all_met, table_of

from webapp.demo.roster import BEHAVIOURS, Behaviour

PEOPLE, FEW = 1_000, 200
ADDED_SECONDS = 0.05
_DEAD = {number for number, behaviour in BEHAVIOURS.items() if behaviour is Behaviour.DEAD}


def works(rounds: int, quick: bool = False, people: int = PEOPLE) -> list[Work]:
    """The work of this bench; a quick one has fewer people."""
    people = FEW if quick else people
    added = Work(f"a source with an open circuit adds to a run ({people:,} people)", "s", [Goal(most=ADDED_SECONDS)])
    folder = FOLDER / "open_circuit"
    with network(shelf_for(people)) as addresses:
        dead = add_instance(folder / "dead", people, addresses, without=BEHAVIOURS.keys() - _DEAD)
        alive = add_instance(folder / "alive", people, addresses, without=BEHAVIOURS)
        for instance in (dead, alive):
            measured_run(instance)  # it is this one that finds out
        for _ in range(rounds):
            with_it, without = _quicker_of(dead, alive)
            added.add(OURS, Sample(with_it.seconds - without.seconds, with_it.cpu_seconds, peak_mb=with_it.peak_mb))
    return [added]


def _quicker_of(dead: Path, alive: Path) -> tuple[Measured, Measured]:
    runs: dict[Path, list[Measured]] = {dead: [], alive: []}
    for instance in (dead, alive, alive, dead):
        runs[instance].append(measured_run(instance))
    with_it, without = (min(runs[instance], key=lambda run: run.seconds) for instance in (dead, alive))
    return with_it, without


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--people", type=int, default=PEOPLE)
    wish = parser.parse_args()
    end_in_order()
    done = works(wish.rounds, people=wish.people)
    Console(width=180).print(table_of(done, "An open circuit"))
    return int(not all_met(done))


if __name__ == "__main__":
    sys.exit(main())
