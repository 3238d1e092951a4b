"""Applicants, and runs that order for them."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from webapp.config import Settings
from webapp.fetching import importing, pace
from webapp.fetching.importing import carry_out
from webapp.fetching.planning import Judging, plan
from webapp.identity import make_synthetic, parse
from webapp.model import Admission, Outcome, Question, Reply, Run, RunKind, RunWish, Season
from webapp.sources.elmo import write
from webapp.store import Store, as_text, people, runs
from webapp.store.admissions import remember_admission
from world import NOTHING, NOW, FakeSource, course, transcript

NOM = Admission(2027, Season.AUTUMN, "NOM", "Samordna opptak", True)
LOK = Admission(2027, Season.AUTUMN, "LOK", "Lokalt opptak", True)
EARLIER = NOW - timedelta(days=30)


def number_of(place: int) -> str:
    """The synthetic number of one of many people."""
    return make_synthetic(date(1960, 1, 1) + timedelta(days=place), 0)


def apply(
    store: Store, count: int = 1, admission: Admission = NOM, consent: datetime | None = EARLIER, first: int = 0
) -> list[int]:
    """Let so many people apply in an admission; those who are known apply once more. Returns their ids."""
    ids = []
    with store.write() as db:
        remember_admission(db, admission)
        for place in range(first, first + count):
            known = people.person_with_number(db, number_of(place))
            names = f"Kari {place}", "Nordmann"
            person_id = known.id if known else people.register(db, [parse(number_of(place))], *names, NOW)
            db.execute(
                """INSERT INTO applications (applicant_number, person_id, admission, consent_given_at)
                VALUES (?, ?, ?, ?)""",
                [f"{admission.type}{1000 + place}", person_id, admission.code, as_text(consent) if consent else None],
            )
            ids.append(person_id)
    return ids


def add_run(store: Store, kind: RunKind = RunKind.FULL, admission: str | None = None, by: str = "berg") -> int:
    """Add a forced run that waits."""
    with store.write() as db:
        return runs.add(db, RunWish(kind, NOW, by, admission))


def planned(
    store: Store, settings: Settings, kind: RunKind = RunKind.FULL, admission: str | None = None, now: datetime = NOW
) -> Run:
    """A run with its orders and fetches, of which nothing has been asked."""
    run_id = add_run(store, kind, admission)
    judging = Judging(store.db, settings, kind, now, now, admission)
    plan(store, run_of(store, run_id), judging, {})
    return run_of(store, run_id)


def run_of(store: Store, run_id: int) -> Run:
    """A run as it stands."""
    run = runs.run(store.db, run_id)
    assert run is not None
    return run


class Runner:
    """Carries out runs over sources that a test answers for."""

    def __init__(
        self, store: Store, settings: Settings, sources: dict[int, FakeSource], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.store = store
        self.settings = settings
        self.sources = sources
        self.now = NOW
        self.stopping = threading.Event()
        monkeypatch.setattr(importing, "open_sources", lambda *_, **__: sources)
        # No test waits as long as a real run does.
        monkeypatch.setattr(importing, "LOOK_SECONDS", 0.01)
        monkeypatch.setattr(pace, "DOWN_SECONDS", 0.0)
        monkeypatch.setattr(pace, "PROBE_SECONDS", 0.02)

    def clock(self) -> datetime:
        """The instant of the test."""
        return self.now

    def run(self, kind: RunKind = RunKind.FULL, admission: str | None = None) -> Run:
        """Add a run and carry it out."""
        return self.go_on(add_run(self.store, kind, admission))

    def go_on(self, run_id: int) -> Run:
        """Carry out a run, or go on with it."""
        return carry_out(self.store, self.settings, run_id, self.clock, self.stopping)

    def came(self, run: Run) -> dict[int, dict[str, int]]:
        """What came of a run at each institution, without zeros."""
        counted = (
            "people",
            "asked",
            "found",
            "nothing",
            "unchanged",
            "failed",
            "no_consent",
            "not_shared",
            "mismatch",
            "awaited",
        )
        return {
            source.institution: {name: getattr(source, name) for name in counted if getattr(source, name)}
            for source in runs.sources_of(self.store.db, run.id)
        }


def rows_of(store: Store, sql: str, *values: object) -> list[tuple[object, ...]]:
    """The rows of a query."""
    return list(store.db.execute(sql, values))


def having(*places: int, grade: str = "B") -> Callable[[Question], Reply]:
    """An institution that has a course on some of many people."""
    numbers = {number_of(place) for place in places}

    def answer(question: Question) -> Reply:
        if question.identifiers[0] not in numbers:
            return NOTHING
        said = transcript(course("MAT1100", grade), number=question.identifiers[0])
        tag = f"{question.identifiers[0]}-{grade}"
        if question.etag == tag:
            return Reply(Outcome.UNCHANGED, etag=tag)
        return Reply(Outcome.FOUND, said, write(said, NOW), tag)

    return answer
