"""The clock watched: one that is put far ahead must not have the night delete what has not grown old."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: No drift, no time of the year and no slow look puts a clock so far ahead.
FAR = timedelta(hours=12)
#: An instance in which nothing has happened for so long may have been away, or the clock is wrong.
AWAY = timedelta(days=31)
#: For so long it is doubted, in seconds: time for somebody to see to it.
DOUBT_SECONDS = 7 * 86_400.0

_log = logging.getLogger(__name__)


def seconds_since_boot() -> float:
    """Seconds that nobody sets, and that go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass
class ClockWatch:
    """Compares a clock with the seconds that pass (`ticks`), at every `look`; `newest` is the latest instant that is
    known of before the first."""

    clock: Callable[[], datetime]
    newest: datetime | None = None
    ticks: Callable[[], float] = seconds_since_boot
    _at: datetime = field(init=False)
    _tick: float = field(init=False)
    _doubted_at: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._at, self._tick = self.clock(), self.ticks()
        if self.newest is not None and self._at - self.newest > AWAY:
            self._doubt("%d days since anything was done here", (self._at - self.newest).days)

    def look(self) -> None:
        """See whether it was put ahead, or back again."""
        before, tick_before = self._at, self._tick
        self._at, self._tick = self.clock(), self.ticks()
        put = self._at - before - timedelta(seconds=self._tick - tick_before)
        if put > FAR:
            self._doubt("it was put %d hours ahead", put // timedelta(hours=1))
        elif put < -FAR and self._doubted_at is not None:
            self._doubted_at = None
            _log.warning("the clock is believed again: it was put back")

    @property
    def is_doubtful(self) -> bool:
        """Whether it may be wrong, so that nothing may be deleted by it."""
        return self._doubted_at is not None and self.ticks() - self._doubted_at < DOUBT_SECONDS

    def _doubt(self, why: str, count: int) -> None:
        self._doubted_at = self._tick
        _log.warning(f"the clock may be wrong, and nothing is purged by it for a week: {why}", count)
