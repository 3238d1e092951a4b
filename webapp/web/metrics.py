"""The figures of Prometheus: what docs/monitoring.md lists, counts and times without anybody in them.

Runs are carried out by processes of their own, so what they do is read from the database when somebody asks; requests
are counted here, where they are answered. Times are instants ("…_timestamp_seconds", since 1970) rather than ages: who
asks subtracts, and an alert needs no further figure.
"""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlite_utils import Database

from webapp.errors import DatabaseGone
from webapp.fetching.evenings import next_run
from webapp.house import House
from webapp.model import RunSource
from webapp.model.sources import seconds_of
from webapp.privacy.purging import PURGED_BY
from webapp.store import figures, runs, source_health, trace_chain
from webapp.upkeep.standing import standing
from webapp.web.fetch_counts import FetchCounts

PREFIX = "eksternstudium_"
#: In seconds. A page is to come within half of one; an answer of a source may take its whole time limit.
PAGE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
FETCH_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

#: The values of the labels, and the figure.
Values = Iterable[tuple[Sequence[str], float]]

disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """All figures of one application."""

    def __init__(self, house: House) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._registry.register(_OfHouse(house))
        self._requests = Counter(
            f"{PREFIX}http_requests", "Requests answered.", ("endpoint", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            f"{PREFIX}http_request_seconds",
            "Time from a request to its answer.",
            ("endpoint",),
            registry=self._registry,
            buckets=PAGE_BUCKETS,
        )

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Count a request; `endpoint` is the name of a route, or the same for all that lead nowhere."""
        self._requests.labels(endpoint, str(status)).inc()
        self._seconds.labels(endpoint).observe(seconds)

    def told(self) -> bytes:
        """All of them as they are now, in Prometheus' text format."""
        return generate_latest(self._registry)


class _OfHouse(Collector):
    """What an instance tells when it is asked."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._fetches = FetchCounts(house.clock())

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: names are found out when all is collected."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The figures; without those of the database where that does not answer."""
        yield from self._of_machine()
        try:
            self._house.store.check()
            found = list(self._of_database(self._house.store.db))
        except (sqlite3.Error, DatabaseGone):
            found = []
        yield _gauge("database_up", "Whether the database could be asked for these figures.", bool(found))
        yield from found

    def _of_machine(self) -> Iterator[Metric]:
        instance, database = self._house.settings.instance, self._house.settings.database
        yield _gauges("build_info", "The program.", ("version",), [((version("eksternstudium"),), 1)])
        files = {"database": database, "log": database.with_name(f"{database.name}-wal")}
        sizes = [((name,), file.stat().st_size) for name, file in files.items() if file.exists()]
        yield _gauges("database_bytes", "Size of the database's file, and of its write-ahead log.", ("file",), sizes)
        if instance.exists():
            yield _gauge(
                "disk_free_bytes", "Free on the disk of the instance folder.", shutil.disk_usage(instance).free
            )
        if (age := self._house.pulse.age) is not None:
            yield _gauge("clock_age_seconds", "Since the clock last looked after the runs.", age)

    def _of_database(self, db: Database) -> Iterator[Metric]:
        settings, now = self._house.settings, self._house.clock()
        waiting = [((what,), count) for what, count in figures.waiting(db).items()]
        yield _gauges("waiting", "What waits, by what it is.", ("what",), waiting)
        yield from _instant("oldest_notice", "When the oldest unseen notice was raised.", figures.oldest_notice(db))
        idle = settings.settings.idle
        yield _gauge("sessions", "Sessions of people that are open.", figures.sessions_open(db, now, idle))
        yield from self._of_runs(db)
        yield from self._of_sources(db, now)
        purged_at = figures.last_purge(db, PURGED_BY)
        stands = standing(settings.instance)
        made_at = stands.last_good.at if stands.last_good else None
        yield from _instant("last_backup", "When the last good backup was taken.", made_at)
        yield _gauge("backup_failed", "Whether the last attempt at one failed.", stands.failed is not None)
        yield from _instant("last_purge", "When the purge of the night last came to its end.", purged_at)
        if noted := trace_chain.last_noted(db):
            at, verdict = noted
            yield from _instant("trace_verified", "When the trace was verified last.", at)
            yield _gauge("trace_sound", "Whether that found nothing.", verdict.fault is None)

    def _of_runs(self, db: Database) -> Iterator[Metric]:
        mark = runs.dealt_with_until(db)
        if mark and (due := next_run(self._house.settings, mark)):
            told = "The first evening with a run that the clock has not dealt with: in the past, it was missed."
            yield from _instant("evening_due", told, due.at)
        ended = CounterMetricFamily(f"{PREFIX}runs", "Runs of FS154.001 that have ended.", labels=("kind", "state"))
        for labels, count in figures.runs_ended(db).items():
            ended.add_metric(labels, count)
        yield ended
        last = figures.last_runs(db)
        ends = [((kind,), run.finished_at.timestamp()) for kind, run in last.items() if run.finished_at]
        yield _gauges("last_run_timestamp_seconds", "When the last run of a kind ended.", ("kind",), ends)
        for name, told in {
            "seconds": "How long the last run of a kind worked.",
            "people": "How many people it was about.",
            "changed_people": "For how many of them something changed.",
        }.items():
            values = [((kind,), getattr(run, name)) for kind, run in last.items()]
            yield _gauges(f"last_run_{name}", told, ("kind",), values)
        if begun := figures.last_begun(db):
            came = [
                ((str(source.institution), outcome), people)
                for source in runs.sources_of(db, begun.id)
                for outcome, people in _outcomes(source).items()
            ]
            told = "People of the latest run by what came of them at each institution; waiting: not answered yet."
            yield _gauges("run_people", told, ("institution", "outcome"), came)

    def _of_sources(self, db: Database, now: datetime) -> Iterator[Metric]:
        sources, health = self._house.settings.asked, source_health.health(db)
        off, broken = self._house.settings.switched_off(now), set(figures.circuits_open(db))
        known = {source.institution: health.get(source.institution) for source in sources}
        up = {n: each is None or each.failing_since is None for n, each in known.items()}
        yield _by_institution("source_up", "Whether a source answered when it was asked last, or never was.", up)
        switched = {n: n in off for n in known}
        yield _by_institution("source_off", "Whether a source is switched off just now.", switched)
        circuits = {n: n in broken for n in known}
        yield _by_institution("circuit_open", "Whether the run at work leaves a source alone as it is down.", circuits)
        ends = {n: each.certificate_until.timestamp() for n, each in known.items() if each and each.certificate_until}
        yield _by_institution("certificate_end_timestamp_seconds", "The end of a source's certificate.", ends)
        asked = CounterMetricFamily(
            f"{PREFIX}fetches", "Questions put to sources, by what became of them.", labels=("institution", "outcome")
        )
        took = HistogramMetricFamily(
            f"{PREFIX}fetch_seconds", "Time that answers of a source took, to 9 %.", labels=("institution",)
        )
        for n, tally in sorted(self._fetches.read(db, now).items()):
            asked.add_metric((str(n), "answered"), tally.answered)
            asked.add_metric((str(n), "failed"), tally.failed)
            buckets, total = _histogram(tally.times)
            took.add_metric((str(n),), buckets, total)
        yield from (asked, took)


def _outcomes(source: RunSource) -> Mapping[str, int]:
    return {
        "found": source.found,
        "nothing": source.nothing,
        "unchanged": source.unchanged,
        "failed": source.failed,
        "no-consent": source.no_consent,
        "not-shared": source.not_shared,
        "mismatch": source.mismatch,
        "awaited": source.awaited,
        "waiting": source.people - source.asked,
    }


def _histogram(times: Mapping[int, int]) -> tuple[list[tuple[str, float]], float]:
    """The buckets of Prometheus, each with all that is in those below it, and the sum of all times in seconds."""
    seconds = {bucket: seconds_of(bucket) for bucket in times}
    bounds = [*FETCH_BUCKETS, float("inf")]
    counts = [sum(n for bucket, n in times.items() if seconds[bucket] <= bound) for bound in bounds]
    names = [*map(str, FETCH_BUCKETS), "+Inf"]
    return list(zip(names, map(float, counts), strict=True)), sum(seconds[bucket] * n for bucket, n in times.items())


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}{name}", told, value=float(value))


def _gauges(name: str, told: str, labels: tuple[str, ...], values: Values) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}{name}", told, labels=labels)
    for of, value in values:
        family.add_metric(of, value)
    return family


def _by_institution(name: str, told: str, values: Mapping[int, float]) -> Metric:
    return _gauges(name, told, ("institution",), [((str(n),), value) for n, value in values.items()])


def _instant(name: str, told: str, at: datetime | None) -> Iterator[Metric]:
    """An instant; nothing where there was none."""
    if at is not None:
        yield _gauge(f"{name}_timestamp_seconds", told, at.timestamp())
