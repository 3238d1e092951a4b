"""Whether the program can do its work just now, for what watches over it from outside."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing

from webapp.errors import DatabaseGone
from webapp.house import House
from webapp.store.schema.steps import is_ours, taken

#: An answer holds for so many seconds: whoever asks without end does not keep the database busy.
HOLDS_SECONDS = 2.0
#: The clock looks after the runs every five seconds; while a purge writes the database anew it waits for minutes.
LATE_SECONDS = 300.0

_log = logging.getLogger(__name__)


class Readiness:
    """What stands in the way of an instance. `ticks` are seconds that no clock change touches."""

    def __init__(self, house: House, ticks: Callable[[], float] = time.monotonic) -> None:
        self._house = house
        self._ticks = ticks
        self._one_at_a_time = threading.Lock()
        self._found: Sequence[str] = ()
        self._looked_at: float | None = None

    def in_the_way(self) -> Sequence[str]:
        """Nothing, or what is wrong: "database" cannot be read or written, "schema" is of another version of the
        program, "clock" does not look after the runs. What is behind it stands in the log."""
        with self._one_at_a_time:
            now = self._ticks()
            if self._looked_at is None or now - self._looked_at >= HOLDS_SECONDS:
                found = [*self._of_database(), *self._of_clock()]
                if found and found != self._found:
                    _log.error("not ready: %s", ", ".join(found), extra={"in_the_way": found})
                self._found, self._looked_at = found, now
            return self._found

    def _of_database(self) -> Sequence[str]:
        try:
            with closing(self._house.store.probe()) as db:
                return [] if is_ours(taken(db)) else ["schema"]
        except (sqlite3.Error, DatabaseGone) as trouble:
            _log.warning("the database does not answer: %s", trouble)
            return ["database"]

    def _of_clock(self) -> Sequence[str]:
        age = self._house.pulse.age
        return ["clock"] if age is not None and age > LATE_SECONDS else []
