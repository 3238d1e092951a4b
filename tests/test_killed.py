"""A process that is killed in the middle of a fetch loses nothing: the next start ends in the same rows."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.wrappers import Request

from serving import served
from webapp.institutions import REGISTER
from webapp.model import Institution, Result
from webapp.provider import create_provider
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import meaning_digest, write
from webapp.store import Store
from world import KARI_NUMBER, NOW, bachelor, course, transcript

INSTITUTIONS = [number for number, institution in REGISTER.items() if institution.merged_into is None][:12]
#: `make soak HOURS=1` kills at twenty moments; each takes five seconds.
MOMENTS = int(os.environ.get("MOMENTS", "6"))
#: How many columns the first query of `rows_in` has: a row of that length is an external result.
RESULT = 9


def results_of(number: int) -> tuple[Result, ...]:
    return bachelor(f"B{number}"), course(f"C{number}", parent=0), course(f"L{number}", year=number % 20 + 2000)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sources.toml of twelve institutions that take up to 0.4 s to answer."""
    shelf = Shelf(tmp_path_factory.mktemp("network") / "shelf.sqlite")
    for number in INSTITUTIONS:
        shelf.add_institution(Institution(number, REGISTER[number].name))
        said = transcript(*results_of(number), institution=number)
        shelf.put(number, [KARI_NUMBER], write(said, NOW), etag=meaning_digest(said))
    app = create_provider(shelf)
    chance = random.Random(1)
    inner: Callable[..., object] = app.wsgi_app

    def slow(environ: dict[str, object], start_response: object) -> object:
        if Request(environ).method == "POST":
            time.sleep(chance.uniform(0, 0.4))
        return inner(environ, start_response)

    app.wsgi_app = slow  # type: ignore[method-assign, assignment]
    with served(app) as url:
        yield "\n".join(
            f'[[source]]\ninstitution = {number}\nprotocol = "elmo-pull"\nurl = "{url}/{number}"\n'
            for number in INSTITUTIONS
        )
    shelf.close()


def start(instance: Path, network: str) -> subprocess.Popen[bytes]:
    instance.mkdir(exist_ok=True)
    (instance / "sources.toml").write_text(network)
    command = [
        Path(sys.executable).parent / "eksternstudium",
        "fetch",
        KARI_NUMBER,
        "--purpose",
        "recognition",
        "--reason",
        "Ringte",
        "--json",
    ]
    environment = os.environ | {"EKSTERNSTUDIUM_INSTANCE": str(instance)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def rows_in(instance: Path) -> list[tuple[object, ...]]:
    """Everything a caseworker could see, without ids and instants."""
    store = Store(instance / "eksternstudium.sqlite")
    rows: list[tuple[object, ...]] = []
    for sql in (
        """SELECT institution, r.key, r.ordinal, r.code, r.grade, r.names, r.position, p.key, r.gone_at
        FROM external_results r JOIN external_studies s ON s.id = r.study_id
        LEFT JOIN external_results p ON p.id = r.parent_id ORDER BY 1, 2, 3""",
        """SELECT c.institution, r.key, kind, fields FROM result_changes c JOIN external_results r ON r.id = result_id
        JOIN external_studies s ON s.id = study_id ORDER BY 1, 2, 3""",
        """SELECT institution, state, outcome, results FROM fetches JOIN answers ON fetch_id = fetches.id
        WHERE order_id = 1 ORDER BY 1""",
        "SELECT state FROM orders WHERE id = 1",
        "SELECT notice_id, institution FROM notice_institutions ORDER BY 1, 2",
        "SELECT given_names, family_name, number FROM people JOIN person_identifiers ON person_id = people.id",
    ):
        rows.extend(tuple(row) for row in store.db.execute(sql))
    store.close()
    return rows


def end(process: subprocess.Popen[bytes]) -> int:
    """Wait for a fetch to end by itself; its status."""
    _, complaint = process.communicate(timeout=60)
    assert complaint == b""
    return process.returncode


@dataclass(frozen=True)
class Undisturbed:
    """What a fetch that nobody kills ends in, and how many seconds it takes."""

    rows: list[tuple[object, ...]]
    seconds: float


@pytest.fixture(scope="module")
def undisturbed(network: str, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    instance = tmp_path_factory.mktemp("undisturbed")
    began = time.monotonic()
    assert end(start(instance, network)) == 0
    seconds = time.monotonic() - began
    rows = rows_in(instance)
    assert sum(len(results_of(number)) for number in INSTITUTIONS) == len([row for row in rows if len(row) == RESULT])
    return Undisturbed(rows, seconds)


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_killed_at_any_moment_and_started_again_ends_in_the_same_rows(
    moment: int, network: str, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    process = start(tmp_path, network)
    try:
        process.wait(timeout=random.Random(moment).uniform(0.2, 0.95) * undisturbed.seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    if process.returncode != 0:
        assert process.returncode == -signal.SIGKILL
        assert end(start(tmp_path, network)) == 0
    assert rows_in(tmp_path) == undisturbed.rows
