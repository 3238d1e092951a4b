"""The bench's table from given figures: ratios by round, goals met and not met; and its place on a page."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def table() -> ModuleType:
    """The module, which is found beside the works that it is about and is no package."""
    place = Path(__file__).parents[1] / "bench" / "table.py"
    spec = importlib.util.spec_from_file_location("bench_table", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_table"] = module  # where dataclasses look up what stands in it
    spec.loader.exec_module(module)
    return module


def measured(table: ModuleType, ours: list[float], theirs: list[float], *goals: object) -> object:
    work = table.Work("import", "look-ups per CPU s", goals)
    for mine, other in zip(ours, theirs, strict=True):
        work.add(table.OURS, table.Sample(mine, cpu=1.5, peak_mb=100))
        work.add("loop", table.Sample(other))
    return work


def test_a_line_has_median_spread_ratio_and_goal(table: ModuleType) -> None:
    work = measured(table, [3000, 5000, 4000], [1000, 1000, 1000], table.Goal("loop", least=4))
    ours, loop = table.lines_of([work])
    assert ours == ("import", table.OURS, "4,000 (3,000-5,000)", work.unit, "1.50", "", "100", "", "", "")
    assert loop == ("", "loop", "1,000 (1,000-1,000)", work.unit, "", "", "", "4", "≥ 4", "met")
    assert table.all_met([work])


def test_each_round_is_compared_with_itself_alone(table: ModuleType) -> None:
    # In the second round the machine had something else to do while we were at it: the medians alone would say 1.
    work = measured(table, [4000, 1000, 1000], [1000, 1000, 250], table.Goal("loop", least=4.1))
    assert work.ratio("loop") == 4
    assert table.lines_of([work])[1][-2:] == ("≥ 4.1", "NOT met")
    assert not table.all_met([work])


@pytest.mark.parametrize(("most", "said"), [(0.5, "met"), (0.49, "NOT met")])
def test_a_goal_of_ours_alone_stands_on_our_line(table: ModuleType, most: float, said: str) -> None:
    work = measured(table, [0.5, 0.4, 0.6], [9, 9, 9], table.Goal(most=most))
    assert table.lines_of([work])[0][-2:] == (f"≤ {most}", said)


def test_one_goal_that_is_not_met_tells_for_all(table: ModuleType) -> None:
    good = measured(table, [2], [1], table.Goal("loop", least=1))
    bad = measured(table, [2], [1], table.Goal("loop", most=1))
    assert table.all_met([good, good])
    assert not table.all_met([good, bad])


def test_the_table_for_the_page_has_a_row_for_each_contender(table: ModuleType) -> None:
    lines = table.markdown_of([measured(table, [2], [1])]).splitlines()
    assert len(lines) == 2 + 2
    assert {line.count("|") for line in lines} == {len(table.HEADINGS) + 1}


def test_figures_stand_between_the_marks_of_a_page(table: ModuleType) -> None:
    begins, ends = table.MARKS
    page = f"# Benchmarks\n{begins}old\n{ends}## What is not met\n"
    once = table.with_figures(page, "new\n")
    assert once == f"# Benchmarks\n{begins}new\n{ends}## What is not met\n"
    assert table.with_figures(once, "new\n") == once


def test_a_page_without_both_marks_is_left_alone(table: ModuleType) -> None:
    with pytest.raises(ValueError, match="figures"):
        table.with_figures(f"# Benchmarks\n{table.MARKS[0]}old\n", "new\n")


def test_the_page_of_the_bench_has_the_marks(table: ModuleType) -> None:
    page = (Path(__file__).parents[1] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert "| work |" not in table.with_figures(page, "")
