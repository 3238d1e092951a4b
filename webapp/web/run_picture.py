"""The latest runs as a picture: bars for applicants, full and delta runs each against their busiest, and durations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.model import Run, RunKind
from webapp.web.bars import Bar, Lane
from webapp.web.current import house
from webapp.web.intake_words import count_of
from webapp.web.labels import run_kind_name, run_state_name
from webapp.web.language import gettext
from webapp.web.run_words import duration_of
from webapp.web.words import date_of

#: The picture in its own units: a step for each run, and a lane for each kind of bar.
STEP, BAR, LANE, HEIGHT = 16, 11, 92, 64
#: There is room for so many runs.
MOST = 40
#: Every so many runs have their day written below.
DAY_EVERY = 8


@dataclass(frozen=True)
class Picture:
    """Lanes above one another, and below them the days of some runs by where they stand."""

    lanes: tuple[Lane, ...]
    days: tuple[tuple[int, str], ...]
    states: tuple[tuple[str, str], ...]
    bar: int
    width: int
    height: int


def picture_of(newest_first: Sequence[Run]) -> Picture | None:
    """The picture of some runs, the eldest to the left; None of none."""
    begun = [run for run in reversed(newest_first[:MOST]) if run.begun_at is not None]
    if not begun:
        return None
    full = (run_kind_name(RunKind.FULL), [run.ordered if run.kind is RunKind.FULL else None for run in begun])
    delta = (run_kind_name(RunKind.DELTA), [run.ordered if run.kind is RunKind.DELTA else None for run in begun])
    zone = house().settings.zone
    lanes = [
        *(_lane(name, place, begun, numbers, "") for place, (name, numbers) in enumerate((full, delta))),
        _lane(gettext("Tid brukt"), 2, begun, [round(run.seconds) for run in begun], "time"),
    ]
    return Picture(
        lanes=tuple(lanes),
        days=tuple((x * STEP, f"{run.scheduled_for.astimezone(zone):%d.%m.}") for x, run in _some(begun)),
        states=tuple({run.state.value: run_state_name(run.state) for run in begun}.items()),
        bar=BAR,
        width=MOST * STEP,
        height=3 * LANE + 20,
    )


def _lane(name: str, place: int, begun: Sequence[Run], numbers: Sequence[int | None], look: str) -> Lane:
    """`look`: what the bars look like, where that does not follow the state of the run."""
    base, most = (place + 1) * LANE, max((number for number in numbers if number), default=0)
    written = duration_of if look else count_of
    bars = (
        Bar(x * STEP, base - height, height, look or run.state.value, f"{_day(run)}: {written(number)}")
        for x, (run, number) in enumerate(zip(begun, numbers, strict=True))
        if number is not None
        for height in [max(2, round(HEIGHT * number / most)) if number else 0]
    )
    return Lane(name, written(most), base, tuple(bars))


def _some(begun: Sequence[Run]) -> Iterable[tuple[int, Run]]:
    return ((x, run) for x, run in enumerate(begun) if x % DAY_EVERY == 0)


def _day(run: Run) -> str:
    return f"{date_of(run.scheduled_for, house().settings.zone)}, {run_state_name(run.state)}"
