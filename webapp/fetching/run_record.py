"""What a run writes of itself: what has come, what it gives up, how it goes, and its end."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlite_utils import Database

from webapp.config import Settings
from webapp.errors import SourceError, SourceFailure, SwitchedOff
from webapp.fetching.evenings import next_run
from webapp.fetching.run_asking import Work
from webapp.fetching.run_writing import Writer, write_work
from webapp.store import Store, run_work, runs


class RunRecord:
    """The record of one run, for the one thread that hands out the work. Its seconds count from `begin` on."""

    def __init__(self, store: Store, settings: Settings, run_id: int, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._settings = settings
        self._run_id = run_id
        self._clock = clock
        self._counted = time.monotonic()

    def begin(self) -> None:
        """The work begins now."""
        self._counted = time.monotonic()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What is handed over within is written by a thread of its own, in that order; raises what that fails with."""
        self._writer = Writer(self._store)
        try:
            yield
        finally:
            self._writer.close()

    def came(self, work: Work, certificate_until: datetime | None) -> None:
        """Hand over what came of a fetch, and until when the certificate is valid that its source showed."""
        self._writer.hand(
            lambda db: write_work(db, self._run_id, work, self._clock(), self._retry_at(), certificate_until)
        )

    def give_up(self, institution: int, trouble: SourceError) -> None:
        """Hand over that an institution is not asked on in this run, and why."""
        retry_at = self._retry_at(trouble.until) if isinstance(trouble, SwitchedOff) else self._retry_at()
        failure, cause = trouble.failure.value, str(trouble)
        self._writer.hand(
            lambda db: run_work.give_up(db, self._run_id, institution, failure, cause, self._clock(), retry_at)
        )

    def give_up_all(self, cause: str) -> None:
        """Write at once that nobody is asked on in this run."""
        with self._store.write() as db:
            failure = SourceFailure.STOPPED.value
            run_work.give_up(db, self._run_id, None, failure, cause, self._clock(), self._retry_at())

    def tell(self, paces: Sequence[tuple[int, int, bool]]) -> None:
        """Hand over how it goes: each institution with its seats and whether it is down."""
        seconds = self._uncounted()

        def told(db: Database) -> None:
            run_work.note_paces(db, self._run_id, paces, self._clock())
            runs.add_seconds(db, self._run_id, seconds)

        self._writer.hand(told)

    def count_seconds(self) -> None:
        """Write at once how long it has worked since it was told before."""
        with self._store.write() as db:
            runs.add_seconds(db, self._run_id, self._uncounted())

    def finish(self, *, stopped: bool) -> None:
        """Write the end: who was asked about is told on their applications, and the run has its final state."""
        now = self._clock()
        for people in run_work.people_told(self._store.db, self._run_id):
            with self._store.write() as db:
                run_work.tell_people(db, people, now)
        changed_people = run_work.changed_people(self._store.db, self._run_id)
        with self._store.write() as db:
            run_work.finish(db, self._run_id, changed_people, stopped=stopped, now=now)

    def _uncounted(self) -> float:
        """The seconds of work since this was asked before: they are told as they go, for a run that is broken off has
        worked too."""
        since, self._counted = self._counted, time.monotonic()
        return self._counted - since

    def _retry_at(self, after: datetime | None = None) -> datetime | None:
        """The next evening with a run, after an instant or after now, which asks for what is owed."""
        coming = next_run(self._settings, after or self._clock())
        return coming.at if coming else None
