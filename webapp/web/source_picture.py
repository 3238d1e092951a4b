"""How a source has answered, as a picture: bars for answers, failures and times, by the hour or by the day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.model.sources import SourceHour, all_times, quantile
from webapp.web.bars import Bar, Lane
from webapp.web.intake_words import count_of
from webapp.web.language import gettext

HOURS, DAYS = 24, 30
#: A picture in its own units: its width, and how high its lanes and their bars are.
WIDTH, LANE, HEIGHT = 480, 68, 44
#: The small one of a row: a bar's place and height.
SMALL_STEP, SMALL_HEIGHT = 4, 18


@dataclass(frozen=True)
class Span:
    """An hour or a day: how many questions were answered, how many failed, and the answers' times in seconds, None
    where nothing was answered. `name` is how it is written, `tick` what stands below it where there is room."""

    name: str
    tick: str
    answered: int
    failed: int
    median: float | None
    slow: float | None

    @property
    def figures(self) -> tuple[str, str, str, str]:
        """Answers, failures and times as they are written."""
        return count_of(self.answered), count_of(self.failed), seconds_words(self.median), seconds_words(self.slow)


@dataclass(frozen=True)
class Picture:
    """Lanes above one another, what stands below them, and the same in figures."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    spans: tuple[Span, ...]
    bar: float
    width: int
    height: int


def by_the_hour(hours: Sequence[SourceHour], zone: ZoneInfo, now: datetime) -> tuple[Span, ...]:
    """The hours up to now, the eldest first, whether something was asked in them or not."""
    this = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    known = {each.hour.astimezone(UTC): each for each in hours}
    begins = [this - timedelta(hours=back) for back in reversed(range(HOURS))]
    return tuple(
        _span(
            gettext("%(day)s kl. %(hour)s", day=f"{at.astimezone(zone):%d.%m.}", hour=f"{at.astimezone(zone):%H}"),
            f"{at.astimezone(zone):%H}" if at.astimezone(zone).hour % 3 == 0 else "",
            [known[at]] if at in known else [],
        )
        for at in begins
    )


def by_the_day(hours: Sequence[SourceHour], zone: ZoneInfo, now: datetime) -> tuple[Span, ...]:
    """The days up to today, the eldest first."""
    today = now.astimezone(zone).date()
    known: dict[date, list[SourceHour]] = {}
    for each in hours:
        known.setdefault(each.hour.astimezone(zone).date(), []).append(each)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return tuple(
        _span(f"{day:%d.%m.%Y}", f"{day:%d.%m.}" if place % 7 == 1 else "", known.get(day, []))
        for place, day in enumerate(days)
    )


def picture_of(spans: Sequence[Span]) -> Picture | None:
    """The picture of some spans; None where nothing was asked in them."""
    if not any(span.answered or span.failed for span in spans):
        return None
    step = WIDTH / len(spans)
    slow = [span.slow for span in spans]
    median = [span.median for span in spans]
    longest = max((each for each in slow if each), default=0.0)
    times = (*_bars(2, spans, slow, longest, "slow"), *_bars(2, spans, median, longest, "median"))
    lanes = (
        _counted(0, gettext("Svar"), spans, [span.answered for span in spans], "answered"),
        _counted(1, gettext("Feil"), spans, [span.failed for span in spans], "failed"),
        Lane(gettext("Svartid"), gettext("%(seconds)s s", seconds=seconds_words(longest)), 3 * LANE, times),
    )
    ticks = tuple((round((place + 0.36) * step, 1), span.tick) for place, span in enumerate(spans) if span.tick)
    return Picture(lanes, ticks, tuple(spans), round(step * 0.72, 1), WIDTH, 3 * LANE + 20)


def small_picture(spans: Sequence[Span]) -> tuple[Bar, ...]:
    """Answers and failures of each hour in one bar: failures stand at its foot, and show however few they are."""
    most = max((span.answered + span.failed for span in spans), default=0)
    bars: list[Bar] = []
    for place, span in enumerate(spans):
        failed = _height(span.failed, most, SMALL_HEIGHT)
        answered = min(_height(span.answered, most, SMALL_HEIGHT), SMALL_HEIGHT - failed)
        x = place * SMALL_STEP
        if failed:
            bars.append(Bar(x, SMALL_HEIGHT - failed, failed, "failed", span.name))
        if answered:
            bars.append(Bar(x, SMALL_HEIGHT - failed - answered, answered, "answered", span.name))
    return tuple(bars)


def seconds_words(seconds: float | None) -> str:
    """A time as Norwegians write it: 0,05 or 1,4; "–" where there is none."""
    if seconds is None:
        return "–"
    if seconds < 0.005:
        return "< 0,01"
    return (f"{seconds:.2f}" if seconds < 1 else f"{seconds:.1f}").replace(".", ",")


def _span(name: str, tick: str, hours: Sequence[SourceHour]) -> Span:
    times = all_times(hours)
    answered, failed = sum(each.answered for each in hours), sum(each.failed for each in hours)
    return Span(name, tick, answered, failed, quantile(times, 0.5), quantile(times, 0.95))


def _counted(place: int, name: str, spans: Sequence[Span], numbers: Sequence[int], look: str) -> Lane:
    most = max(numbers, default=0)
    return Lane(name, count_of(most), (place + 1) * LANE, tuple(_bars(place, spans, numbers, most, look)))


def _bars(place: int, spans: Sequence[Span], numbers: Sequence[float | None], most: float, look: str) -> Iterable[Bar]:
    base, step = (place + 1) * LANE, WIDTH / len(spans)
    for x, (span, number) in enumerate(zip(spans, numbers, strict=True)):
        if number:
            height = _height(number, most, HEIGHT)
            written = count_of(number) if isinstance(number, int) else f"{seconds_words(number)} s"
            yield Bar(round(x * step, 1), base - height, height, look, f"{span.name}: {written}")


def _height(number: float, most: float, height: int) -> int:
    """At least two, however little it is: something is not nothing."""
    return max(2, round(height * number / most)) if number and most else 0
