"""The figures for Prometheus: what they say of a world that is known."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from every_door import fill
from no_numbers import numbers_in
from webapp.house import House
from webapp.model import Person, RunState
from webapp.store import Store, as_text, runs, source_health
from webapp.web.fetch_counts import FetchCounts
from webapp.web.metrics import Metrics
from world import NOW, UIB, UIO, UIT, FakeSource

Figures = Mapping[tuple[str, ...], float]


def figures_of(told: bytes) -> Figures:
    """Each figure by its name and the values of its labels."""
    families = text_string_to_metric_families(told.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


@pytest.fixture
def figures(house: House, kari: Person, sources: dict[int, FakeSource]) -> Figures:
    """Of one of everything: Kari's results at UiO, and a run of which UiB failed."""
    metrics = Metrics(house)
    run_id = fill(house, kari, sources)["run_id"]
    assert isinstance(run_id, int)
    with house.store.write() as db:
        db.execute("UPDATE runs SET people = 11, seconds = 61.5, begun_at = ?", [as_text(NOW)])
        db.execute("UPDATE run_sources SET people = 11, asked = 4, failed = 1, found = 3 WHERE institution = ?", [UIB])
        db.execute("UPDATE run_sources SET down_since = ? WHERE institution = ?", [as_text(NOW), UIB])
        source_health.note_failed(db, UIB, NOW, "unavailable", "503")
    return figures_of(metrics.told())


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        (("eksternstudium_database_up",), 1),
        (("eksternstudium_waiting", "notices_unseen"), 1),
        (("eksternstudium_waiting", "applications_unhandled"), 1),
        (("eksternstudium_waiting", "runs"), 1),
        (("eksternstudium_waiting", "answers_set_aside"), 1),
        (("eksternstudium_oldest_notice_timestamp_seconds",), NOW.timestamp()),
        (("eksternstudium_fetches_total", str(UIO), "answered"), 1),
        (("eksternstudium_fetches_total", str(UIB), "failed"), 1),
        (("eksternstudium_fetch_seconds_bucket", str(UIO), "+Inf"), 1),
        (("eksternstudium_source_up", str(UIB)), 0),
        (("eksternstudium_source_up", str(UIT)), 1),
        (("eksternstudium_circuit_open", str(UIB)), 1),
        (("eksternstudium_run_people", str(UIB), "found"), 3),
        (("eksternstudium_run_people", str(UIB), "failed"), 1),
        (("eksternstudium_run_people", str(UIB), "waiting"), 7),
    ],
)
def test_the_figures_are_those_of_the_world(figures: Figures, figure: tuple[str, ...], value: float) -> None:
    assert figures[figure] == value


def test_the_last_run_of_a_kind_stays_in_the_figures(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    run_id = fill(house, kari, sources)["run_id"]
    with house.store.write() as db:
        db.execute("UPDATE runs SET people = 11, seconds = 61.5, begun_at = ?", [as_text(NOW)])
        runs.set_state(db, int(str(run_id)), RunState.INCOMPLETE, NOW)
    figures = figures_of(Metrics(house).told())
    assert figures["eksternstudium_runs_total", "full", "incomplete"] == 1
    assert figures["eksternstudium_last_run_timestamp_seconds", "full"] == NOW.timestamp()
    assert figures["eksternstudium_last_run_people", "full"] == 11
    assert figures["eksternstudium_last_run_seconds", "full"] == 61.5
    assert figures["eksternstudium_waiting", "runs"] == 0


def test_nobody_is_in_the_figures(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    fill(house, kari, sources)
    told = Metrics(house).told().decode()
    assert numbers_in(told) == []
    assert not [word for word in ("Nordmann", "Kari", "kberg", "NOM1001") if word in told]


def test_a_database_that_is_not_there_leaves_the_rest(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.store.write() as db:
        db.execute("ALTER TABLE notices RENAME TO gone")
    figures = figures_of(Metrics(house).told())
    assert figures["eksternstudium_database_up",] == 0
    assert figures["eksternstudium_database_bytes", "database"] > 0


def test_requests_are_counted_by_door_and_status(client: FlaskClient) -> None:
    client.get("/people/1")
    client.get("/nothing-here")
    client.open("/nothing-here", method="BREW")
    figures = figures_of(client.get("/metrics").data)
    assert figures["eksternstudium_http_requests_total", "person.show", "404"] == 1
    assert figures["eksternstudium_http_requests_total", "nowhere", "404"] == 2
    assert figures["eksternstudium_http_request_seconds_count", "person.show"] == 1


class Counted:
    """Questions to UiO, counted as time goes on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.now = NOW
        self._counts = FetchCounts(NOW)

    def answer(self, seconds: float = 1.0) -> None:
        with self._store.write() as db:
            source_health.note_answered(db, UIO, self.now, seconds)

    def forget(self) -> None:
        with self._store.write() as db:
            source_health.forget_before(db, self.now)

    def answered(self) -> int:
        tally = self._counts.read(self._store.db, self.now).get(UIO)
        return tally.answered if tally else 0


@pytest.fixture
def counted(store: Store) -> Iterator[Counted]:
    yield Counted(store)


def test_a_count_never_goes_down_though_the_database_forgets(counted: Counted) -> None:
    for hours in (0, 1, 1, 5, 0, 24 * 100):
        counted.now += timedelta(hours=hours)
        counted.answer()
        counted.answered()
    counted.forget()
    assert counted.answered() == 6
    counted.answer()
    assert counted.answered() == counted.answered() == 7


def test_times_stand_in_all_buckets_above_them(house: House) -> None:
    metrics = Metrics(house)
    with house.store.write() as db:
        for seconds in (0.2, 0.2, 4.0, 100.0):
            source_health.note_answered(db, UIO, NOW, seconds)
    figures = figures_of(metrics.told())
    name = "eksternstudium_fetch_seconds"
    counts = [figures[f"{name}_bucket", str(UIO), le] for le in ("0.1", "0.25", "2.5", "5", "30", "+Inf")]
    assert counts == [0, 2, 2, 3, 3, 4]
    assert figures[f"{name}_sum", str(UIO)] == pytest.approx(104.4, rel=0.09)
