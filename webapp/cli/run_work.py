"""Carrying out a run in this process: the lock, the signals, the progress in a terminal, and what comes afterwards."""

import gc
import logging
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event
from types import FrameType

from filelock import Timeout
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from webapp.cli.stopping import SIGNALS, leave_in_time
from webapp.errors import Refusal
from webapp.fetching.engines import Engine
from webapp.fetching.importing import carry_out
from webapp.fetching.run_lock import run_lock
from webapp.house import House
from webapp.mailing import send_digest
from webapp.model import Run, RunState
from webapp.store import runs

UNFINISHED = (RunState.WAITING, RunState.RUNNING)
#: How often the terminal looks at the run, in seconds.
LOOK_SECONDS = 0.5
#: The screens ask whether the lock is held by taking it for a moment; that is waited for, in seconds.
LOCK_SECONDS = 1.0
#: So many new objects before Python looks for garbage; its own 700 costs a run a sixth of its time.
GARBAGE_THRESHOLD = 50_000

_log = logging.getLogger(__name__)


class Stop:
    """What a signal to end leaves behind."""

    def __init__(self) -> None:
        self.event = Event()
        self.signal = 0

    @property
    def heard(self) -> bool:
        """Whether this process is to end."""
        return self.event.is_set()

    def hear(self, signum: int, frame: FrameType | None) -> None:
        """Take a signal. Most of a run ends by itself; a server that takes the mail about it may not."""
        if not self.heard:
            leave_in_time(128 + signum)
        self.signal = signum
        self.event.set()


@contextmanager
def lock_held(house: House) -> Iterator[None]:
    """Be the one who carries out runs. Raises Refusal while another process does."""
    lock = run_lock(house.settings.instance, LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout as taken:
        raise Refusal(
            "En kjøring er i gang allerede. Vent til den er ferdig, eller stopp den i skjermbildet Jobber."
        ) from taken
    try:
        yield
    finally:
        lock.release()


@contextmanager
def signals_heard() -> Iterator[Stop]:
    """SIGTERM and Ctrl-C end a run in good order while this lasts."""
    stop = Stop()
    before = {signum: signal.signal(signum, stop.hear) for signum in SIGNALS}
    try:
        yield stop
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def carried_out(house: House, run_id: int, stop: Stop, engine: Engine, *, shown: bool) -> RunState:
    """Carry out a run, or go on with it, until it ends or `stop` is heard; returns where it stands then. Subscribers
    are told of one that has ended.

    Raises Refusal when there is no such run.
    """
    run = runs.run(house.store.db, run_id)
    if run is None:
        raise Refusal("Kjøring %(run)d finnes ikke.", run=run_id)
    if run.state not in UNFINISHED:
        return run.state
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)
    # An instant that was asked for, or that a plan which was broken off went out from.
    at = run.judged_at if run.state is RunState.WAITING else None
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(carry_out, house.store, house.settings, run_id, house.clock, stop.event, at, engine)
        if shown:
            _show(house, run_id, work)
        ended = work.result()
    try:
        send_digest(house.store, house.settings, ended, house.clock())
    except Exception:
        # A run that has ended has ended, whatever becomes of the mail about it.
        _log.exception("nobody was told of run %d by mail", run_id)
    return ended.state


def _show(house: House, run_id: int, work: Future[Run]) -> None:
    """A bar of how many answers there are, of those that are asked for."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(f"Kjøring {run_id}: velger ut søkere", total=None)
        while wait([work], LOOK_SECONDS).not_done:
            if sources := runs.sources_of(house.store.db, run_id):
                asked, people = sum(each.asked for each in sources), sum(each.people for each in sources)
                progress.update(bar, description=f"Kjøring {run_id}: svar", completed=asked, total=people)
