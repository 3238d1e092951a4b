"""Being the only one who works in an instance folder: everybody else who does holds a lock there."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from webapp.errors import Refusal
from webapp.fetching.claims import FOLDER
from webapp.fetching.run_lock import run_lock

_SERVE_LOCK = "serve.lock"


def serve_lock(instance: Path) -> FileLock:
    """What the screens hold as long as they run. Taking it raises Timeout while others have it."""
    return FileLock(instance / _SERVE_LOCK, timeout=0)


@contextmanager
def alone(instance: Path) -> Iterator[None]:
    """Have nobody work in an instance folder while this lasts. Raises Refusal when somebody does."""
    with ExitStack() as held:
        _take(held, serve_lock(instance), "Skjermbildene kjører for denne instansmappen. Stopp dem først.")
        _take(held, run_lock(instance, 1.0), "En kjøring er i gang i denne instansmappen. Stopp den først.")
        for claim in (instance / FOLDER).glob("*"):
            _take(
                held, FileLock(claim, timeout=0), "En kommando arbeider i denne instansmappen. La den bli ferdig først."
            )
        yield


def _take(held: ExitStack, lock: FileLock, sentence: str) -> None:
    try:
        lock.acquire()
    except Timeout as taken:
        raise Refusal(sentence) from taken
    held.callback(lock.release)
