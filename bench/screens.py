"""The screens of a large institution: server time of each, and how many rows it reads beside how many it shows.

python bench/screens.py --only Søknader
"""

import argparse
import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask.testing import FlaskClient
from large_instance import ADMISSIONS, CASES, INSTITUTIONS, NOW, PEOPLE, large_instance
from lxml import html
from rich.console import Console
from rich.table import Table
from table import OURS, Goal, Sample, Work

from webapp.house import open_house
from webapp.web.factory import create_app

GOAL_MS = 100.0
#: How many rows a screen may read to know whom and what it is about.
LOOK_UPS = 10
#: What shows a row: of a table (and the application beside its person), a list, a choice, facts or a picture.
SHOWN = "//tr | //td/a[contains(@class, 'code')] | //li | //option | //dd | //rect"
WORDS = ["nordmann", "hansen", "kari", "sol", "xyz", "ingrid sol", "a", "lie"]


@dataclass(frozen=True)
class Screen:
    """A screen by what asks for it, each time for another person, filter or page."""

    name: str
    ask: Callable[[FlaskClient, random.Random], object]


def _get(address: str) -> Callable[[FlaskClient, random.Random], object]:
    """Ask for an address; what stands in it in braces is drawn anew each time."""

    def ask(client: FlaskClient, chance: random.Random) -> object:
        return client.get(
            address.format(
                person=chance.randrange(1, PEOPLE + 1),
                case=chance.randrange(1, CASES + 1),
                admission=chance.choice(ADMISSIONS)[0],
                institution=chance.choice(INSTITUTIONS),
                word=chance.choice(WORDS),
                page=chance.randrange(1, 21),
                application=f"NOM{chance.randrange(1, 999):06}",
            )
        )

    return ask


def _search(client: FlaskClient, chance: random.Random) -> object:
    return client.post("/search", data={"wanted": chance.choice(WORDS)})


SCREENS = [
    Screen("Start", _get("/")),
    Screen("Søk", _search),
    Screen("Person eksternstudium", _get("/people/{person}")),
    Screen("Søknader", _get("/applications?page={page}")),
    Screen("Søknader, 1000 rader", _get("/applications?rows=1000")),
    Screen("Søknader, navn", _get("/applications?name={word}")),
    Screen("Søknader, navn, sortert på endret", _get("/applications?name={word}&sort=changed&down=1")),
    Screen("Søknader, opptak, sortert på navn", _get("/applications?admission={admission}&sort=name")),
    Screen(
        "Søknader, ubehandlet i opptak", _get("/applications?unhandled=J&admission={admission}&sort=changed&down=1")
    ),
    Screen("Søknader, uten treff", _get("/applications?name=xyz&unhandled=J&consent=withdrawn")),
    Screen("Søknader NOM", _get("/applications/nom?sort=name&page={page}")),
    Screen("Godkjenningssaker", _get("/cases?page={page}")),
    Screen("Godkjenningssaker, filtrert", _get("/cases?status=BEHANDLES&responsible=kberg&name={word}")),
    Screen("Godkjenningssak", _get("/cases/{case}")),
    Screen("Godkjenningssak, omfang", _get("/cases/{case}/extent")),
    Screen("Endringer", _get("/changes?page={page}")),
    Screen("Endringer, opptak", _get("/changes?admission={admission}")),
    Screen("Endringer, institusjon", _get("/changes?institution={institution}")),
    Screen("Eksternresultat-logg", _get("/log?page={page}")),
    Screen("Eksternresultat-logg, filtrert", _get("/log?institution={institution}&kind=changed")),
    Screen("Eksternresultat-logg, navn", _get("/log?name={word}")),
]


@dataclass
class Asked:
    """How one screen has answered: server time of each answer in ms, and the last one's queries, rows and bytes."""

    times: list[float]
    queries: int
    read: int
    shown: int
    status: int
    length: int

    @property
    def p95(self) -> float:
        """In ms."""
        return statistics.quantiles(self.times, n=20)[-1]


def measured_screens(times: int, only: str = "", turn: int = 0) -> dict[str, Asked]:
    """Ask for each screen so many times; `turn`: others for each."""
    house = open_house(large_instance(), clock=lambda: NOW)
    client = create_app(house).test_client()
    gc.collect()
    gc.freeze()  # as serve does
    read = [0, 0]

    def count(cursor: object, row: tuple[object, ...]) -> tuple[object, ...]:
        read[0] += 1
        return row

    house.store.db.conn.row_factory = count
    house.store.db.conn.set_trace_callback(lambda _: read.__setitem__(1, read[1] + 1))
    measured = {}
    for screen in SCREENS:
        if only not in screen.name:
            continue
        chance, taken = random.Random(f"{screen.name} {turn}"), []
        screen.ask(client, chance)  # templates are compiled once in a process
        for _ in range(times):
            read[:] = 0, 0
            began = time.perf_counter()
            answer = screen.ask(client, chance)
            taken.append((time.perf_counter() - began) * 1000)
        shown = len(html.fromstring(answer.text or "<p>").xpath(SHOWN))
        measured[screen.name] = Asked(taken, read[1], read[0], shown, answer.status_code, len(answer.data))
    house.close()
    gc.unfreeze()
    return measured


def works(rounds: int, quick: bool = False) -> list[Work]:
    """The slowest of all screens in each round. A quick bench has no time to build what they are asked about."""
    if quick:
        return []
    done = Work(f"the slowest screen's p95 ({PEOPLE:,} people)", "ms", [Goal(most=GOAL_MS)])
    for turn in range(rounds):
        done.add(OURS, Sample(max(each.p95 for each in measured_screens(20, turn=turn).values())))
    return [done]


def main() -> int:
    """Print a line for each screen; status 1 when one is over the goal or reads more rows than it shows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=40, help="how often each screen is asked for")
    parser.add_argument("--only", default="", help="only screens whose name has this in it")
    wish = parser.parse_args()
    table = Table("screen", "p50 ms", "p95 ms", "max ms", "queries", "rows read", "rows shown", "kB", title="Screens")
    failed = False
    for name, asked in measured_screens(wish.times, wish.only).items():
        failed |= asked.p95 > GOAL_MS or asked.read > asked.shown + LOOK_UPS
        figures = [statistics.median(asked.times), asked.p95, max(asked.times)]
        table.add_row(
            f"{name}{'' if asked.status == 200 else f' ({asked.status})'}",
            *(f"{figure:.1f}" for figure in figures),
            *(str(figure) for figure in (asked.queries, asked.read, asked.shown, asked.length // 1000)),
            style="red" if asked.p95 > GOAL_MS else "",
        )
    Console(width=140).print(table)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
