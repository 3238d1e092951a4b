"""The one table of the bench: what was measured in each round, beside its rivals, and whether the goals are met."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.table import Column, Table

#: Who stands first in each work.
OURS = "Eksternstudium"


@dataclass(frozen=True)
class Sample:
    """What one contender did in one round: the figure in the unit of its work; CPU-seconds of its process and of the
    sources meanwhile; the most memory that it took, in MB. None where it was not measured."""

    figure: float
    cpu: float | None = None
    sources_cpu: float | None = None
    peak_mb: float | None = None


@dataclass(frozen=True)
class Goal:
    """`least` or `most`: what ours divided by `against` may be, or ours itself where that is None."""

    against: str | None = None
    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        return f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"

    def is_met(self, value: float) -> bool:
        """Whether a measured value, of the goal's kind, is good enough."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


@dataclass
class Work:
    """A work, in a unit, done by some contenders in turn, round after round."""

    name: str
    unit: str
    goals: Sequence[Goal] = ()
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def add(self, contender: str, sample: Sample) -> None:
        """Note what a contender did in the round that it is in."""
        self.samples.setdefault(contender, []).append(sample)

    def figures(self, contender: str = OURS) -> list[float]:
        """What a contender did, by round."""
        return [sample.figure for sample in self.samples[contender]]

    def ratio(self, rival: str) -> float:
        """Ours divided by a rival's, the median of the rounds: each round is compared with itself alone, since the
        machine's other work slows down all of a round alike."""
        return statistics.median(a / b for a, b in zip(self.figures(), self.figures(rival), strict=True))

    def value(self, goal: Goal) -> float:
        """What a goal is about, as it was measured."""
        return statistics.median(self.figures()) if goal.against is None else self.ratio(goal.against)

    def goal_beside(self, contender: str) -> Goal | None:
        """The goal that stands on a contender's line."""
        against = None if contender == OURS else contender
        return next((goal for goal in self.goals if goal.against == against), None)


def all_met(works: Iterable[Work]) -> bool:
    """Whether every goal is met."""
    return all(goal.is_met(work.value(goal)) for work in works for goal in work.goals)


def lines_of(works: Iterable[Work]) -> list[tuple[str, ...]]:
    """A line for each contender of each work: work, contender, figure, CPU, ratio, goal, met or not."""
    return [_line(work, contender) for work in works for contender in work.samples]


HEADINGS = ("work", "by", "median (min-max)", "unit", "CPU s", "sources' CPU s", "peak MB", "ours / this", "goal", "")


def table_of(works: Sequence[Work], title: str) -> Table:
    """The table, for a terminal."""
    numbers = HEADINGS[2:3] + HEADINGS[4:8]
    table = Table(*(Column(head, justify="right" if head in numbers else "left") for head in HEADINGS), title=title)
    for work in works:
        for line in lines_of([work]):
            table.add_row(*line, style="red" if line[-1] == "NOT met" else "")
        table.add_section()
    return table


def markdown_of(works: Iterable[Work]) -> str:
    """The table, for docs/benchmarks.md."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *lines_of(works)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


#: What stands before and after the figures on a page.
MARKS = ("<!-- figures -->\n", "<!-- end of figures -->\n")


def with_figures(page: str, figures: str) -> str:
    """A page with other figures between its marks. ValueError when it does not have both once."""
    begins, ends = MARKS
    if page.count(begins) != 1 or page.count(ends) != 1:
        raise ValueError(f"it must have {begins.strip()} and {ends.strip()} once each, on lines of their own")
    before, rest = page.split(begins)
    return f"{before}{begins}{figures}{ends}{rest.split(ends)[1]}"


def met(is_met: bool) -> str:
    """The words for it."""
    return "met" if is_met else "NOT met"


def _line(work: Work, contender: str) -> tuple[str, ...]:
    samples, goal = work.samples[contender], work.goal_beside(contender)
    return (
        work.name if contender == next(iter(work.samples)) else "",
        contender,
        _spread([sample.figure for sample in samples]),
        work.unit,
        _median([sample.cpu for sample in samples], ".2f"),
        _median([sample.sources_cpu for sample in samples], ".2f"),
        _median([sample.peak_mb for sample in samples], ".0f"),
        "" if contender == OURS else _figure(work.ratio(contender)),
        "" if goal is None else str(goal),
        "" if goal is None else met(goal.is_met(work.value(goal))),
    )


def _spread(figures: Sequence[float]) -> str:
    return f"{_figure(statistics.median(figures))} ({_figure(min(figures))}-{_figure(max(figures))})"


def _median(figures: Sequence[float | None], spec: str) -> str:
    known = [figure for figure in figures if figure is not None]
    return format(statistics.median(known), spec) if known else ""


def _figure(figure: float) -> str:
    """Three digits that tell something, or the whole number."""
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"
