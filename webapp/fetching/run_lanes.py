"""A source in a run: its pace, the fetches that wait for it, and what becomes of one that was asked."""

from collections import deque

from sqlite_utils import Database

from webapp.errors import SourceError, SourceFailure, SwitchedOff
from webapp.fetching.pace import Pace
from webapp.fetching.run_asking import OVERLOAD, PORTIONS, Work
from webapp.sources.catalogue import Source
from webapp.store import run_work

#: So many fetches of a source are read at a time.
READ_AHEAD = 16
#: So many fetches that failed wait while others are tried.
MOST_AGAIN = 8


class Lane:
    """A source, None when it is not set up any more, with its pace and its fetches: the queue, and those that are to
    be put again. `off`: it is switched off, and not asked. `trouble`: why it failed at the latest; `is_probing`: it is
    being asked for its description;
    `people_under_way`: about whom it is being asked. For the one thread that hands out the work."""

    def __init__(self, institution: int, source: Source | None, pace: Pace) -> None:
        self.institution = institution
        self.source = source
        self.pace = pace
        self.again: deque[Work] = deque()
        self.trouble = SourceError(SourceFailure.NOT_SET_UP, "the source is not in sources.toml any more")
        self.off: SwitchedOff | None = None
        self.is_done = False
        self.is_probing = False
        self.people_under_way = 0
        self._ahead: deque[Work] = deque()
        self._last_id = 0
        self._is_all_read = self._comes_back = False

    def next(self, db: Database, run_id: int) -> Work | None:
        """What to ask next, or None. Others go before those that failed, while these are few: that a source is about
        to go down is noticed before anybody has used up all tries."""
        if len(self.again) < MOST_AGAIN:
            self._read_ahead(db, run_id)
        if self._ahead and len(self.again) < MOST_AGAIN:
            return self._ahead.popleft()
        return self.again.popleft() if self.again else None

    def given_back(self) -> list[Work]:
        """The fetches that wait and will not be asked on, of which some has come."""
        waiting = [work for work in (*self.again, *self._ahead) if work.replies or work.failures]
        self.again.clear()
        self._ahead.clear()
        return waiting

    def is_exhausted(self, db: Database, run_id: int) -> bool:
        """Whether nothing waits and nothing is under way."""
        if self.again or self.pace.under_way:
            return False
        self._read_ahead(db, run_id)
        return not self._ahead

    def _read_ahead(self, db: Database, run_id: int) -> None:
        """Read more of the queue where nothing of it is left here. Once its end was reached there is no query each
        turn, unless some come back."""
        if self._ahead or self._is_all_read:
            return
        ahead = run_work.next_fetches(db, run_id, self.institution, self._last_id, READ_AHEAD)
        self._is_all_read = len(ahead) < READ_AHEAD and not self._comes_back
        if ahead:
            self._ahead.extend(Work(fetch) for fetch in ahead)
            self._last_id = ahead[-1].id

    def is_hopeless(self, now: float) -> bool:
        """Whether there is nothing to wait for when nothing else is left to do."""
        asks = self.pace.under_way and not self.is_probing
        return self.source is None or (self.pace.is_hopeless(now) and not asks)

    def probed(self, error: SourceError | None, now: float) -> None:
        """The source was asked for its description, and failed with an error or did not."""
        self.pace.under_way -= 1
        self.is_probing = False
        if error is None:
            self.pace.up()
        else:
            self.trouble = error
            self.pace.down(now)

    def asked(self, work: Work, now: float, *, halted: bool) -> bool:
        """The source was asked. True when all has come of the work that will come; else it waits to be put again, and
        after the run was `halted` to be saved."""
        self.pace.under_way -= 1
        if halted:
            self.again.append(work)
            return False
        trouble = work.trouble or (None if work.replies else next(iter(work.failures.values()), None))
        if trouble is None:
            self.pace.answered(now, work.seconds)
            return True
        self.trouble = trouble
        if trouble.failure in OVERLOAD:
            self.pace.overloaded(now, trouble.retry_after_seconds)
            if work.left and work.trouble:
                self._ahead.appendleft(work)  # it was told to come back, and it is its turn
                return False
        else:
            self.pace.failed(now)
            work.tries += 1
        if not work.left or not work.trouble:
            if work.left:  # of whom nothing was said: they are queued anew, at the end
                self._comes_back, self._is_all_read = True, False
            return True
        if work.tries < len(PORTIONS):
            # Whoever the source stumbled over is asked about last.
            work.left.append(work.left.pop(0))
            self.again.append(work)
            return False
        work.failures |= dict.fromkeys(work.left, work.trouble)
        work.left = []
        return True
