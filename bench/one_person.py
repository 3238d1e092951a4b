"""One person, fifty sources: how soon the answers are in, beside plain requests and aiohttp loops.

The demo network answers: 47 institutions with a median of 150 ms, one that fails twice first, one that takes 5 s and
one that is dead. The rivals put the same questions and store nothing. Rounds are interleaved.

    python bench/one_person.py --rounds 5
"""

import argparse
import asyncio
import html
import re
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import requests
from measured_runs import network, screens, shelf_for
from processes import cpu_seconds, end_in_order, servers_cpu_seconds
from rich.console import Console
from table import OURS, Goal, Sample, Work, all_met, table_of

from webapp.config import read_settings
from webapp.demo import DEMO_PERSON, NETWORK_TOML, sources_toml
from webapp.demo.roster import BEHAVIOURS, Behaviour
from webapp.fetching.ordering import find_or_register, place
from webapp.house import House, open_house
from webapp.identity import parse
from webapp.model import FetchState, Origin, Purpose
from webapp.source_settings import ElmoPullSettings
from webapp.store import Store, orders

#: How long a source is waited for: the dead one, so long that the slow one has answered in a quick bench too.
LIMIT_SECONDS, QUICK_LIMIT_SECONDS = 10.0, 6.0
GOAL = 1.02
SLOWEST = "the slowest source that answers, alone"
#: A page asks for news at least so often, in seconds.
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Round:
    """One person asked about once: seconds from the press to the first and to the last answer, CPU seconds."""

    first: float
    last: float
    cpu: float


def question() -> dict[str, object]:
    return {
        "identifiers": list(DEMO_PERSON.identifiers),
        "purpose": "recognition",
        "basis": "statute",
        "request": str(uuid.uuid4()),
    }


def ours(house: House) -> Round:
    """A press of the button: order placed, all asked, answers parsed, merged and stored."""
    began, cpu = house.clock(), cpu_seconds()
    person = find_or_register(house.store, parse(DEMO_PERSON.number), None, None, began)
    order_id = place(house.store, house.settings, person, Purpose.RECOGNITION, Origin("bench", "bench"), began)
    wait(house.fanout.start(order_id))
    answered = [
        (line.answer.answered_at - began).total_seconds()
        for line in orders.lines_of(house.store.db, order_id)
        if line.fetch.state is FetchState.DONE and line.answer and line.answer.answered_at
    ]
    return Round(min(answered), max(answered), cpu_seconds() - cpu)


def plain_requests(sources: list[ElmoPullSettings]) -> Round:
    """A thread and a new session for each source, as a script would do it."""
    began, cpu = time.monotonic(), cpu_seconds()
    answered: list[float] = []

    def ask(source: ElmoPullSettings) -> None:
        body = question()
        for _ in range(3):
            try:
                if requests.post(f"{source.url}/results", json=body, timeout=source.timeout_seconds).status_code < 500:
                    answered.append(time.monotonic() - began)
                    return
            except requests.RequestException:
                return
            time.sleep(1)

    with ThreadPoolExecutor(len(sources)) as pool:
        list(pool.map(ask, sources))
    return Round(answered[0], answered[-1], cpu_seconds() - cpu)


def plain_aiohttp(sources: list[ElmoPullSettings]) -> Round:
    """One task for each source."""
    began, cpu = time.monotonic(), cpu_seconds()
    answered: list[float] = []

    async def ask(session: aiohttp.ClientSession, source: ElmoPullSettings) -> None:
        body = question()
        for _ in range(3):
            try:
                async with session.post(f"{source.url}/results", json=body) as response:
                    await response.read()
                    if response.status < 500:
                        answered.append(time.monotonic() - began)
                        return
            except (aiohttp.ClientError, TimeoutError):
                return
            await asyncio.sleep(1)

    async def ask_all() -> None:
        limit = aiohttp.ClientTimeout(total=sources[0].timeout_seconds)
        async with aiohttp.ClientSession(timeout=limit, connector=aiohttp.TCPConnector(limit=0)) as session:
            await asyncio.gather(*(ask(session, source) for source in sources))

    asyncio.run(ask_all())
    return Round(answered[0], answered[-1], cpu_seconds() - cpu)


def first_row_lag(instance: Path, folder: Path) -> float:
    """Seconds from the first answer with results, as it was stored, to the poll that brings its row to the page.

    A new instance each time, since a row that was there before says nothing. Polls as the page does.
    """
    folder.mkdir()
    for name in ("settings.toml", "sources.toml"):
        shutil.copy(instance / name, folder)
    with screens(folder) as base, requests.Session() as browser:
        names = {"number": DEMO_PERSON.number, "given_names": "Solveig", "family_name": "Hætta"}
        registered = browser.post(f"{base}/people", data=names)
        registered.raise_for_status()
        pressed = {"purpose": "recognition", "reason": "Ringte"}
        page = browser.post(f"{registered.url}/orders", data=pressed, headers={"HX-Request": "true"}).text
        while "study-row" not in page:
            waits = re.search(r'hx-trigger="every (\d+)ms"', page)
            assert waits is not None
            time.sleep(int(waits[1]) / 1000)
            asked = re.search(r'hx-get="\s*([^"]+)"', page)
            assert asked is not None
            page = browser.get(base + html.unescape(asked[1]).strip()).text
        seen = datetime.now(UTC)
    store = Store(folder / "eksternstudium.sqlite")
    (first,) = store.db.execute("SELECT min(answered_at) FROM answers WHERE outcome = 'found'").fetchone()
    store.close()
    return (seen - datetime.fromisoformat(first)).total_seconds()


def slowest_that_answers(sources: list[ElmoPullSettings]) -> float:
    """How long the slow source takes when nobody else is asked, in seconds."""
    slow = next(source for source in sources if BEHAVIOURS.get(source.institution) is Behaviour.SLOW)
    with requests.Session() as session:
        began = time.monotonic()
        session.post(f"{slow.url}/results", json=question(), timeout=LIMIT_SECONDS)
        return time.monotonic() - began


def works(rounds: int, quick: bool = False) -> list[Work]:
    """The works of this bench; a quick one waits for the dead institution for less long."""
    limit = QUICK_LIMIT_SECONDS if quick else LIMIT_SECONDS
    with tempfile.TemporaryDirectory() as folder, network(shelf_for(1_000), latency_scale=1.0) as addresses:
        instance = Path(folder) / "instance"
        instance.mkdir()
        sources = sources_toml(addresses.base_url, addresses.dead_url)
        each = f"[[source]]\ntimeout_seconds = {limit}\n"
        (instance / "sources.toml").write_text(sources.replace("[[source]]\n", each))
        (instance / "settings.toml").write_text("test_instance = true\n" + NETWORK_TOML)
        asked = [each for each in read_settings(instance).sources if isinstance(each, ElmoPullSettings)]
        with closing(open_house(instance)) as house:
            return measure(house, asked, rounds)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    wish = arguments.parse_args()
    end_in_order()
    done = works(wish.rounds)
    Console(width=180).print(table_of(done, "One person"))
    return int(not all_met(done))


def measure(house: House, sources: list[ElmoPullSettings], rounds: int) -> list[Work]:
    """Let all ask in turn."""
    instance = house.settings.instance
    contenders: dict[str, Callable[[], Round]] = {
        OURS: lambda: ours(house),
        "requests, a thread each": lambda: plain_requests(sources),
        "aiohttp": lambda: plain_aiohttp(sources),
    }
    last = Work("one person, 50 sources: last answer", "s", [Goal(SLOWEST, most=GOAL)])
    first = Work("one person: first answer", "s")
    row = Work("one person: first row visible after its answer", "s", [Goal(most=POLL_SECONDS)])
    for turn in range(rounds):
        slowest = slowest_that_answers(sources)
        for name, contender in contenders.items():
            before = servers_cpu_seconds()
            once = contender()
            last.add(name, Sample(once.last, once.cpu, servers_cpu_seconds() - before))
            first.add(name, Sample(once.first))
        last.add(SLOWEST, Sample(slowest))
        row.add(OURS, Sample(first_row_lag(instance, instance.parent / f"screens-{turn}")))
    return [last, first, row]


if __name__ == "__main__":
    sys.exit(main())
