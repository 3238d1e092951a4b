"""A run whose questions the workers of a Dask cluster put: real processes, that are killed in the middle of it."""

import pickle
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dask_cluster import dask_cluster
from runs import add_run, apply, number_of, rows_of
from serving import served
from webapp.config import Settings, SettingsFile
from webapp.errors import Refusal, SourceFailure
from webapp.fetching import cluster as cluster_module
from webapp.fetching import importing
from webapp.fetching.engines import Engine, engine_at
from webapp.fetching.importing import carry_out
from webapp.fetching.run_asking import Work
from webapp.fetching.worker_asking import ask_there, packed, take_in
from webapp.institutions import REGISTER
from webapp.model import Basis, Institution, Purpose, Question, RunState
from webapp.provider import create_provider
from webapp.provider.shelf import Shelf
from webapp.source_settings import ElmoPullSettings
from webapp.sources.elmo import meaning_digest, write
from webapp.sources.failures import StatusError
from webapp.store import Store
from webapp.store.institutions import remember
from webapp.store.run_work import RunFetch
from world import NOW, UIB, UIO, UIT, course, transcript

pytest.importorskip("distributed", reason="without eksternstudium[dask] there is no cluster")

PEOPLE, BATCH, SEATS = 300, 10, 3
SECRET = "SECRET_OF_A_SOURCE"
#: What is left of a run, without ids and instants.
ROWS = (
    """SELECT person_id, s.institution, r.key, code, grade, names FROM external_results r
    JOIN external_studies s ON s.id = study_id ORDER BY 1, 2, 3""",
    "SELECT person_id, institution, kind, fields FROM result_changes ORDER BY 1, 2, 3, 4",
    """SELECT institution, first_person, last_person, fetches.state, whole_outcome, count(answers.person_id)
    FROM fetches LEFT JOIN answers ON fetch_id = fetches.id GROUP BY fetches.id ORDER BY 1, 2, 3""",
    "SELECT institution, people, asked, found, no_results, failed FROM run_sources ORDER BY 1",
    "SELECT state, people, changed_people FROM runs",
)


@dataclass
class Network:
    """Three institutions. `asked_by`: with what secret each question came; `middle`: called once, at question 30;
    `most`: how many questions were out at once at each."""

    url: str = ""
    asked_by: list[str] = field(default_factory=list)
    middle: Callable[[], None] | None = None
    out: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path_factory.mktemp("network") / "shelf.sqlite")
    for institution in (UIB, UIO, UIT):
        shelf.add_institution(Institution(institution, REGISTER[institution].name))
        for place in range(institution % 3, PEOPLE, 3):
            said = transcript(course(f"C{place}"), number=number_of(place), institution=institution)
            shelf.put(institution, [number_of(place)], write(said, NOW), etag=meaning_digest(said))
    yield shelf
    shelf.close()


@pytest.fixture
def network(shelf: Shelf) -> Iterator[Network]:
    network, lock = Network(), threading.Lock()
    app = create_provider(shelf)

    inner: Callable[..., Iterable[bytes]] = app.wsgi_app

    def watched(environ: dict[str, str], start_response: object) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            return inner(environ, start_response)
        place = environ["PATH_INFO"].split("/")[1]
        with lock:
            network.asked_by.append(environ["HTTP_AUTHORIZATION"].removeprefix("Bearer "))
            network.out[place] = network.out.get(place, 0) + 1
            network.most[place] = max(network.most.get(place, 0), network.out[place])
            middle, network.middle = (network.middle, None) if len(network.asked_by) >= 30 else (None, network.middle)
        if middle:
            middle()
        time.sleep(0.02)
        whole = list(inner(environ, start_response))
        with lock:
            network.out[place] -= 1
        return whole

    app.wsgi_app = watched  # type: ignore[method-assign, assignment]
    with served(app) as url:
        network.url = url
        yield network


def run_over(network: Network, folder: Path, engine: Engine | None) -> list[tuple[object, ...]]:
    """Carry out a run of some hundred people on an instance of its own; what is left of it."""
    more = {"secret_env": SECRET, "seats": SEATS, "batch": BATCH}
    sources = tuple(ElmoPullSettings(institution=n, url=f"{network.url}/{n}", **more) for n in (UIB, UIO, UIT))
    settings = Settings(instance=folder, settings=SettingsFile(test_instance=True), sources=sources)
    store = Store(settings.database)
    with store.write() as db:
        remember(db, REGISTER.values())
    apply(store, PEOPLE)
    run = carry_out(store, settings, add_run(store), lambda: NOW, threading.Event(), engine=engine)
    rows = [row for sql in ROWS for row in rows_of(store, sql)]
    store.close()
    assert run.state is RunState.COMPLETE
    return rows


@pytest.fixture
def right(network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What threads leave of the run."""
    monkeypatch.setenv(SECRET, "ours")
    # The plan's chunks are compared: they must not depend on whether a busy machine has said in time what it takes.
    monkeypatch.setattr(importing, "PREPARE_SECONDS", 30.0)
    rows = run_over(network, tmp_path / "threads", None)
    assert len(rows) > PEOPLE
    network.asked_by.clear()
    network.most.clear()
    return rows


@pytest.mark.slow
def test_a_killed_worker_and_a_killed_scheduler_leave_the_rows_that_threads_leave(
    network: Network, right: list[tuple[object, ...]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with dask_cluster(2, tmp_path / "dask", **{SECRET: "theirs"}) as dask:
        with engine_at(dask.address) as engine:
            assert engine.processes == 2
            assert run_over(network, tmp_path / "undisturbed", engine) == right
            # Nobody here asked, each worker has its own secret, and no more was out at a source than it has seats:
            # more than one of them was, for the workers ask at the same time.
            assert set(network.asked_by) == {"theirs"}
            assert 1 < max(network.most.values()) <= SEATS

            network.asked_by.clear()
            network.middle = dask.workers[0].kill
            assert run_over(network, tmp_path / "worker", engine) == right
            assert set(network.asked_by) == {"theirs"}
            assert "the run goes on in threads" not in caplog.text

            network.asked_by.clear()
            network.middle = dask.scheduler.kill
            assert run_over(network, tmp_path / "scheduler", engine) == right
            # What the workers had not asked is asked here.
            assert set(network.asked_by) == {"theirs", "ours"}
            assert "the run goes on in threads" in caplog.text
        said = (tmp_path / "dask" / "dask.log").read_text()
    assert "theirs" not in said
    assert not any(number_of(place) in said for place in range(PEOPLE))


@pytest.mark.slow
def test_a_run_goes_on_in_threads_when_no_worker_is_left(
    network: Network,
    right: list[tuple[object, ...]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster_module, "WITHOUT_WORKERS_SECONDS", 0.5)
    monkeypatch.setattr(cluster_module, "LOOK_SECONDS", 0.2)
    with dask_cluster(1, tmp_path / "dask", **{SECRET: "theirs"}) as dask, engine_at(dask.address) as engine:
        network.middle = dask.workers[0].kill
        assert run_over(network, tmp_path / "worker", engine) == right
        assert set(network.asked_by) == {"theirs", "ours"}
        assert engine.processes == 1


def test_a_scheduler_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "CONNECT_SECONDS", 0.3)
    with pytest.raises(Refusal, match="Får ikke kontakt med Dask"), engine_at("tcp://127.0.0.1:9"):
        pass


def test_what_a_worker_cannot_do_is_a_failure_that_comes_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(tmp_path))
    monkeypatch.delenv(SECRET, raising=False)
    fetch = RunFetch(1, 1, UIO, 7, 7, None, Purpose.ADMISSION, Basis.CONSENT)
    question = Question((number_of(7),), Purpose.ADMISSION, Basis.CONSENT, "a request")
    sent = Work(fetch, left=[7], questions={7: question})
    assert number_of(7) not in repr(sent)
    settings = ElmoPullSettings(institution=UIO, url="http://127.0.0.1:9", secret_env=SECRET)
    take_in(sent, ask_there(packed(settings, 1, sent)))
    assert sent.trouble
    assert sent.trouble.failure is SourceFailure.WRONGLY_SET_UP
    assert SECRET in str(sent.trouble)
    assert (sent.left, sent.replies, sent.questions) == ([7], {}, {})
    overloaded = pickle.loads(pickle.dumps(StatusError(503, None, 7.0)))
    assert (overloaded.failure, overloaded.retry_after_seconds) == (SourceFailure.UNAVAILABLE, 7.0)
