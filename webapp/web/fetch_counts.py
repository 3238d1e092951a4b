"""Questions to the sources, counted as Prometheus wants it: never downwards, while the database forgets old hours."""

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlite_utils import Database

from webapp.model.sources import SourceHour
from webapp.store import source_health

#: An hour that ended so long ago is not written to any more.
SETTLED_AFTER = timedelta(hours=1)


@dataclass
class Tally:
    """How many questions were answered and how many failed; `times`: how many answers took how long, by model.sources'
    bucket_of()."""

    answered: int = 0
    failed: int = 0
    times: Counter[int] = field(default_factory=Counter)

    def add(self, hour: SourceHour) -> None:
        """Count an hour in."""
        self.answered += hour.answered
        self.failed += hour.failed
        self.times.update(hour.times)


class FetchCounts:
    """What became of questions since the hour in which this began, by institution, whichever process put them.

    Hours that are over are read once, so that it costs the same after months. To be read more often than hours are
    forgotten, which is a week at the least.
    """

    def __init__(self, since: datetime) -> None:
        self._since = _hour_of(since)
        self._settled: dict[int, Tally] = defaultdict(Tally)
        self._one_at_a_time = threading.Lock()

    def read(self, db: Database, now: datetime) -> Mapping[int, Tally]:
        """The counts up to now."""
        with self._one_at_a_time:
            open_from = max(self._since, _hour_of(now) - SETTLED_AFTER)
            hours = source_health.hours(db, self._since)
            for each in hours:
                if each.hour < open_from:
                    self._settled[each.institution].add(each)
            self._since = open_from
            told = {n: replace(tally, times=Counter(tally.times)) for n, tally in self._settled.items()}
            for each in hours:
                if each.hour >= open_from:
                    told.setdefault(each.institution, Tally()).add(each)
            return told


def _hour_of(at: datetime) -> datetime:
    """The hour of UTC, which is that of Oslo but not that of every place."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
