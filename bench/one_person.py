"""One person, fifty sources: how soon the answers are in, beside plain requests and aiohttp loops.

The demo network answers: 47 institutions with a median of 150 ms, one that fails twice first, one that takes 5 s and
one that is dead. The rivals put the same questions and store nothing. Rounds are interleaved.

    make bench ROUNDS=5
"""

import argparse
import asyncio
import html
import multiprocessing
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import requests
from rich.console import Console
from rich.table import Table

from webapp.cli.demo import await_port, free_port
from webapp.config import read_settings
from webapp.demo import DEMO_PERSON, NETWORK_TOML, prepare_network, serve_network, sources_toml
from webapp.demo.roster import BEHAVIOURS, Behaviour
from webapp.fetching.ordering import find_or_register, place
from webapp.house import House, open_house
from webapp.identity import parse
from webapp.model import FetchState, Origin, Purpose
from webapp.source_settings import ElmoPullSettings
from webapp.store import Store, orders

LIMIT_SECONDS = 10.0
GOAL = 1.03
#: How often a page asks for news, in seconds.
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
                if requests.post(f"{source.url}/results", json=body, timeout=LIMIT_SECONDS).status_code < 500:
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
        limit = aiohttp.ClientTimeout(total=LIMIT_SECONDS)
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
    command = [sys.executable, "-m", "webapp", "serve", "--port", "0"]
    environment = os.environ | {"EKSTERNSTUDIUM_INSTANCE": str(folder)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        base = server.stdout.readline().split()[-1].rstrip("/")
        try:
            with requests.Session() as browser:
                names = {"number": DEMO_PERSON.number, "given_names": "Solveig", "family_name": "Hætta"}
                person = browser.post(f"{base}/people", data=names).url
                page = browser.post(f"{person}/orders", data={"purpose": "recognition", "reason": "Ringte"}).text
                while "study-row" not in page:
                    time.sleep(POLL_SECONDS)
                    asked = re.search(r'hx-get="\s*([^"]+)"', page)
                    assert asked is not None
                    page = browser.get(base + html.unescape(asked[1]).strip()).text
            seen = datetime.now(UTC)
        finally:
            server.terminate()
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


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "instance"
        instance.mkdir()
        port, dead_port = free_port(0), free_port(0)
        (instance / "settings.toml").write_text(NETWORK_TOML)
        (instance / "sources.toml").write_text(
            sources_toml(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{dead_port}")
        )
        shelf = prepare_network(Path(folder))
        network = multiprocessing.get_context("spawn").Process(target=serve_network, args=(shelf, port, dead_port))
        network.start()
        try:
            await_port(port)
            measure(instance, rounds)
        finally:
            network.terminate()
            network.join()


def measure(instance: Path, rounds: int) -> None:
    sources = list(read_settings(instance).sources)
    house = open_house(instance)
    contenders: dict[str, Callable[[], Round]] = {
        "Eksternstudium": lambda: ours(house),
        "requests, a thread each": lambda: plain_requests(sources),
        "aiohttp": lambda: plain_aiohttp(sources),
    }
    slowest: list[float] = []
    lags: list[float] = []
    measured: dict[str, list[Round]] = {name: [] for name in contenders}
    for _ in range(rounds):
        slowest.append(slowest_that_answers(sources))
        for name, run in contenders.items():
            measured[name].append(run())
        lags.append(first_row_lag(instance, instance.parent / f"screens-{len(lags)}"))
    house.close()
    report(measured, statistics.median(slowest))
    lag = statistics.median(lags)
    print(f"goal: first row at most one poll after its answer: {met(lag <= POLL_SECONDS)} ({lag:.3f} s)")


def report(measured: dict[str, list[Round]], slowest: float) -> None:
    table = Table(title=f"One person, 50 sources; the slowest that answers takes {slowest:.3f} s alone")
    for heading in ("", "first answer s", "last answer s (min-max)", "last / slowest", "CPU ms"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, rounds in measured.items():
        lasts = [r.last for r in rounds]
        last = statistics.median(lasts)
        table.add_row(
            name,
            f"{statistics.median(r.first for r in rounds):.3f}",
            f"{last:.3f} ({min(lasts):.3f}-{max(lasts):.3f})",
            f"{last / slowest:.3f}",
            f"{1000 * statistics.median(r.cpu for r in rounds):.0f}",
        )
    Console().print(table)
    ratio = statistics.median(r.last for r in measured["Eksternstudium"]) / slowest
    print(f"goal: last / slowest at most {GOAL}: {met(ratio <= GOAL)} ({ratio:.3f})")


def met(is_met: bool) -> str:
    return "met" if is_met else "NOT met"


if __name__ == "__main__":
    main()
