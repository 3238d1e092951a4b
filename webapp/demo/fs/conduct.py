"""How an FS behaves: who may ask, how large its pages are, and what goes wrong."""

import threading
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Conduct:
    """How an FS answers.

    `credentials`: user and password that are asked for (HTTP Basic), None for nobody's. `page`: the most results on a
    page. `page_seconds`: how long each page of results takes. `broken`: numbers (11 digits) of those whose results
    cannot be read, `lost` of those of whom not even the student can be. `rate`: how many requests are taken in
    `rate_seconds`; after those comes 429.
    """

    credentials: tuple[str, str] | None = field(default=None, repr=False)
    page: int = 100
    page_seconds: float = 0.0
    broken: frozenset[str] = field(default=frozenset(), repr=False)
    lost: frozenset[str] = field(default=frozenset(), repr=False)
    rate: int | None = None
    rate_seconds: float = 1.0


class Rate:
    """Counts requests in windows of time, from the first request of each."""

    def __init__(self, conduct: Conduct) -> None:
        self._conduct = conduct
        self._lock = threading.Lock()
        self._began = 0.0
        self._taken = 0

    def wait(self) -> float:
        """Take a request: 0, or how many seconds are left until one is taken again."""
        if self._conduct.rate is None:
            return 0.0
        with self._lock:
            now = time.monotonic()
            if now - self._began >= self._conduct.rate_seconds:
                self._began, self._taken = now, 0
            self._taken += 1
            return 0.0 if self._taken <= self._conduct.rate else self._began + self._conduct.rate_seconds - now
