"""Carrying out a run of FS154.001: every source at its own pace, one writer, and nothing lost when it is broken off.

A run alone holds the lock of the runs, so its fetches need no claim: one is queued until all that came of it is
written, in one transaction. Whatever kills the process, the next one goes on with those that are queued.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import closing, nullcontext
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue

from webapp.config import Settings
from webapp.errors import SourceError, SourceFailure
from webapp.fetching.engines import MOST_THREADS, Engine, Threads
from webapp.fetching.pace import Pace
from webapp.fetching.planning import CHUNK_OF_SINGLES, Judging, mark_asked, plan
from webapp.fetching.run_asking import Preparer, Work
from webapp.fetching.run_lanes import Lane
from webapp.fetching.run_record import RunRecord
from webapp.fetching.run_telling import tell
from webapp.model import Run, RunState
from webapp.sources.catalogue import Source, certificate_of, open_sources
from webapp.store import Store, run_plans, run_work, runs, source_health

log = logging.getLogger(__name__)

#: About so many people in all questions of a process are under way, whatever the sources take at once, for they lie in
#: memory; and so many of one source, so that some slow ones do not keep the others waiting.
MOST_PEOPLE, MOST_PEOPLE_OF_ONE = 5000, 500
#: How long the run waits for something to happen before it looks around, and how often it tells how it goes.
LOOK_SECONDS, TELL_SECONDS = 0.05, 1.0
#: The plan waits so long for the sources to say how many people they take at once.
PREPARE_SECONDS = 1.0
#: A stop waits so long for questions under way before their connections are closed; in all it has ten seconds.
STOP_SECONDS = 3.0


class Importing:
    """One run at work, from its plan to its end, in the thread that calls it."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        run: Run,
        clock: Callable[[], datetime],
        stopping: threading.Event,
        engine: Engine,
    ) -> None:
        self._store = store
        self._settings = settings
        self._run = run
        self._clock = clock
        self._stopping = stopping
        self._stopped = False
        self._halt = threading.Event()
        self._under_way = self._people_under_way = 0
        self._sources: Mapping[int, Source] = open_sources(settings, attempts=1)
        self._happened: SimpleQueue[Callable[[float], None]] = SimpleQueue()
        self._engine = engine
        self._source_settings = {source.institution: source for source in settings.sources}
        self._preparer = Preparer(store, clock)
        self._record = RunRecord(store, settings, run.id, clock)
        self._lanes: Mapping[int, Lane] = {
            source.institution: Lane(source.institution, self._sources.get(source.institution), Pace(source.seats))
            for source in settings.sources
        }

    def carry_out(self, at: datetime | None) -> None:
        """Plan the run if that is not done, ask, write, and bring it to its end, unless it is to stop before."""
        self._record.begin()
        try:
            self._prepare()
            if self._run.state is RunState.WAITING and not self._stopping.is_set():
                now = self._clock()
                judging = Judging(self._store.db, self._settings, self._run.kind, at or now, now, self._run.admission)
                plan(self._store, self._run, judging, self._chunks())
            elif self._run.begun_at is not None:
                mark_asked(self._store, self._run.id, self._run.begun_at)
                self._give_up_outlived()
            if not self._stopping.is_set():
                self._work()
        finally:
            self._close()
            self._record.count_seconds()
        if not self._stopping.is_set():
            self._record.finish(stopped=self._stopped)

    def _give_up_outlived(self) -> None:
        """A run of the clock that was broken off for so long that an admission of it has been closed does not ask on:
        the next one judges anew who is owed an answer."""
        now, db = self._clock(), self._store.db
        judging = Judging(db, self._settings, self._run.kind, now, now)
        if not self._run.forced and not run_plans.admissions_of(db, self._run.id) <= set(judging.open):
            log.warning("run %d: an admission was closed meanwhile: the rest is not asked about", self._run.id)
            self._record.give_up_all("an admission was closed meanwhile")

    def _prepare(self) -> None:
        """Ask each source how many people it takes at once. One that has not said so yet is down until it does; the
        plan does not wait for one that has done nothing but fail lately."""
        ends = time.monotonic() + PREPARE_SECONDS
        failing = {n for n, each in source_health.health(self._store.db).items() if each.failing_since is not None}
        off = self._settings.switched_off(self._clock())
        for lane in self._lanes.values():
            if lane.source is not None:
                if lane.institution in failing:
                    lane.pace.known_down(time.monotonic())
                else:
                    lane.pace.unknown()
                if lane.institution not in off:
                    self._probe(lane, lane.source)
        while (
            any(lane.is_probing and not lane.pace.is_known_down for lane in self._lanes.values())
            and time.monotonic() < ends
            and not self._stopping.is_set()
        ):
            self._await(LOOK_SECONDS)

    def _chunks(self) -> Mapping[int, int]:
        known = {n: source.batch for n, source in self._sources.items() if not self._lanes[n].pace.is_down}
        return {n: batch if batch > 1 else CHUNK_OF_SINGLES for n, batch in known.items()}

    def _work(self) -> None:
        left = run_work.institutions_left(self._store.db, self._run.id)
        lanes = [self._lanes.get(n) or Lane(n, None, Pace(1)) for n in left]
        told = time.monotonic()
        with self._record.writing():
            self._switch_off(lanes)
            while not self._stopping.is_set() and not self._stopped and not all(lane.is_done for lane in lanes):
                lanes.append(lanes.pop(0))  # each goes first in its turn
                for lane in lanes:
                    self._hand_out(lane)
                self._await(LOOK_SECONDS)
                if time.monotonic() - told >= TELL_SECONDS:
                    told = time.monotonic()
                    self._tell(lanes)
                    self._stopped = run_work.stopped_by(self._store.db, self._run.id) is not None
                    self._switch_off(lanes)
                self._end_lanes(lanes)
            self._halt.set()
            self._bring_home(lanes)
            self._tell(lanes)

    def _switch_off(self, lanes: list[Lane]) -> None:
        """Ask no more where a source is to be left alone from now on. Once it is, it is in this run: who is owed an
        answer is so by the plan of the next."""
        off = self._settings.switched_off(self._clock())
        for lane in lanes:
            lane.off = lane.off or off.get(lane.institution)

    def _hand_out(self, lane: Lane) -> None:
        """Put as many questions to a source as its pace allows."""
        if lane.off:
            return
        now = time.monotonic()
        if lane.source is not None and lane.pace.must_probe(now):
            self._probe(lane, lane.source)
        while lane.source is not None and lane.pace.may_ask(now) and self._has_room(lane):
            work = lane.next(self._store.db, self._run.id)
            if work is None:
                return
            self._preparer.prepare(work)
            if work.left:
                self._under_way += 1
                self._people_under_way += len(work.left)
                lane.people_under_way += len(work.left)
                self._start(lane, lane.source, work)
            else:
                self._write(work)

    def _has_room(self, lane: Lane) -> bool:
        processes = self._engine.processes
        is_free = self._under_way < MOST_THREADS * processes and self._people_under_way < MOST_PEOPLE * processes
        return is_free and lane.people_under_way < MOST_PEOPLE_OF_ONE

    def _probe(self, lane: Lane, source: Source) -> None:
        """Have a source describe itself. Nobody waits for that, not even the end of the process: a dead one takes its
        time."""

        def probe() -> None:
            error = None
            try:
                source.prepare()
            except Exception as failure:
                error = failure
            self._happened.put(lambda now: lane.probed(self._source_error(error) if error else None, now))

        lane.is_probing = True
        lane.pace.under_way += 1
        threading.Thread(target=probe, name="run-probe", daemon=True).start()

    def _start(self, lane: Lane, source: Source, work: Work) -> None:
        lane.pace.under_way += 1
        asked = partial(self._asked, lane, work, len(work.left or ()))

        def done(future: Future[None]) -> None:
            self._happened.put(lambda now: asked(future.exception(), now))

        settings = self._source_settings[lane.institution]
        self._engine.ask(source, settings, work, self._halt).add_done_callback(done)

    def _await(self, seconds: float) -> None:
        """Deal with what has happened in the threads, here where everything is decided; wait a little for it."""
        try:
            happened = self._happened.get(timeout=seconds)
            while True:
                happened(time.monotonic())
                happened = self._happened.get_nowait()
        except Empty:
            return

    def _asked(self, lane: Lane, work: Work, people: int, error: BaseException | None, now: float) -> None:
        self._under_way -= 1
        self._people_under_way -= people
        lane.people_under_way -= people
        if error is not None:
            work.trouble = self._source_error(error)
        tell(self._run.id, work, people)
        if lane.asked(work, now, halted=self._halt.is_set()):
            self._write(work)

    def _source_error(self, error: BaseException) -> SourceError:
        if isinstance(error, SourceError):
            return error
        log.error("run %d: failed within", self._run.id, exc_info=error)
        return SourceError(SourceFailure.INTERNAL, "see the log")

    def _write(self, work: Work) -> None:
        self._record.came(work, certificate_of(self._sources.get(work.fetch.institution)))

    def _end_lanes(self, lanes: list[Lane]) -> None:
        """End the lanes of which nothing is left; when only hopeless ones are, give them up until another evening."""
        now = time.monotonic()
        for lane in lanes:
            lane.is_done = lane.is_done or lane.is_exhausted(self._store.db, self._run.id)
            if lane.off and not lane.is_done and not lane.pace.under_way:
                self._give_up(lane, lane.off)
        waiting = [lane for lane in lanes if not lane.is_done]
        if all(lane.is_hopeless(now) for lane in waiting):
            for lane in waiting:
                self._give_up(lane, lane.trouble)

    def _give_up(self, lane: Lane, trouble: SourceError) -> None:
        self._save(lane)
        lane.is_done = True
        self._record.give_up(lane.institution, trouble)

    def _save(self, lane: Lane) -> None:
        """Write what has come of fetches that will not be asked on; the rest of each waits on."""
        for work in lane.given_back():
            self._write(work)

    def _bring_home(self, lanes: list[Lane]) -> None:
        """Wait for questions under way, a little; close what does not answer; write what has come."""
        ends = time.monotonic() + STOP_SECONDS
        while self._under_way and time.monotonic() < ends:
            self._await(LOOK_SECONDS)
        if self._under_way:
            self._close()
        ends = time.monotonic() + STOP_SECONDS / 2
        while self._under_way and time.monotonic() < ends:
            self._await(LOOK_SECONDS)
        for lane in lanes:
            self._save(lane)
        if self._stopped:
            stopped = SourceError(SourceFailure.STOPPED, "the run was stopped")
            for lane in lanes:
                self._give_up(lane, stopped)

    def _tell(self, lanes: list[Lane]) -> None:
        self._record.tell(
            [(lane.institution, lane.pace.seats * (not lane.is_done), lane.pace.is_down) for lane in lanes]
        )

    def _close(self) -> None:
        self._halt.set()
        for source in self._sources.values():
            source.close()


def carry_out(
    store: Store,
    settings: Settings,
    run_id: int,
    clock: Callable[[], datetime],
    stopping: threading.Event,
    at: datetime | None = None,
    engine: Engine | None = None,
) -> Run:
    """Carry out a run that waits, its rules judged at `at` or else now, or go on with one that was broken off. Its
    questions are put by `engine`, which stays open, or else by threads.

    Whoever calls holds run_lock(). Returns the run as it stands: still RUNNING when `stopping` was set, from any thread
    or by a signal; then it has ended within ten seconds, and goes on at the next call. Raises LookupError without
    such a run, Refusal when its admission is not known any more.
    """
    run = runs.run(store.db, run_id)
    if run is None:
        raise LookupError(f"there is no run {run_id}")
    if run.state in (RunState.WAITING, RunState.RUNNING):
        with nullcontext(engine) if engine else closing(Threads()) as asking:
            Importing(store, settings, run, clock, stopping, asking).carry_out(at)
        run = runs.run(store.db, run_id) or run
    return run
