"""The watch over the runs of FS154.001: it notices what is due, has it carried out by a child process, and reports.

A run is carried out beside the screens at low priority, so that they stay quick. Whoever carries one out holds the lock
of the runs, a child that outlives a killed web process too: the next one waits for it.
"""

import logging
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from webapp.config import INSTANCE_VARIABLE, Settings
from webapp.fetching import nightly
from webapp.fetching.run_lock import is_carried_out
from webapp.model import Run, RunSource
from webapp.program import Child, ended, start_own
from webapp.store import Store, runs

#: A child that has broken off this many times is left alone for a while, in seconds; one that lived so long counts
#: anew.
CRASHES, REST_SECONDS = 2, 300.0
#: How long a child may take to end, in seconds; whoever stops it has ten in all.
END_SECONDS = 8.0

_log = logging.getLogger(__name__)


def start_child(settings: Settings, run_id: int) -> Child:
    """Start `eksternstudium run --carry-out`. It says on this process' standard error what goes wrong."""
    return start_own("run", "--carry-out", str(run_id), **{INSTANCE_VARIABLE: str(settings.instance)})


@dataclass(frozen=True)
class _Going:
    run_id: int
    child: Child
    since: float


@dataclass
class Watch:
    """Looks after the runs of an instance: `look` again and again, then `stop`. Both may come from any thread.

    `start` starts a child for a run; `ticks` are seconds that no clock change touches.
    """

    store: Store
    settings: Settings
    clock: Callable[[], datetime]
    start: Callable[[Settings, int], Child] = start_child
    ticks: Callable[[], float] = time.monotonic
    _going: _Going | None = None
    _crashes: Counter[int] = field(default_factory=Counter)
    _rests_until: dict[int, float] = field(default_factory=dict)
    _unfinished: set[int] = field(default_factory=set)
    _stopped: bool = False
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> None:
        """See what has ended, place what is due, and start what is next."""
        with self._one_at_a_time:
            if self._stopped:
                return
            self._see_the_child()
            nightly.end_stopped(self.store, self.clock())
            nightly.place_due(self.store, self.settings, self.clock())
            self._report()
            if self._going is None:
                self._start_next()

    def stop(self) -> None:
        """End the child, within ten seconds; its run goes on at the next start."""
        with self._one_at_a_time:
            self._stopped = True
            if self._going is None:
                return
            if not ended(self._going.child, END_SECONDS):
                _log.warning("run %d did not end in time and was killed", self._going.run_id)

    def _see_the_child(self) -> None:
        """A child that ended before its run did broke off: it is started again, the second time after a rest."""
        if self._going is None or (status := self._going.child.poll()) is None:
            return
        going, self._going = self._going, None
        if going.run_id not in {run.id for run in runs.unfinished(self.store.db)}:
            del self._crashes[going.run_id]
            return
        if self.ticks() - going.since > REST_SECONDS:
            del self._crashes[going.run_id]
        self._crashes[going.run_id] += 1
        rests = REST_SECONDS if self._crashes[going.run_id] >= CRASHES else 0.0
        self._rests_until[going.run_id] = self.ticks() + rests
        facts = {"run": going.run_id, "status": status, "rests_seconds": rests}
        _log.error("run %d broke off: %s; it is tried again in %d s", going.run_id, _reason(status), rests, extra=facts)

    def _report(self) -> None:
        """A line for each run that has ended, whoever carried it out."""
        unfinished = {run.id for run in runs.unfinished(self.store.db)}
        for run_id in sorted(self._unfinished - unfinished):
            if run := runs.run(self.store.db, run_id):
                sources = runs.sources_of(self.store.db, run_id)
                _log.info("%s", line_of(run, sources), extra=_facts(run, sources))
        self._unfinished = unfinished

    def _start_next(self) -> None:
        """A run that rests lets the others go first: one that cannot be carried out must not hold them all up."""
        now = self.ticks()
        ready = [run for run in nightly.to_carry_out(self.store.db) if self._rests_until.get(run.id, now) <= now]
        if ready and not is_carried_out(self.settings.instance):
            run = ready[0]
            begins = "goes on" if run.begun_at else "begins"
            _log.info("run %d (%s) %s", run.id, run.kind, begins, extra={"run": run.id, "kind": run.kind.value})
            self._going = _Going(run.id, self.start(self.settings, run.id), now)


def _reason(status: int) -> str:
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    return f"ended with status {status}, for the reason that it gave above"


def line_of(run: Run, sources: Sequence[RunSource]) -> str:
    """A run that has ended, for the log: what it did and what it could not, without a name or a number of anybody."""
    failed = {source.institution: source.failed for source in sources if source.failed}
    could_not = f"; {sum(failed.values())} answers failed, of {_numbers(failed)}" if failed else ""
    return (
        f"run {run.id} ({run.kind}) {run.state}: ordered for {run.ordered} applications, {run.people} people, "
        f"at {len(sources)} institutions in {run.seconds:.0f} s; results of {run.changed_people} changed{could_not}"
    )


def _facts(run: Run, sources: Sequence[RunSource]) -> dict[str, object]:
    """The same for programs."""
    return {
        "run": run.id,
        "kind": run.kind.value,
        "state": run.state.value,
        "ordered": run.ordered,
        "people": run.people,
        "changed_people": run.changed_people,
        "seconds": round(run.seconds, 1),
        "failed_at": sorted(source.institution for source in sources if source.failed),
    }


def _numbers(institutions: dict[int, int]) -> str:
    return ", ".join(map(str, sorted(institutions)))
