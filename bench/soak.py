"""The long run: a day's mixed load in ten minutes, and whether memory, threads, handles and the database stay flat.

A real `serve`, in which what comes once a day comes once a minute, with the demo network behind it. Caseworkers sign in
and out, press the button about the same people again and again, follow their orders, open pages, search, and take out
files and PDFs. Each day brings a full and a delta run by the child of the screens, one from a terminal, two files,
sources that hang and one that comes and goes, an erasure, and at night the purge, which writes the file anew, the
verification of the trace, and a backup. The sources say the same each time, so the results stay as they are, and the
database may grow by its logs only.

What is compared is the medians of the first and the last quarter, in whole days, and of handles the most; before them a
few days pass in which everything has its first time. Status 1 when something is not flat, a page failed, or the screens
did not stop in time.

    python bench/soak.py --minutes 10
"""

import argparse
import logging
import multiprocessing
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from measured_runs import FOLDER, add_instance, network, shelf_for
from processes import ENDS_WITH_US, end_in_order, peak_mb
from rich.console import Console
from rich.table import Column, Table
from soak_load import Browser, Day, Told, add_user, work
from table import met

from webapp.demo import lay_beside, sources_toml
from webapp.store import Store

PEOPLE, CASEWORKERS = 60, 5
#: Each of the eight threads of the screens has some two hundred queries to prepare for the first time.
WARM_UP_DAYS = 5
LOOK_SECONDS = 1.0
#: Delays of the sources, beside those of the demo; and how long the dead one is waited for.
LATENCY_SCALE, DEAD_SECONDS = 0.1, 2.0
FLAT, STOP_SECONDS = 1.05, 10.0
#: What must not grow when everybody is asked anew and the answers are the same. The answers themselves are kept once
#: each; one source answers about somebody else, now this one and now that.
STEADY = (
    "people", "person_identifiers", "applications", "cases", "external_studies", "external_results", "result_changes",
    "notices", "uploads",
)  # fmt: skip
SETTINGS = """
[sign_in]
local = true
secret_file = "secret"

[limits]
searches = 100000
exports = 100000
documents = 100000
"""


@dataclass(frozen=True)
class Look:
    """What the screens' process took at a moment, and the database beside it."""

    at: float
    memory_mb: float
    threads: int
    handles: int
    log_mb: float


class Watcher:
    """Looks at a process again and again, and at what is started beside it."""

    def __init__(self, server: int, database: Path) -> None:
        self.looks: list[Look] = []
        #: Of each process beside it, what it is, when it was seen first, and the most memory that it took, in MB.
        self.beside: dict[int, tuple[str, float, float]] = {}
        self._server, self._log = server, database.with_name(f"{database.name}-wal")

    def watch(self, over: threading.Event) -> None:
        """Look until it is over."""
        while not over.wait(LOOK_SECONDS):
            for thread in Path(f"/proc/{self._server}/task").iterdir():
                with suppress(OSError):  # it has ended
                    for pid in (thread / "children").read_text().split():
                        self.see("run, of the screens", int(pid))
            self.looks.append(self._look())

    def see(self, name: str, pid: int) -> None:
        """Note how much memory a process beside the screens has taken."""
        _, since, most = self.beside.get(pid, ("", time.monotonic(), 0.0))
        self.beside[pid] = name, since, max(most, peak_mb(pid))

    def run(self, arguments: Sequence[str]) -> int:
        """Run a command of `eksternstudium` to its end, looking at it; returns its status."""
        nothing, command = subprocess.DEVNULL, [*ENDS_WITH_US, sys.executable, "-m", "webapp", *arguments]
        environment = os.environ | {"EKSTERNSTUDIUM_INSTANCE": str(self._log.parent)}
        with subprocess.Popen(command, env=environment, stdout=nothing, stderr=nothing) as process:
            while process.poll() is None:
                self.see(f"{arguments[0]}, from a terminal", process.pid)
                time.sleep(0.1)
        return process.returncode

    def _look(self) -> Look:
        status = Path(f"/proc/{self._server}/status").read_text().splitlines()
        facts = {name: value.split()[0] for name, _, value in (line.partition(":") for line in status) if value.strip()}
        handles = len(list(Path(f"/proc/{self._server}/fd").iterdir()))
        size = self._log.stat().st_size if self._log.exists() else 0
        return Look(time.monotonic(), int(facts["VmRSS"]) / 1024, int(facts["Threads"]), handles, size / 2**20)


@dataclass(frozen=True)
class Size:
    """Rows and bytes of each table, its indexes with it, and how many bytes of the file are free."""

    rows: Mapping[str, int]
    size: Mapping[str, int]
    free: int


def size_of(database: Path) -> Size:
    store = Store(database)
    sql = """SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master AS known ON known.name = dbstat.name
        GROUP BY tbl_name"""
    size = dict(store.db.execute(sql).fetchall())
    rows = {name: store.db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in size}
    (free,) = store.db.execute(
        "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"
    ).fetchone()
    store.close()
    return Size(rows, size, free)


@contextmanager
def short_days(instance: Path, day_seconds: float) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The screens with their short days; gives their address and the process."""
    script = str(Path(__file__).with_name("short_days.py"))
    command = [*ENDS_WITH_US, sys.executable, script, str(day_seconds), "--port", "0"]
    environment = os.environ | {"EKSTERNSTUDIUM_INSTANCE": str(instance)}
    log = (instance / "serve.log").open("w")
    with log, subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1].rstrip("/"), server
        finally:
            server.kill()


def soak(minutes: float, day_seconds: float) -> bool:
    """Let it all happen for so long, and print what came of it; whether every goal is met."""
    shelf = shelf_for(PEOPLE + 1)
    with network(shelf, latency_scale=LATENCY_SCALE) as addresses:
        (sources,) = (child.pid or 0 for child in multiprocessing.active_children())
        instance = add_instance(FOLDER / "soak", PEOPLE, addresses)
        # Each in its own way: by ELMO pull, GraphQL, as a database, and as files.
        mixed, dead = (
            sources_toml(addresses.base_url, addresses.dead_url, lay_beside(shelf)),
            f'url = "{addresses.dead_url}/',
        )
        (instance / "sources.toml").write_text(mixed.replace(dead, f"timeout_seconds = {DEAD_SECONDS}\n{dead}"))
        with (instance / "settings.toml").open("a") as settings:
            settings.write(SETTINGS)
        (instance / "secret").write_text("s" * 32)
        secrets = {f"soaker{place}": add_user(instance, f"soaker{place}") for place in range(CASEWORKERS + 1)}
        database, told = instance / "eksternstudium.sqlite", Told()
        with short_days(instance, day_seconds) as (base, server):
            watcher = Watcher(server.pid, database)
            mine, *others = (Browser(base, name, secret, told) for name, secret in secrets.items())
            halts = {True: signal.SIGSTOP, False: signal.SIGCONT}
            day = Day(mine, instance, PEOPLE, lambda halt: os.kill(sources, halts[halt]), told, watcher.run)
            with busy(watcher, others) as over:
                for _ in range(WARM_UP_DAYS):
                    day.pass_by(day_seconds, over)
                began, before = time.monotonic(), size_of(database)
                while time.monotonic() < began + 60 * minutes:
                    day.pass_by(day_seconds, over)
                after = size_of(database)
            stops_well = stop(server)
    print("done: " + ", ".join(f"{count:,} {what}" for what, count in sorted(told.done.items())))
    print("went wrong: " + (", ".join(f"{count} × {what}" for what, count in told.wrong.items()) or "nothing"))
    return report(watcher, began, day_seconds, before, after) and stops_well and not told.wrong


@contextmanager
def busy(watcher: Watcher, browsers: Sequence[Browser]) -> Iterator[threading.Event]:
    """Caseworkers at work who are watched; gives what ends it."""
    over = threading.Event()
    threads = [threading.Thread(target=watcher.watch, args=[over])]
    threads += [threading.Thread(target=work, args=[each, PEOPLE, seed, over]) for seed, each in enumerate(browsers)]
    for thread in threads:
        thread.start()
    try:
        yield over
    finally:
        over.set()
        for thread in threads:
            thread.join()


def stop(server: subprocess.Popen[str]) -> bool:
    """Stop the screens, and say whether they did so well and in time."""
    began = time.monotonic()
    server.terminate()
    status = server.wait(60)
    seconds = time.monotonic() - began
    is_well = status == 0 and seconds <= STOP_SECONDS
    print(f"stopped in {seconds:.1f} s with status {status}: {met(is_well)}")
    return is_well


def report(watcher: Watcher, began: float, day_seconds: float, before: Size, after: Size) -> bool:
    """Print the table of the quarters and that of the database; whether every goal is met."""
    looks = [look for look in watcher.looks if look.at >= began]
    quarter = max(1, (looks[-1].at - began) // (4 * day_seconds)) * day_seconds
    first, last = began + quarter, looks[-1].at - quarter
    headings = ("", "first quarter", "last quarter", "ratio", "goal", "")
    table = Table(*(Column(heading, justify="right" if heading else "left") for heading in headings))
    flat = []

    def add(
        name: str,
        figures: Sequence[tuple[float, float]],
        most: float | None,
        of: Callable[[Iterable[float]], float] = statistics.median,
    ) -> None:
        a = of([figure for at, figure in figures if at <= first] or [0])
        b = of([figure for at, figure in figures if at >= last] or [0])
        if most is not None:
            flat.append(b <= a * most)
        goal = "" if most is None else "no more" if most == 1 else f"≤ {most:g}"
        shown = "" if most is None else met(flat[-1])
        table.add_row(name, f"{a:,.1f}", f"{b:,.1f}", f"{b / a:.3f}" if a else "", goal, shown)

    add("screens: memory, MB", [(look.at, look.memory_mb) for look in looks], FLAT)
    add("screens: threads", [(look.at, look.threads) for look in looks], 1)
    # They come by the hundred with each crowd, and go half a minute later.
    add("screens: most handles", [(look.at, look.handles) for look in looks], FLAT, max)
    for name in sorted({name for name, _, _ in watcher.beside.values()}):
        peaks = [(at, most) for what, at, most in watcher.beside.values() if what == name and at >= began]
        add(f"{name}: most memory, MB", peaks, FLAT)
    add("write-ahead log, MB", [(look.at, look.log_mb) for look in looks], None)
    Console(width=140).print(table)
    return print_growth(before, after) and all(flat)


def print_growth(before: Size, after: Size) -> bool:
    """Print what the database grew by, table by table; whether only its logs did."""
    table = Table(
        "table", *(Column(heading, justify="right") for heading in ("rows", "more", "kB more", "bytes a row"))
    )
    for name, size in sorted(after.size.items(), key=lambda one: before.size.get(one[0], 0) - one[1]):
        rows, more = after.rows[name] - before.rows.get(name, 0), size - before.size.get(name, 0)
        if rows or more > 0:
            each = f"{more / rows:,.0f}" if rows > 0 else ""
            table.add_row(name, f"{after.rows[name]:,}", f"{rows:+,}", f"{more / 1024:,.0f}", each)
    Console(width=140).print(table)
    grown = [name for name in STEADY if after.rows[name] > before.rows[name]]
    free = (after.free - before.free) / 1024
    print(f"free pages: {free:+,.0f} kB; only logs grow: {met(not grown)} {' '.join(grown)}")
    return not grown


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--day", type=float, default=60.0, help="how many seconds a day lasts")
    wish = parser.parse_args()
    end_in_order()
    logging.disable(logging.WARNING)
    shutil.rmtree(FOLDER / "soak", ignore_errors=True)
    return int(not soak(wish.minutes, wish.day))


if __name__ == "__main__":
    sys.exit(main())
