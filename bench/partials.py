"""What the pages ask for by themselves: the server's CPU time for each, when there is news and when there is none.

python bench/partials.py: in a small instance, with an order to all institutions on its way and a run that goes on.
"""

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask.testing import FlaskClient
from rich.console import Console
from rich.table import Table
from table import OURS, Goal, Sample, Work

from webapp.config import Settings, SettingsFile
from webapp.demo import demo_people
from webapp.fetching.fanout import Fanout
from webapp.fetching.ordering import place
from webapp.fetching.planning import Judging, plan
from webapp.house import House
from webapp.identity import parse
from webapp.institutions import REGISTER
from webapp.model import (
    Admission,
    IntakeKind,
    Invitation,
    Origin,
    Purpose,
    RunKind,
    RunState,
    RunWish,
    Season,
)
from webapp.source_settings import ElmoPullSettings
from webapp.store import Store, as_text, imports, invitations, people, runs
from webapp.store.admissions import remember_admission
from webapp.store.institutions import remember
from webapp.web.factory import create_app

GOAL_MS = 5.0
NOW = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)
SOURCES, APPLICANTS, INVITATIONS = 50, 200, 5
ADMISSION = Admission(2027, Season.AUTUMN, "NOM", "Samordna opptak", True)


def partials(house: House) -> Iterator[tuple[str, str]]:
    """What is asked for, by name: the address."""
    store, settings = house.store, house.settings
    with store.write() as db:
        remember(db, REGISTER.values())
        remember_admission(db, ADMISSION)
        for place_in_line, one in enumerate(demo_people(count=APPLICANTS)):
            numbers = [parse(number) for number in one.identifiers]
            person_id = people.register(db, numbers, one.given_names, one.family_name, NOW)
            row = {"applicant_number": f"NOM{place_in_line:06}", "person_id": person_id, "admission": ADMISSION.code}
            db["applications"].insert(row | {"consent_given_at": as_text(NOW - timedelta(days=30))})
        import_id = imports.begin(db, IntakeKind.APPLICATIONS, "søkere.csv", False, "kberg", NOW)
        for nth in range(INVITATIONS):
            wish = Invitation(0, 1, 9900, Purpose.RECOGNITION, NOW, "kberg", NOW + timedelta(days=14))
            invitations.add(db, wish, f"secret{nth}")
        run_id = runs.add(db, RunWish(RunKind.FULL, NOW, "kberg"))
    run, person = runs.run(store.db, run_id), people.person(store.db, 1)
    assert run and person
    plan(store, run, Judging(store.db, settings, RunKind.FULL, NOW, NOW, None), {})
    order_id = place(store, settings, person, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    with store.write() as db:
        runs.set_state(db, run_id, RunState.RUNNING, NOW)
        db.execute("UPDATE fetches SET state = 'done', finished_at = ? WHERE id % 2", [as_text(NOW)])
    waiting = ".".join(str(source.institution) for source in settings.sources)
    yield "Bestilling, ingen nye svar", f"/people/1/orders/{order_id}/news?waiting={_waiting(store, order_id)}"
    yield "Bestilling, 25 nye svar", f"/people/1/orders/{order_id}/news?waiting={waiting}"
    yield "Jobb", f"/jobs/{run_id}/news?was=running&told=0"
    yield "Jobb, egen side", f"/jobs/{run_id}/news?was=running&told=0&page=1"
    yield "Innlesing", f"/imports/{import_id}/news"
    yield "Invitasjoner", "/people/1/invitations/news"


def _waiting(store: Store, order_id: int) -> str:
    sql = "SELECT group_concat(institution, '.') AS them FROM fetches WHERE order_id = ? AND state = 'queued'"
    return str(next(iter(store.db.query(sql, [order_id])))["them"])


def measure(client: FlaskClient, address: str, times: int, headers: dict[str, str]) -> list[float]:
    """Milliseconds of this thread's CPU for each answer; what others on the machine do is not in them."""
    spent = []
    for _ in range(times):
        began = time.thread_time()
        client.get(address, headers=headers)
        spent.append((time.thread_time() - began) * 1000)
    return spent


@contextmanager
def browser() -> Iterator[tuple[House, FlaskClient]]:
    """A house with so many sources, and somebody who looks at it."""
    with tempfile.TemporaryDirectory() as folder:
        institutions = sorted(number for number, one in REGISTER.items() if one.merged_into is None)[:SOURCES]
        sources = tuple(ElmoPullSettings(institution=n, url="http://127.0.0.1:9") for n in institutions)
        settings = Settings(instance=Path(folder), settings=SettingsFile(test_instance=True), sources=sources)
        store = Store(settings.database)
        house = House(settings, store, Fanout(store, settings, lambda: NOW), lambda: NOW)
        yield house, create_app(house).test_client()
        house.close()
        store.close()


@dataclass(frozen=True)
class Asked:
    """A partial by name, its answer, and the ms of each time, with news and with none since the last."""

    name: str
    status: int
    length: int
    spent: list[float]
    known: list[float]


def measured_partials(times: int, rounds: int = 1) -> Iterator[Asked]:
    """Ask for each partial so many times, round after round."""
    with browser() as (house, client):
        addresses = list(partials(house))
        answers = [client.get(address) for _, address in addresses]  # templates are compiled once in a process
        gc.collect()
        gc.freeze()  # as serve does
        for _ in range(rounds):
            for (name, address), answer in zip(addresses, answers, strict=True):
                spent = measure(client, address, times, {})
                known = measure(client, address, times, {"If-None-Match": answer.headers.get("ETag", "")})
                yield Asked(name, answer.status_code, len(answer.data), spent, known)
        gc.unfreeze()


def works(rounds: int, quick: bool = False) -> list[Work]:
    """A work for each partial."""
    done: dict[str, Work] = {}
    for asked in measured_partials(20 if quick else 200, rounds):
        if asked.status != 200:
            raise SystemExit(f"{asked.name} answered {asked.status}")
        work = done.setdefault(asked.name, Work(f"server time of a partial: {asked.name}", "ms", [Goal(most=GOAL_MS)]))
        work.add(OURS, Sample(statistics.median(asked.spent)))
        work.add("ours, when it has not changed", Sample(statistics.median(asked.known)))
    return list(done.values())


def main() -> int:
    """Print a line for each; status 1 when half of the answers take longer than the goal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200, help="how often each is asked for")
    table = Table("partial", "status", "kB", "p50 ms", "p95 ms", "known: p50 ms", title="Server CPU of partials")
    missed = False
    for asked in measured_partials(parser.parse_args().times):
        p50, p95 = statistics.median(asked.spent), statistics.quantiles(asked.spent, n=20)[-1]
        missed |= p50 > GOAL_MS
        figures = (f"{each:.1f}" for each in (asked.length / 1000, p50, p95, statistics.median(asked.known)))
        table.add_row(asked.name, str(asked.status), *figures, style="red" if p50 > GOAL_MS else "")
    Console(width=120).print(table)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
