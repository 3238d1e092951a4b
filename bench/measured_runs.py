"""What the benches of runs stand on: the demo network without delays, instances of applicants, and measured runs."""

import json
import logging
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from large_instance import add_people
from processes import ENDS_WITH_US, end_with, measured

from webapp.demo import NETWORK_TOML, prepare_network, serve_network, sources_toml
from webapp.demo.serve import Addresses
from webapp.institutions import REGISTER
from webapp.store import Store, as_text
from webapp.store.institutions import remember

FOLDER = Path(__file__).parent.parent / ".bench"
#: Where a run writes rows.
TABLES = (
    "run_applicants",
    "order_people",
    "fetches",
    "answers",
    "payloads",
    "external_studies",
    "external_results",
    "result_changes",
    "notices",
)


def shelf_for(people: int) -> Path:
    """The shelf of a network that knows so many people; it is built when it is not there, some 2 ms for each."""
    began = time.monotonic()
    shelf = prepare_network(FOLDER / "network" / str(people), people=people)
    if (seconds := time.monotonic() - began) > 1:
        print(f"built a network that knows {people:,} people in {seconds:.0f} s")
    return shelf


@contextmanager
def network(shelf: Path, niceness: int = 0, latency_scale: float = 0.0) -> Iterator[Addresses]:
    """The demo network in a process of its own, on ports that the system has found free; it ends when we do.

    `latency_scale` multiplies its delays: with 0 all but the dead institution answer at once.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(shelf, theirs, niceness, latency_scale), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(shelf: Path, parent: Connection, niceness: int, latency_scale: float) -> None:
    os.nice(niceness)
    logging.disable(logging.WARNING)  # questions that wait for a thread, which is what benches make
    end_with(parent)
    serve_network(shelf, ready=parent.send, latency_scale=latency_scale)


def add_instance(
    folder: Path,
    people: int,
    addresses: Addresses,
    each_source: str = "",
    dead_seconds: float = 10.0,
    without: Collection[int] = (),
) -> Path:
    """An instance where so many people of the network have applied, each once and with a consent.

    `each_source`: a line of sources.toml for all of them; `dead_seconds`: how long the dead institution is waited for;
    `without`: institutions that are not asked.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    head, *each = sources_toml(addresses.base_url, addresses.dead_url).split("[[source]]\n")
    left_out = {f"institution = {number}" for number in without}
    sources = "[[source]]\n".join([head, *(one for one in each if one.partition("\n")[0] not in left_out)])
    sources = sources.replace("[[source]]\n", f"[[source]]\n{each_source}\n")
    dead = f'url = "{addresses.dead_url}/'
    (folder / "sources.toml").write_text(sources.replace(dead, f"timeout_seconds = {dead_seconds}\n{dead}"))
    (folder / "settings.toml").write_text("test_instance = true\n" + NETWORK_TOML)
    store, now = Store(folder / "eksternstudium.sqlite"), datetime.now(UTC)
    # An admission is open until a day of its year: one of next year always is.
    admission = f"{now.year + 1}-HØST-NOM"
    with store.write() as db:
        remember(db, REGISTER.values())
        db.execute(
            """INSERT INTO admissions (code, year, season, type, processing_phase) VALUES (?, ?, 'HØST', 'NOM', 'J')""",
            [admission, now.year + 1],
        )
        add_people(db, people)
        db.conn.executemany(
            "INSERT INTO applications (applicant_number, person_id, admission, consent_given_at) VALUES (?, ?, ?, ?)",
            ((f"NOM{id:06}", id, admission, as_text(now - timedelta(days=30))) for id in range(1, people + 1)),
        )
    store.close()
    return folder


def run_command() -> list[str]:
    """`eksternstudium run full`; a run that was broken off goes on."""
    return [sys.executable, "-m", "webapp", "run", "full", "--json"]


def start_run(instance: Path, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    """A full run as a process. `before`: what stands before its command."""
    environment = os.environ | {"EKSTERNSTUDIUM_INSTANCE": str(instance)}
    return subprocess.Popen(
        [*ENDS_WITH_US, *before, *run_command()], env=environment, stdout=subprocess.PIPE, text=True
    )


@contextmanager
def screens(instance: Path) -> Iterator[str]:
    """The screens of an instance, in a process of their own; gives their address."""
    command = [*ENDS_WITH_US, sys.executable, "-m", "webapp", "serve", "--port", "0"]
    environment = os.environ | {"EKSTERNSTUDIUM_INSTANCE": str(instance)}
    log = (instance / "serve.log").open("w")  # institutions that fail fill it
    with log, subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1].rstrip("/")
        finally:
            # Not in order: then it would wait for what it asks, of the dead institution for a minute.
            server.kill()


@dataclass(frozen=True)
class Measured:
    """A run by its own report, and what its process took. `look_ups`: questions about one person that a source has
    answered; `rows`: how many rows each table has at the end."""

    report: dict[str, Any]
    seconds: float
    cpu_seconds: float
    peak_mb: float
    look_ups: int
    rows: Mapping[str, int]
    database_mb: float

    @property
    def rate(self) -> float:
        """Look-ups per CPU-second."""
        return self.look_ups / self.cpu_seconds


def measured_run(instance: Path) -> Measured:
    """Carry out a full run in a process of its own."""
    ended = measured(run_command(), {"EKSTERNSTUDIUM_INSTANCE": str(instance)})
    report = json.loads(ended.said)
    store = Store(instance / "eksternstudium.sqlite")
    sql = "SELECT sum(asked - failed - not_shared) FROM run_sources WHERE run_id = ?"
    (look_ups,) = store.db.execute(sql, [report["run"]]).fetchone()
    rows = {table: store.db[table].count for table in TABLES}
    store.close()
    size = (instance / "eksternstudium.sqlite").stat().st_size / 2**20
    return Measured(report, ended.seconds, ended.cpu_seconds, ended.peak_mb, look_ups, rows, size)


_FACTS = """r.source, r.key, r.ordinal, r.category, r.code, r.version, r.names, r.thesis_titles, r.term_year,
    r.term_season, r.term_derived, r.date, r.credits, r.credit_scheme, r.grade, r.grading_scheme, r.level_scheme,
    r.level, r.nus, r.url, r.source_key, r.original_institution"""
#: What a caseworker can see of the first so many people, without ids and instants. A person's id is a place among them.
_SEEN = (
    f"""SELECT 'result', person_id, s.institution, {_FACTS}, p.key, r.position,
        r.gone_at IS NULL
    FROM external_results r JOIN external_studies s ON s.id = r.study_id LEFT JOIN external_results p
        ON p.id = r.parent_id WHERE person_id <= ?""",
    """SELECT 'change', person_id, c.institution, r.key, r.ordinal, kind, fields FROM result_changes c
    JOIN external_results r ON r.id = result_id WHERE person_id <= ?""",
    """SELECT 'notice', person_id, institution, seen_at IS NULL FROM notices
    JOIN notice_institutions ON notice_id = notices.id WHERE person_id <= ?""",
    "SELECT 'application', person_id, applicant_number, unhandled FROM applications WHERE person_id <= ?",
)
#: What came back about each person of a run's orders from each institution, told as the schema says; "before": as it
#: was before.
CAME = """SELECT orders.run_id, order_people.person_id, institution, coalesce(
        (SELECT outcome FROM answers WHERE fetch_id = fetches.id AND person_id = order_people.person_id),
        whole_outcome, 'before') AS outcome
    FROM orders JOIN fetches ON fetches.order_id = orders.id JOIN order_people ON order_people.order_id = orders.id
        AND order_people.person_id BETWEEN first_person AND last_person
        AND (people IS NULL OR order_people.person_id IN (SELECT value FROM json_each(people)))"""


def seen_of(instance: Path, people: int) -> list[tuple[object, ...]]:
    """Everything that a caseworker can see of the first so many people, without ids and instants."""
    store = Store(instance / "eksternstudium.sqlite")
    rows = [tuple(row) for sql in _SEEN for row in store.db.execute(sql, [people])]
    store.close()
    return sorted(rows, key=repr)


def came_of(instance: Path, people: int) -> list[tuple[int, int, str]]:
    """What came back about each of the first so many people from each institution, in all orders."""
    store = Store(instance / "eksternstudium.sqlite")
    sql = f"SELECT person_id, institution, outcome FROM ({CAME}) WHERE person_id <= ?"
    rows = [tuple(row) for row in store.db.execute(sql, [people])]
    store.close()
    return sorted(rows)
