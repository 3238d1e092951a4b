"""The evenings of FS154.001: which run is for which evening, by the settings and the calendar of the institution."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from webapp.config import Settings
from webapp.model import RunKind

#: In that time each day of the week has its evening, with the clock changed or not.
_A_WEEK = timedelta(days=8)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Evening:
    """An evening with a run: the instant, with the institution's offset then, and the kind of run."""

    at: datetime
    kind: RunKind


def evenings(settings: Settings, after: datetime, until: datetime) -> Iterator[Evening]:
    """The evenings with `after` < at <= `until`, in their order, whatever admissions are open then.

    Each calendar day has at most one: on the night when an hour comes twice its first counts, and an hour that is
    passed over in spring stands for the instant an hour later. A day that is set for both kinds has the full run.
    """
    day = after.astimezone(settings.zone).date()
    while (at := _instant(settings, day)) <= until:
        kind = _kind(settings, day)
        if kind is not None and at > after:
            yield Evening(at, kind)
        day += timedelta(days=1)


def next_run(settings: Settings, now: datetime) -> Evening | None:
    """The next evening with a run after an instant, whatever admissions are open then; None when no day has one."""
    return next(evenings(settings, now, now + _A_WEEK), None)


def next_evening(settings: Settings, now: datetime) -> datetime:
    """The next instant after `now` at which the evening begins, on a day with a run or without."""
    today = now.astimezone(settings.zone).date()
    return next(at for days in range(2) if (at := _instant(settings, today + timedelta(days))) > now)


def _kind(settings: Settings, day: date) -> RunKind | None:
    weekday, runs = _WEEKDAYS[day.weekday()], settings.settings.import_runs
    if weekday in runs.full:
        return RunKind.FULL
    return RunKind.DELTA if weekday in runs.delta else None


def _instant(settings: Settings, day: date) -> datetime:
    at = datetime.combine(day, settings.settings.evening, settings.zone)
    # There and back: an hour that the clock passes over does not exist, and comparing it would go by its digits.
    return at.astimezone(UTC).astimezone(settings.zone)
