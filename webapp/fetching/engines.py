"""Who puts the questions of a run: threads of this process, unless it is given another engine (`cluster.py`)."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pkgutil import resolve_name
from threading import Event
from typing import Protocol

from webapp.errors import Refusal
from webapp.fetching.run_asking import Work, ask
from webapp.source_settings import SourceSettings
from webapp.sources.catalogue import Source

#: So many questions are under way in one process; more threads only wait for the interpreter.
MOST_THREADS = 64


class Engine(Protocol):
    """Asks what a run hands out. How much may be under way is decided by whoever hands it out."""

    @property
    def processes(self) -> int:
        """How many processes ask, at least 1; so many times as much may be under way as one process takes."""

    def ask(self, source: Source, settings: SourceSettings, work: Work, halt: Event) -> "Future[None]":
        """Have a source asked as `run_asking.ask` does. `source` is open here; `settings` are those that it was opened
        by. What has come is in `work` when the future is done; until then nobody else touches that."""

    def close(self) -> None:
        """Give up what waits; nobody waits for what is under way."""


class Threads:
    """The threads of this process."""

    processes = 1

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="run")

    def ask(self, source: Source, settings: SourceSettings, work: Work, halt: Event) -> "Future[None]":
        """Ask in a thread."""
        return self._pool.submit(ask, source, work, halt)

    def close(self) -> None:
        """Give up what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def engine_at(address: str | None) -> Iterator[Engine]:
    """The engine at the address of a Dask scheduler, such as "tcp://127.0.0.1:8786"; threads for None.

    Raises Refusal when it cannot be had.
    """
    engine = Threads() if address is None else _cluster(address)
    try:
        yield engine
    finally:
        engine.close()


def _cluster(address: str) -> Engine:
    # Loaded only where it is wanted: it takes its time, and not everybody has it installed.
    try:
        engine: Engine = resolve_name("webapp.fetching.cluster:Cluster")(address)
    except ModuleNotFoundError as missing:
        if missing.name not in ("dask", "distributed"):
            raise
        raise Refusal(
            "Dask er ikke installert her. Installer eksternstudium[dask], eller kjør uten --engine."
        ) from missing
    return engine
