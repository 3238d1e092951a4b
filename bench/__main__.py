"""All works of the bench in one table, beside what users would pick instead: `make bench`.

Each has at least five interleaved rounds; a quick one has one, and fewer people. Everything stands on the loopback, on
ports that the system has found free; every server ends with us, also when we are broken off or killed. Status 1 when a
goal is not met.

    python bench --quick --only imports
"""

import argparse
import logging
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import fs_graphql
import growth
import imports
import one_person
import open_circuit
import partials
import screens
import screens_under_import
from processes import end_in_order
from rich.console import Console
from table import MARKS, Work, all_met, markdown_of, table_of, with_figures

import intake

ROUNDS = 5
PEOPLE = 20_000


def benches(people: int) -> dict[str, Callable[[int, bool], list[Work]]]:
    """What is measured, in order; `people`: how many applicants the largest runs have."""
    return {
        "one_person": one_person.works,
        "imports": imports.works,
        "growth": lambda rounds, quick: growth.works(rounds, quick, people),
        # Six runs that mostly wait: too long for a quick bench.
        "open_circuit": lambda rounds, quick: [] if quick else open_circuit.works(rounds),
        "screens_under_import": lambda rounds, quick: screens_under_import.works(rounds, quick, max(people, PEOPLE)),
        "screens": screens.works,
        "partials": partials.works,
        "fs_graphql": fs_graphql.works,
        "intake": intake.works,
        "dask": dask,
    }


def dask(rounds: int, quick: bool) -> list[Work]:
    """Dask beside threads. A quick bench has no time to start clusters, and none for what is loaded for it."""
    if quick:
        return []
    from dask_works import works  # noqa: PLC0415

    return works(rounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round each, of small sizes")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--only", nargs="+", choices=benches(PEOPLE), metavar="BENCH", help=", ".join(benches(PEOPLE)))
    parser.add_argument("--markdown", type=Path, help=f"a page to put the table in, between {' and '.join(MARKS)}")
    wish = parser.parse_args()
    if wish.markdown:
        put_figures(wish.markdown, None)
    end_in_order()
    logging.disable(logging.WARNING)  # of the institutions that always fail
    rounds = wish.rounds or (1 if wish.quick else ROUNDS)
    begins, load = datetime.now(UTC), os.getloadavg()[0]
    works: list[Work] = []
    broken, began = [], time.monotonic()
    for name, measure in benches(wish.people).items():
        if wish.only and name not in wish.only:
            continue
        print(f"{datetime.now(UTC):%H:%M:%S} {name} …", end="", file=sys.stderr, flush=True)
        since = time.monotonic()
        try:
            works += measure(rounds, wish.quick)
        except (SystemExit, Exception) as error:
            # One that cannot be measured does not cost the others; a number is that we are to end.
            if isinstance(error, SystemExit) and not isinstance(error.code, str):
                raise
            broken.append(f"{name}: {error!r}")
            traceback.print_exception(error)
        print(f" {time.monotonic() - since:.0f} s", file=sys.stderr, flush=True)
    title = f"{'Quick, small sizes: ' if wish.quick else ''}{rounds} rounds, {time.monotonic() - began:.0f} s"
    # Redirected, a table has no width to fit in.
    Console(width=None if sys.stdout.isatty() else 200).print(table_of(works, title))
    if wish.markdown:
        machine = f"{os.cpu_count()} processors, Python {platform.python_version()}, a load of {load:.1f} at the start"
        how = f"{begins:%-d %B %Y}, {machine}. {title}, by `python bench {' '.join(sys.argv[1:])}`.\n\n"
        put_figures(wish.markdown, f"\n{how}{markdown_of(works)}\n\n")
    if broken:
        print("Not measured:", *broken, sep="\n", file=sys.stderr)
    return int(bool(broken) or not all_met(works))


def put_figures(page: Path, figures: str | None) -> None:
    """Put figures where a page has its marks, or only see that it has them; SystemExit when not."""
    try:
        text = with_figures(page.read_text(encoding="utf-8"), figures or "")
    except (OSError, ValueError) as error:
        raise SystemExit(f"{page}: {error}") from None
    if figures is not None:
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
