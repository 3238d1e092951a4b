"""What ticked results come to: never the same work twice, whatever the order."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.model import Level, StoredResult
from webapp.recognition.credits import Stage, count, stage_of
from world import NOW, UIB, UIO, bachelor, course, stored

DEGREE = stored(bachelor(), 1)
BELOW = stored(course("MAT1100"), 2, parent_id=1)
LOOSE = stored(course("FYS1000", level=Level("EQF", "7")), 3, UIB)
ROWS = (DEGREE, BELOW, LOOSE)


def test_credits_are_counted_by_institution_and_level() -> None:
    counted = count(ROWS, {2, 3})
    assert counted.parts == {(UIO, Stage.UNKNOWN): 10, (UIB, Stage.MASTER): 10}
    assert (counted.total, counted.below, counted.without) == (20, {}, frozenset())


def test_a_course_below_a_ticked_qualification_is_told_and_not_counted() -> None:
    counted = count(ROWS, {1, 2, 3})
    assert (counted.total, counted.below) == (190, {2: 1})


def test_a_qualification_without_credits_leaves_the_count_to_its_courses() -> None:
    counted = count([replace(DEGREE, result=replace(DEGREE.result, credits=None)), BELOW], {1, 2})
    assert (counted.total, counted.below, counted.without) == (10, {}, {1})


def test_vekttall_are_three_studiepoeng_and_other_units_are_told() -> None:
    old = stored(course("HI-GR", credits=Decimal(20), credit_scheme="vekttall"), 1)
    hours = stored(course("KURS", credits=Decimal(8), credit_scheme="timer"), 2)
    counted = count([old, hours], {1, 2})
    assert (counted.total, counted.without) == (60, {2})


def test_a_ticked_row_that_is_no_longer_reported_counts() -> None:
    assert count([replace(LOOSE, gone_at=NOW)], {3}).total == 10


@pytest.mark.parametrize(
    ("level", "stage"),
    [
        (None, Stage.UNKNOWN),
        (Level("EQF", "5"), Stage.LOWER),
        (Level("EQF", "6"), Stage.BACHELOR),
        (Level("EQF", "7"), Stage.MASTER),
        (Level("EQF", "8"), Stage.DOCTORATE),
        (Level("EQF", "9"), Stage.UNKNOWN),
        (Level("FS", "41"), Stage.LOWER),
        (Level("FS", "70"), Stage.BACHELOR),
        (Level("FS", "495"), Stage.BACHELOR),
        (Level("FS", "500"), Stage.MASTER),
        (Level("FS", "590"), Stage.MASTER),
        (Level("FS", "600"), Stage.UNKNOWN),
        (Level("FS", "990"), Stage.DOCTORATE),
        (Level("ELMO", "6"), Stage.UNKNOWN),
    ],
)
def test_a_level_is_read_by_its_scheme(level: Level | None, stage: Stage) -> None:
    assert stage_of(level) is stage


@st.composite
def trees(draw: st.DrawFn) -> list[StoredResult]:
    """Rows with and without credits, each perhaps below one before it."""
    rows = []
    for id in range(1, draw(st.integers(1, 12)) + 1):
        credits = draw(st.none() | st.integers(0, 60).map(Decimal))
        parent = draw(st.none() | st.integers(1, id - 1)) if id > 1 else None
        institution = draw(st.sampled_from((UIO, UIB)))
        rows.append(stored(course(f"C{id}", credits=credits), id, institution, parent_id=parent))
    return rows


def path(row: StoredResult, known: dict[int, StoredResult]) -> list[int]:
    above = known.get(row.parent_id or 0)
    return [row.id, *(path(above, known) if above else [])]


@given(trees(), st.data())
def test_on_no_path_from_a_course_to_its_top_are_two_rows_counted(
    rows: list[StoredResult], data: st.DataObject
) -> None:
    ticked = data.draw(st.sets(st.integers(1, len(rows))))
    counted = count(rows, ticked)
    counting = ticked - set(counted.below) - counted.without
    known = {row.id: row for row in rows}
    assert all(len(counting & set(path(row, known))) <= 1 for row in rows)
    assert counted.total == sum((known[id].result.credits or Decimal(0) for id in counting), Decimal(0))


@given(trees(), st.data())
def test_every_ticked_row_counts_or_says_why_not(rows: list[StoredResult], data: st.DataObject) -> None:
    ticked = data.draw(st.sets(st.integers(1, len(rows))))
    counted = count(rows, ticked)
    for row in rows:
        says_why = row.id in counted.below or row.id in counted.without
        assert not says_why if row.id not in ticked else says_why or bool(row.result.credits)
    assert set(counted.below.values()) <= ticked - counted.without - set(counted.below)


@given(trees(), st.data())
def test_the_order_of_the_rows_means_nothing(rows: list[StoredResult], data: st.DataObject) -> None:
    ticked = data.draw(st.sets(st.integers(1, len(rows))))
    assert count(data.draw(st.permutations(rows)), ticked) == count(rows, ticked)
