"""A stop in good order that is over in time, whatever goes on: for the programs that serve."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn, Self

from webapp import sentry

#: A stop takes no longer, in seconds; a service manager gives up after ten.
MOST_SECONDS = 9.5
SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = logging.getLogger(__name__)


class Stopping:
    """Hears SIGTERM and Ctrl-C while it is entered, which the main thread does.

    What has begun by then is not broken off: `serve_until_told` ends with the first signal, or does not begin when it
    has come already, and further ones change nothing. When MOST_SECONDS have gone since, the process ends where it
    stands: all that it writes is written whole or not at all, and what it held goes on at the next start.
    """

    def __init__(self) -> None:
        self._is_told = self._is_serving = False
        self._at_once: Callable[[], object] = _nothing

    def __enter__(self) -> Self:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        # The main thread hears of a signal when the call that it is in returns; this one is told by the system.
        threading.Thread(target=self._hear, name="stop", daemon=True).start()
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        self._before = {signum: signal.signal(signum, self._break_off) for signum in SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        if not self._is_told:
            signal.set_wakeup_fd(-1)
            os.close(self._writing)
            for signum, handler in self._before.items():
                signal.signal(signum, handler)

    def serve_until_told(self, run: Callable[[], object], at_once: Callable[[], object] | None = None) -> None:
        """Call `run`, which SystemExit breaks off. `at_once` is called when the signal comes, in a thread of its own:
        what takes long to end."""
        self._at_once = at_once or _nothing
        with suppress(SystemExit):
            self._is_serving = True
            if not self._is_told:
                run()

    def _break_off(self, signum: int, frame: FrameType | None) -> None:
        if self._is_told:
            return
        self._is_told = True
        if self._is_serving:
            raise SystemExit(0)

    def _hear(self) -> None:
        while heard := os.read(self._reading, 100):
            if set(heard) & set(SIGNALS):
                break
        if not heard:
            os.close(self._reading)
            return
        leave_in_time(0)
        try:
            self._at_once()
        except Exception:
            _log.exception("a part did not end well")


def leave_in_time(status: int) -> None:
    """End this process with `status` in MOST_SECONDS, unless it has ended by then."""

    def leave_late() -> None:
        time.sleep(MOST_SECONDS)
        _log.warning("not everything has ended in %.1f s: it is left, and goes on at the next start", MOST_SECONDS)
        leave(status)

    threading.Thread(target=leave_late, name="leave in time", daemon=True).start()


def leave(status: int) -> NoReturn:
    """End this process at once: questions that are under way would keep it until their sources' time is out."""
    sentry.flush()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _nothing() -> None:
    pass
