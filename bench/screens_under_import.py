"""The screens while a full run goes on: the waits of 200 browsers that poll, beside those when nothing goes on.

`eksternstudium serve` answers them; the run is a process that stands back (nice 10), as the clock starts it. It is
halted and let go on in turn, so that both kinds of moments are measured on the same machine in the same minute. The
institutions stand elsewhere in reality, and here they stand back as the run does.

    python bench/screens_under_import.py
"""

import argparse
import asyncio
import html
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import aiohttp
import requests
from measured_runs import FOLDER, add_instance, network, screens, shelf_for, start_run
from processes import ENDS_WITH_US, end_in_order
from rich.console import Console
from table import OURS, Goal, Sample, Work, all_met, table_of

from webapp.store import Store

#: As often as Jobber asks for news; an order does so four times as often, but few are open at once.
BROWSERS, POLL_SECONDS = 200, 2.0
#: One poll in so many is somebody who opens a page.
PAGE_EVERY = 50
#: How long each stretch is, and how much of its beginning belongs to the one before.
STRETCH_SECONDS, EDGE_SECONDS = 6.0, 1.0
GOAL = 2.0
#: When half the questions wait longer than this though nothing goes on, they wait for each other.
SATURATED_MS = 100.0
#: So many orders are watched; after so many seconds all but the dead institution have answered. Then those of a quick
#: bench.
ORDERS, ORDERED_SECONDS = 24, 8.0
QUICK_ORDERS, QUICK_ORDERED_SECONDS = 6, 3.0
#: The dead one is waited for so long that the orders stay open, and their pages poll.
DEAD_SECONDS = 60
IDLE = "when nothing goes on"
#: A quick run asks about one at a time, so that few people last long enough.
QUICK_EACH = "batch = 1"
PAGES = ("/", "/people/{person}", "/applications?page={page}", "/changes", "/log?page={page}")


async def poll(base: str, orders: list[str], seconds: float, browsers: int) -> list[tuple[float, float]]:
    """The waits of the browsers: when each began, by the clock, and how long it was, in seconds."""
    waits: list[tuple[float, float]] = []
    ends = time.time() + seconds

    async def browse(session: aiohttp.ClientSession, place: int) -> None:
        chance = random.Random(place)
        await asyncio.sleep(chance.random() * POLL_SECONDS)
        while (began := time.time()) < ends:
            page = chance.choice(PAGES).format(person=chance.randrange(1, 1000), page=chance.randrange(1, 21))
            address = page if chance.random() < 1 / PAGE_EVERY else orders[place % len(orders)]
            async with session.get(base + address) as response:
                await response.read()
                response.raise_for_status()
            waits.append((began, time.time() - began))
            await asyncio.sleep(max(0.0, began + POLL_SECONDS - time.time()))

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:
        await asyncio.gather(*(browse(session, place) for place in range(browsers)))
    return waits


def place_orders(base: str, count: int, seconds: float) -> list[str]:
    """Press the button for so many people and wait for so many seconds; gives what a page that shows the order polls
    until the dead institution has been waited for, with its last row drawn."""
    with requests.Session() as browser:
        shown = [
            browser.post(f"{base}/people/{person}/orders", data={"purpose": "recognition", "reason": "Ringte"}).url
            for person in range(1, count + 1)
        ]
        time.sleep(seconds)
        pages = [browser.get(address).text for address in shown]
        for page in PAGES:  # templates are compiled once in a process
            browser.get(base + page.format(person=1, page=1))
    asked = [re.search(r'hx-get="\s*([^"]+/news[^"]*)"', page) for page in pages]
    polled = [html.unescape(each[1]).strip() for each in asked if each]
    if not polled:
        raise SystemExit("no page polls: the machine is too busy to measure anything")
    return polled


def measure(base: str, orders: list[str], instance: Path, rounds: int, count: int, stretch: float) -> Work:
    """Let so many browsers poll while the run is halted and let go on in turn, each for `stretch` seconds."""
    run = start_run(instance, before=["nice", "-n", "10"])
    store = Store(instance / "eksternstudium.sqlite")
    try:
        wait_until_asking(instance)
        seconds = POLL_SECONDS + 2 * rounds * stretch
        command = [*ENDS_WITH_US, sys.executable, __file__, "--poll", base, str(seconds), str(count)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as browsers:
            assert browsers.stdin is not None and browsers.stdout is not None
            browsers.stdin.write("\n".join(orders))
            browsers.stdin.close()
            browsers.stdout.readline()
            time.sleep(POLL_SECONDS)  # until all have begun
            stretches = []
            for place in range(2 * rounds):
                if place % 2:
                    run.send_signal(signal.SIGCONT)
                else:
                    with store.write():  # halted while it writes, it would hold up every page that leaves a trace
                        run.send_signal(signal.SIGSTOP)
                        os.waitid(os.P_PID, run.pid, os.WSTOPPED)
                stretches.append((bool(place % 2), time.time()))
                time.sleep(stretch)
            stretches.append((True, time.time()))
            if run.poll() is not None:
                raise SystemExit("the run ended too soon: take more --people or fewer --rounds")
            return report(json.load(browsers.stdout), stretches, count)
    finally:
        # Killed: it may be halted, and what it has written is thrown away.
        run.kill()
        run.communicate()
        store.close()


def wait_until_asking(instance: Path) -> None:
    """Wait until a run has been planned and the first answers are written."""
    store = Store(instance / "eksternstudium.sqlite")
    while not store.db.execute("SELECT sum(asked) FROM run_sources WHERE institution <> 158").fetchone()[0]:
        time.sleep(0.2)
    store.close()


def report(waits: list[tuple[float, float]], stretches: list[tuple[bool, float]], count: int) -> Work:
    """What each pair of stretches has been like, halted and running."""
    done = Work(f"pages' p99 during an import ({count} browsers)", "ms", [Goal(IDLE, most=GOAL)])
    medians = []
    for (running, since), (_, until) in pairwise(stretches):
        mine = [1000 * wait for began, wait in waits if since + EDGE_SECONDS <= began < until]
        if len(mine) < count:
            raise SystemExit("the machine is too busy: not all browsers have had an answer")
        cuts = statistics.quantiles(mine, n=100)
        done.add(OURS if running else IDLE, Sample(cuts[98]))
        medians += [] if running else [cuts[49]]
    if statistics.median(medians) > SATURATED_MS:
        print("the machine had no time for the browsers even without a run: the figures say little")
    # Ours stands first, though the first stretch was without.
    done.samples = {OURS: done.samples[OURS], IDLE: done.samples[IDLE]}
    return done


def works(rounds: int, quick: bool = False, people: int = 20_000) -> list[Work]:
    """The work of this bench; so many `people` that the run does not end before we do."""
    people, browsers, stretch = (1_000, 50, 4.0) if quick else (people, BROWSERS, STRETCH_SECONDS)
    with network(shelf_for(people), niceness=10) as addresses:
        each = QUICK_EACH if quick else ""
        instance = add_instance(FOLDER / "under-import", people, addresses, each, DEAD_SECONDS)
        with screens(instance) as base:
            wanted = (QUICK_ORDERS, QUICK_ORDERED_SECONDS) if quick else (ORDERS, ORDERED_SECONDS)
            orders = place_orders(base, *wanted)
            return [measure(base, orders, instance, rounds, browsers, stretch)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20_000, help="so many that the run does not end before we do")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--poll", nargs=3, help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.poll:
        base, seconds, count = wish.poll
        orders = sys.stdin.read().split()
        print(flush=True)
        json.dump(asyncio.run(poll(base, orders, float(seconds), int(count))), sys.stdout)
        return 0
    end_in_order()
    done = works(wish.rounds, people=wish.people)
    Console(width=180).print(table_of(done, "Screens while a run goes on"))
    return int(not all_met(done))


if __name__ == "__main__":
    sys.exit(main())
