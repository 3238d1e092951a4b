"""The pulse of what goes on by itself: how long ago it last came to the end of a round."""

import time
from collections.abc import Callable


class Pulse:
    """Beaten by the one thread that goes round, and felt by any other. `ticks` are seconds that no clock change
    touches, and that stand still while the machine sleeps."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._beaten: float | None = None

    def beat(self) -> None:
        """A round begins, the first one, or has come to its end."""
        self._beaten = self._ticks()

    @property
    def age(self) -> float | None:
        """Seconds since the last beat; None in a process where nothing goes round."""
        return None if self._beaten is None else self._ticks() - self._beaten
