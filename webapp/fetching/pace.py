"""How hard one source is asked: a cap that adapts, waits that it asks for, and a circuit that opens when it is down.

All instants are seconds of a monotonic clock.
"""

#: Questions at once to begin with.
FIRST_CAP = 2.0
#: The cap after a sign of overload, and after answers have become slower, as shares of what it was.
AFTER_OVERLOAD, AFTER_SLOWER = 0.5, 0.7
#: Answers are slower when they take more than this many times the best, and at least so many seconds more.
SLOWER, SLOWER_SECONDS = 2.0, 0.05
#: How much of the latest answer's time goes into the mean, and how much of a best time is forgotten with each answer.
WEIGHT, FORGETTING = 0.2, 0.01
#: A source that fails this often in a row is down.
MOST_FAILURES = 10
#: A source that is down is asked for its description after so many seconds, and then ever more seldom.
PROBE_SECONDS, LONGEST_PROBE_SECONDS = 2.0, 60.0
#: A source is given up for this run when nothing else is left to do, so many probes have failed in a row and it has
#: been down for so long; or when it asks to be left alone for longer than that.
MOST_PROBES, DOWN_SECONDS, PATIENCE_SECONDS = 1, 10.0, 120.0
#: One that was down before this run already has its first probe to come back by, and no longer than so many seconds.
KNOWN_DOWN_SECONDS = 1.0


class Pace:
    """The pace of one source: additive increase, multiplicative decrease, between 1 and `most` questions at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._cap = min(FIRST_CAP, most)
        self._best: float | None = None
        self._mean = 0.0
        self._slowed_at = 0.0
        self._free_at = 0.0
        self._failures = 0
        self._probes = 0
        self._probe_at = 0.0
        self._down_since: float | None = None
        self._known_down_at: float | None = None
        self.under_way = 0
        self.is_down = False

    @property
    def seats(self) -> int:
        """How many questions at once just now; none while the source is down."""
        return 0 if self.is_down else int(self._cap)

    @property
    def is_known_down(self) -> bool:
        """Whether it was down before, and nothing has been heard of it since."""
        return self._known_down_at is not None

    def may_ask(self, now: float) -> bool:
        """Whether one more question may be put."""
        return not self.is_down and self.under_way < int(self._cap) and now >= self._free_at

    def must_probe(self, now: float) -> bool:
        """Whether it is time to see if a source that is down has come back."""
        return self.is_down and self.under_way == 0 and now >= self._probe_at

    def is_hopeless(self, now: float) -> bool:
        """Whether there is nothing to wait for when nothing else is left to do."""
        if self._known_down_at is not None:
            return self._down_since is not None or now - self._known_down_at >= KNOWN_DOWN_SECONDS
        if self.is_down:
            since = now if self._down_since is None else self._down_since
            return self._probes >= MOST_PROBES and now - since >= DOWN_SECONDS
        return self._free_at - now > PATIENCE_SECONDS

    def answered(self, now: float, seconds: float) -> None:
        """A question was answered, in so many seconds."""
        self._failures = self._probes = 0
        self._down_since = self._known_down_at = None
        self.is_down = False
        self._best = seconds if self._best is None else min(seconds, self._best + (seconds - self._best) * FORGETTING)
        self._mean = seconds if not self._mean else self._mean + (seconds - self._mean) * WEIGHT
        if self._mean > self._best * SLOWER and self._mean - self._best > SLOWER_SECONDS:
            self._slow_down(now, AFTER_SLOWER)
        else:
            self._cap = min(self._cap + 1 / self._cap, self._most)

    def overloaded(self, now: float, retry_after_seconds: float | None) -> None:
        """The source has too much to do (429, 503), and may have asked to be left alone for a while."""
        self._slow_down(now, AFTER_OVERLOAD)
        self._free_at = max(self._free_at, now + (retry_after_seconds or self._mean))
        self._fail(now)

    def failed(self, now: float) -> None:
        """A question got no answer."""
        self._slow_down(now, AFTER_OVERLOAD)
        self._fail(now)

    def unknown(self) -> None:
        """Nobody knows yet whether the source is up: it is not asked before a first probe is answered."""
        self.is_down = True

    def known_down(self, now: float) -> None:
        """The source was down when it was asked last: nobody waits for it, unless a probe that is sent now is answered.
        While there is something else to do it is probed on."""
        self._known_down_at = now
        self.is_down = True

    def down(self, now: float) -> None:
        """The source is down: the circuit is open until a probe is answered. Called again for each that is not."""
        if self._down_since is None:
            self._down_since = now
        else:
            self._probes += 1
        self.is_down = True
        self._probe_at = now + min(PROBE_SECONDS * 2**self._probes, LONGEST_PROBE_SECONDS)

    def up(self) -> None:
        """A probe was answered. One question is put on trial: a source may describe itself and answer nothing else."""
        self.is_down = False
        self._known_down_at = None
        self._cap = min(FIRST_CAP, self._most)
        if self._down_since is not None:
            self._cap = 1.0
            self._failures = MOST_FAILURES - 1

    def _fail(self, now: float) -> None:
        self._failures += 1
        if self._failures >= MOST_FAILURES and not self.is_down:
            self.down(now)

    def _slow_down(self, now: float, share: float) -> None:
        """Once for all questions that were under way together: their answers tell of one and the same moment."""
        if now - self._slowed_at >= self._mean:
            self._cap = max(self._cap * share, 1.0)
            self._slowed_at = now
