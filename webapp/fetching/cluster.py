"""The workers of a Dask cluster as the engine of a run (docs/scaling.md).

A worker is told the settings of a source and about whom to ask, and tells what came; it has no database. Secrets, and
the way out, it has from an instance folder and an environment of its own: the scheduler never sees them. How much is
under way at a source is decided where it is handed out, so the source's limits hold however many workers there are.

A chunk whose worker is lost is given to another by the scheduler. When the scheduler itself is lost, or no worker is
left, the run goes on in threads, with what was under way too. A chunk may so be asked twice; its answer is taken once.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from queue import SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic
from typing import TypeVar
from uuid import uuid4

import distributed

from webapp.config import instance_folder, read_settings
from webapp.errors import Refusal
from webapp.fetching.engines import Threads
from webapp.fetching.run_asking import Work
from webapp.fetching.worker_asking import ask_there, packed, take_in
from webapp.source_settings import FileSettings, SourceSettings
from webapp.sources.catalogue import Source

#: The scheduler, and then a worker, is waited for so long.
CONNECT_SECONDS = 10.0
#: How often to see whether the scheduler and a worker are there, and how long the scheduler may take to say so.
LOOK_SECONDS, PATIENCE_SECONDS = 1.0, 10.0
#: Without any worker for so long, the run goes on without the cluster: killed ones may have been started again.
WITHOUT_WORKERS_SECONDS = 10.0

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass
class _Asked:
    """What is out. The scheduler forgets it when nobody holds its future."""

    source: Source
    settings: SourceSettings
    work: Work
    halt: Event
    future: "distributed.Future | None" = None


class Cluster:
    """A run's questions, put by workers. Raises Refusal where the cluster cannot be used."""

    def __init__(self, address: str) -> None:
        try:
            self._client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError, RuntimeError) as failed:
            raise Refusal(
                "Får ikke kontakt med Dask på %(address)s. Start scheduler, eller kjør uten --engine.", address=address
            ) from failed
        try:
            self._refuse_unfit()
        except BaseException:
            self._client.close()
            raise
        self._here = Threads()
        self._out: dict[Future[None], _Asked] = {}
        self._lock = Lock()
        self._lost = Event()
        self._closed = Event()
        self._scheduler, self._workers = self._look()
        self._to_go: SimpleQueue[Future[None] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Future[None], distributed.Future] | None] = SimpleQueue()
        for at_work in (self._watch, self._send, self._receive):
            Thread(target=at_work, name=f"run-cluster{at_work.__name__}", daemon=True).start()

    @property
    def processes(self) -> int:
        """How many workers there are; 1 when the run goes on without them."""
        return 1 if self._lost.is_set() else max(1, self._workers)

    def ask(self, source: Source, settings: SourceSettings, work: Work, halt: Event) -> "Future[None]":
        """Have a worker ask. Files lie on this machine, and are read here."""
        promise: Future[None] = Future()
        with self._lock:
            is_there = not self._lost.is_set() and not isinstance(settings, FileSettings)
            if is_there:
                self._out[promise] = _Asked(source, settings, work, halt)
        if not is_there:
            return self._here.ask(source, settings, work, halt)
        self._to_go.put(promise)
        return promise

    def close(self) -> None:
        """Give up what waits, and leave the cluster."""
        self._closed.set()
        self._to_go.put(None)
        self._done.put(None)
        self._here.close()
        with self._lock:
            self._out.clear()
        # A scheduler that is gone must not keep the end of the run waiting.
        leaving = Thread(target=self._client.close, name="run-cluster-leaving", daemon=True)
        leaving.start()
        leaving.join(LOOK_SECONDS * 3)

    def _refuse_unfit(self) -> None:
        """See that there is a worker, and that each can read its settings and is of our version."""
        try:
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
            versions = set(self._client.run(_readiness).values())
        except Refusal as theirs:
            raise Refusal("En arbeider i Dask kan ikke brukes. %(reason)s", reason=str(theirs)) from theirs
        except TimeoutError as none:
            raise Refusal("Dask har ingen arbeidere. Start en med dask worker, eller kjør uten --engine.") from none
        except Exception as failed:
            _log.warning("a worker is not fit for use", exc_info=failed)
            versions = set()
        if versions != {version("eksternstudium")}:
            raise Refusal("Arbeiderne i Dask må ha samme versjon av eksternstudium som denne maskinen. Installer den.")

    def _send(self) -> None:
        """Hand over what waits, all of it at once: a message costs more than what is in it."""
        while (promises := _all_of(self._to_go)) is not None:
            with self._lock:
                out = {promise: asked for promise in promises if (asked := self._out.get(promise))}
            if out:
                try:
                    self._submit(out)
                except Exception as failed:
                    self._lose(repr(failed))
            del out

    def _submit(self, out: "Mapping[Future[None], _Asked]") -> None:
        sent = [packed(asked.settings, asked.source.batch, asked.work) for asked in out.values()]
        # No number of a person may stand in a key: it is shown, and logged.
        keys = [f"ask-{uuid4()}" for _ in sent]
        futures = self._client.map(ask_there, sent, key=keys, pure=False)
        for (promise, asked), future in zip(out.items(), futures, strict=True):
            asked.future = future
            future.add_done_callback(partial(self._note_done, promise))

    def _note_done(self, promise: "Future[None]", future: "distributed.Future") -> None:
        self._done.put((promise, future))

    def _receive(self) -> None:
        """Fetch what has come, all of it at once."""
        while (done := _all_of(self._done)) is not None:
            try:
                said = self._fetch(dict(done))
            except Exception as failed:
                # Cancelled, or out of reach: that is how a lost scheduler shows itself.
                self._lose(repr(failed))
                said = {}
            del done
            for promise, each in said.items():
                self._settle(promise, each)

    def _fetch(self, done: "Mapping[Future[None], distributed.Future]") -> "dict[Future[None], bytes | BaseException]":
        failed = {promise: future.exception() for promise, future in done.items() if future.status == "error"}
        well = {promise: future for promise, future in done.items() if promise not in failed}
        return failed | dict(zip(well, self._client.gather(list(well.values())), strict=True))

    def _settle(self, promise: "Future[None]", said: bytes | BaseException) -> None:
        with self._lock:
            asked = self._out.pop(promise, None)
        if asked is None:
            return
        if isinstance(said, bytes):
            take_in(asked.work, said)
            promise.set_result(None)
        else:
            promise.set_exception(said)

    def _watch(self) -> None:
        """See now and then that the scheduler is the same and that it has workers."""
        seen = monotonic()
        while not self._closed.wait(LOOK_SECONDS) and not self._lost.is_set():
            try:
                scheduler, self._workers = self._look()
            except Exception as failed:
                self._lose(repr(failed))
                return
            if scheduler != self._scheduler:
                self._lose("the scheduler was started anew")
            if self._workers:
                seen = monotonic()
            elif monotonic() - seen >= WITHOUT_WORKERS_SECONDS:
                self._lose("no worker is left")

    def _look(self) -> tuple[str, int]:
        """Which scheduler it is, and how many workers it has."""
        said = self._client.sync(self._client.scheduler.identity, callback_timeout=PATIENCE_SECONDS)
        return said["id"], len(said["workers"])

    def _lose(self, why: str) -> None:
        """Go on without the cluster, from now to the end of the run."""
        with self._lock:
            if self._lost.is_set() or self._closed.is_set():
                return
            self._lost.set()
            out, self._out = self._out, {}
        _log.warning("the Dask cluster is lost (%s): the run goes on in threads", why)
        for promise, asked in out.items():
            here = self._here.ask(asked.source, asked.settings, asked.work, asked.halt)
            here.add_done_callback(partial(_pass_on, promise))


def _all_of(queue: "SimpleQueue[_T | None]") -> list[_T] | None:
    """What is in a queue, at least one; None when None is in it."""
    taken = [queue.get()]
    while not queue.empty():
        taken.append(queue.get())
    return None if None in taken else [each for each in taken if each is not None]


def _pass_on(promise: "Future[None]", done: "Future[None]") -> None:
    if done.cancelled():
        promise.cancel()
    elif (error := done.exception()) is not None:
        promise.set_exception(error)
    else:
        promise.set_result(None)


def _readiness() -> str:
    """The version of this worker. Raises Refusal when its settings cannot be read."""
    read_settings(instance_folder())
    return version("eksternstudium")
