"""What a source says of itself, and how it fares."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from webapp.model.asking import Purpose
from webapp.model.transcript import Text

#: Answer times are kept in buckets, so many for each doubling: a time told is at most 9 % from the true one.
BUCKETS_PER_DOUBLING = 4
#: The shortest time that is told apart, in seconds.
SHORTEST_SECONDS = 0.001


@dataclass(frozen=True)
class Description:
    """What a source says of itself, as far as its protocol has words for it.

    `protocol` with its version; `institution`: the institution number that it answers for, None where it does not say;
    `batch`: how many people it can be asked about at once; `facts`: what else it said, in words for the operator, by
    a name in Norwegian.
    """

    protocol: str
    institution: int | None = None
    names: Text = field(default_factory=dict)
    shares: bool = True
    batch: int = 1
    purposes: frozenset[Purpose] = frozenset(Purpose)
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceHour:
    """What became of the questions to a source in an hour, which begins at `hour` (UTC): how many were `answered` and
    how many `failed`; `times`: how many answers took how long, by their bucket_of()."""

    institution: int
    hour: datetime
    answered: int
    failed: int
    times: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceHealth:
    """How a source stands: when it last answered and last failed, and since when it has done nothing but fail (None
    when it answered last). `failure` (the code of a SourceFailure) and `cause` tell of the last failure, though it has
    answered since. `certificate_until`: the end of the certificate that it showed last; `described_at`: when it last
    said what it is."""

    institution: int
    answered_at: datetime | None = None
    failed_at: datetime | None = None
    failing_since: datetime | None = None
    failure: str | None = None
    cause: str | None = None
    certificate_until: datetime | None = None
    described_at: datetime | None = None


def bucket_of(seconds: float) -> int:
    """The bucket that a time falls into: 0 for a millisecond, and BUCKETS_PER_DOUBLING more each time it doubles."""
    return round(BUCKETS_PER_DOUBLING * math.log2(max(seconds, SHORTEST_SECONDS) / SHORTEST_SECONDS))


def seconds_of(bucket: int) -> float:
    """The time that a bucket stands for, in seconds."""
    return float(SHORTEST_SECONDS * 2 ** (bucket / BUCKETS_PER_DOUBLING))


def all_times(hours: Iterable[SourceHour]) -> Mapping[int, int]:
    """The answer times of several hours together, by their buckets."""
    times = Counter[int]()
    for each in hours:
        times.update(each.times)
    return times


def quantile(times: Mapping[int, int], share: float) -> float | None:
    """The time in seconds within which a share (0.5 for the median) of the answers came; None where none did."""
    rank = math.ceil(share * sum(times.values()))
    for bucket in sorted(times):
        rank -= times[bucket]
        if rank <= 0 and times[bucket]:
            return seconds_of(bucket)
    return None
