"""All works of the bench in one table, beside what users would pick instead: `make bench`.

Each has at least five interleaved rounds; a quick one has one, and fewer people. Everything stands on the loopback, on
ports that the system has found free; every server ends with us, also when we are broken off or killed. Status 1 when a
goal is not met.

    python bench --quick --only imports
"""

import argparse
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import fs_graphql
import growth
import imports
import one_person
import partials
import screens
import screens_under_import
from processes import end_in_order
from rich.console import Console
from table import Work, all_met, markdown_of, table_of

import intake

ROUNDS = 5
PEOPLE = 20_000


def benches(people: int) -> dict[str, Callable[[int, bool], list[Work]]]:
    """What is measured, in order; `people`: how many applicants the largest runs have."""
    return {
        "one_person": one_person.works,
        "imports": imports.works,
        "growth": lambda rounds, quick: growth.works(rounds, quick, people),
        "screens_under_import": lambda rounds, quick: screens_under_import.works(rounds, quick, max(people, PEOPLE)),
        "screens": screens.works,
        "partials": partials.works,
        "fs_graphql": fs_graphql.works,
        "intake": intake.works,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round each, of small sizes")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--only", nargs="+", choices=benches(PEOPLE), metavar="BENCH", help=", ".join(benches(PEOPLE)))
    parser.add_argument("--markdown", type=Path, help="a file to write the table to as well")
    wish = parser.parse_args()
    end_in_order()
    logging.disable(logging.WARNING)  # of the institutions that always fail
    rounds = wish.rounds or (1 if wish.quick else ROUNDS)
    works, began = [], time.monotonic()
    for name, measure in benches(wish.people).items():
        if wish.only and name not in wish.only:
            continue
        print(f"{datetime.now(UTC):%H:%M:%S} {name} …", end="", file=sys.stderr, flush=True)
        since = time.monotonic()
        works += measure(rounds, wish.quick)
        print(f" {time.monotonic() - since:.0f} s", file=sys.stderr, flush=True)
    title = f"{'Quick, small sizes: ' if wish.quick else ''}{rounds} rounds, {time.monotonic() - began:.0f} s"
    # Redirected, a table has no width to fit in.
    Console(width=None if sys.stdout.isatty() else 200).print(table_of(works, title))
    if wish.markdown:
        wish.markdown.write_text(f"{title}\n\n{markdown_of(works)}\n", encoding="utf-8")
    return int(not all_met(works))


if __name__ == "__main__":
    sys.exit(main())
