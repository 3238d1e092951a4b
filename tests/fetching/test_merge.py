"""Merging is pure: old rows and what a source says now in, changes out."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from webapp.fetching.merge import Incoming, Merge, merge
from webapp.model import Category, ChangeKind, FieldChange, Result, Season, StoredResult, Term

LATER = datetime(2026, 12, 1, tzinfo=UTC)
UIO = 185


def course(code: str, **more: object) -> Result:
    return Result(Category.COURSE, code, **({"term": Term(2020, Season.SPRING), "grade": "D"} | more))  # type: ignore[arg-type]


def rows_after(known: list[StoredResult], merged: Merge) -> list[StoredResult]:
    """What the store would hold after a merge, in memory."""
    rows = {row.id: row for row in known}
    ids: list[int] = []
    for position, match in enumerate(merged.matches):
        row_id = match.known.id if match.known else max(rows, default=0) + 1
        parent = rows[ids[match.incoming.parent]] if match.incoming.parent is not None else None
        rows[row_id] = StoredResult(
            row_id,
            match.incoming.institution,
            match.incoming.key,
            row_id,
            position,
            match.incoming.result,
            parent.id if parent else None,
            parent.key if parent else None,
            match.incoming.original_institution,
        )
        ids.append(row_id)
    for gone in merged.gone:
        rows[gone.id] = replace(gone, gone_at=LATER)
    return list(rows.values())


def after(*incoming: Incoming) -> list[StoredResult]:
    return rows_after([], merge([], incoming))


def kinds(merged: Merge) -> list[ChangeKind | None]:
    return [match.kind for match in merged.matches]


def test_what_was_not_there_is_new() -> None:
    assert kinds(merge([], [Incoming(UIO, course("MAT1100"))])) == [ChangeKind.NEW]


def test_an_improved_grade_tells_before_and_after() -> None:
    known = after(Incoming(UIO, course("MAT1100")))
    (match,) = merge(known, [Incoming(UIO, course("MAT1100", grade="B"))]).matches
    assert (match.kind, match.fields) == (ChangeKind.CHANGED, (FieldChange("grade", "D", "B"),))


def test_a_new_version_of_the_course_is_the_same_result() -> None:
    known = after(Incoming(UIO, course("MAT1100", version="1")))
    (match,) = merge(known, [Incoming(UIO, course("MAT1100", version="2"))]).matches
    assert match.fields == (FieldChange("version", "1", "2"),)


def test_what_is_no_longer_reported_is_gone_once() -> None:
    known = after(Incoming(UIO, course("MAT1100")))
    merged = merge(known, [])
    assert [row.result.code for row in merged.gone] == ["MAT1100"]
    assert merge(rows_after(known, merged), []).changes == 0


def test_what_comes_back_is_the_same_row() -> None:
    known = rows_after(after(Incoming(UIO, course("MAT1100"))), Merge((), ()))
    gone = rows_after(known, merge(known, []))
    (match,) = merge(gone, [Incoming(UIO, course("MAT1100"))]).matches
    assert (match.kind, match.known and match.known.id) == (ChangeKind.BACK, known[0].id)


def test_ten_and_ten_point_zero_credits_are_the_same() -> None:
    known = after(Incoming(UIO, course("MAT1100", credits=Decimal("10"))))
    assert merge(known, [Incoming(UIO, course("MAT1100", credits=Decimal("10.000")))]).changes == 0


def test_two_attempts_in_one_term_stay_two_rows() -> None:
    first, second = Incoming(UIO, course("MAT1100")), Incoming(UIO, course("MAT1100", grade="B"))
    known = after(first, second)
    assert len(known) == 2
    assert merge(known, [second, first]).changes == 0


def test_a_course_that_enters_a_qualification_is_changed() -> None:
    degree = Incoming(UIO, Result(Category.QUALIFICATION, "BIO3", date=date(2021, 6, 20)))
    known = after(Incoming(UIO, course("MAT1100")))
    merged = merge(known, [degree, Incoming(UIO, course("MAT1100"), parent=0)])
    assert kinds(merged) == [ChangeKind.NEW, ChangeKind.CHANGED]
    assert [change.field for change in merged.matches[1].fields] == ["parent"]


def test_the_sources_own_key_outlives_a_new_code() -> None:
    known = after(Incoming(UIO, course("OLD1", source_key="loi:7")))
    (match,) = merge(known, [Incoming(UIO, course("NEW1", source_key="loi:7"))]).matches
    assert match.fields == (FieldChange("code", "OLD1", "NEW1"),)


def keyed(result: Result, key: str) -> Incoming:
    return Incoming(UIO, replace(result, source_key=key))


def test_another_protocol_with_keys_of_its_own_takes_over_the_rows() -> None:
    first = after(Incoming(UIO, course("MAT1100")), Incoming(UIO, course("MAT1110", grade="A")))
    told = [keyed(course("MAT1110", grade="A"), "fs:2"), keyed(course("MAT1100", grade="B"), "fs:1")]
    merged = merge(first, told)
    assert kinds(merged) == [None, ChangeKind.CHANGED]
    assert not merged.gone
    rows = rows_after(first, merged)
    assert sorted(row.key for row in rows) == ["EMNE|fs:1", "EMNE|fs:2"]
    assert merge(rows, told).changes == 0


def test_a_file_without_keys_takes_over_rows_with_keys() -> None:
    first = after(keyed(course("MAT1100"), "fs:1"), keyed(course("MAT1100", grade="B"), "fs:2"))
    merged = merge(first, [Incoming(UIO, course("MAT1100", grade="B")), Incoming(UIO, course("MAT1100"))])
    assert merged.changes == 0
    assert [match.known.id for match in merged.matches if match.known] == [2, 1]


def test_two_keys_of_one_protocol_are_two_results() -> None:
    merged = merge(after(keyed(course("MAT1100"), "fs:1")), [keyed(course("MAT1100"), "fs:2")])
    assert (kinds(merged), len(merged.gone)) == ([ChangeKind.NEW], 1)


def test_a_date_is_the_same_as_the_term_that_it_lies_in() -> None:
    dated = Incoming(UIO, course("MAT1100", term=None, date=date(2020, 6, 12)))
    (match,) = merge(after(dated), [keyed(course("MAT1100"), "fs:1")]).matches
    assert match.known
    assert {change.field for change in match.fields} == {"term", "date"}


def test_a_course_stays_below_its_qualification_when_both_get_keys() -> None:
    degree = Result(Category.QUALIFICATION, "BIO3", date=date(2021, 6, 20))
    first = after(Incoming(UIO, degree), Incoming(UIO, course("MAT1100"), parent=0))
    told = [keyed(degree, "fs:9"), replace(keyed(course("MAT1100"), "fs:1"), parent=0)]
    merged = merge(first, told)
    assert merged.changes == 0
    assert merge(rows_after(first, merged), told).changes == 0


def test_what_a_selection_leaves_out_is_not_gone() -> None:
    degree = Result(Category.QUALIFICATION, "BIO3", date=date(2021, 6, 20))
    first = after(Incoming(UIO, degree), Incoming(UIO, course("MAT1100"), parent=0), Incoming(UIO, course("MAT1110")))
    merged = merge(first, [Incoming(UIO, course("MAT1100"))], is_selection=True)
    assert (merged.changes, len(merged.matches)) == (0, 1)


results = st.builds(
    Result,
    category=st.sampled_from(Category),
    code=st.sampled_from(["A1", "B2", "C3", None]),
    name=st.dictionaries(st.sampled_from(["nb", "en"]), st.sampled_from(["Algebra", "Biologi"])),
    term=st.none() | st.builds(Term, st.sampled_from([2019, 2020]), st.sampled_from(Season)),
    credits=st.none() | st.decimals(0, 60, places=1),
    grade=st.sampled_from(["A", "B", None]),
    source_key=st.sampled_from([None, None, "loi:1", "loi:2"]),
)


@st.composite
def incomings(draw: st.DrawFn) -> list[Incoming]:
    rows: list[Incoming] = []
    for result in draw(st.lists(results, max_size=8)):
        parent = draw(st.none() | st.integers(0, len(rows) - 1)) if rows else None
        rows.append(Incoming(draw(st.sampled_from([UIO, 184])), result, parent))
    return rows


@given(incomings())
def test_merging_the_same_twice_changes_nothing(incoming: list[Incoming]) -> None:
    assert merge(after(*incoming), incoming).changes == 0


@given(incomings(), incomings())
def test_nothing_that_was_known_is_ever_lost(first: list[Incoming], second: list[Incoming]) -> None:
    known = after(*first)
    merged = merge(known, second)
    told = {row.id for row in merged.gone} | {match.known.id for match in merged.matches if match.known}
    assert {row.id for row in known} == told
    assert {row.id for row in known} <= {row.id for row in rows_after(known, merged)}


@given(incomings(), incomings())
def test_after_a_merge_the_rows_are_what_the_source_said(first: list[Incoming], second: list[Incoming]) -> None:
    rows = rows_after(after(*first), merge(after(*first), second))
    assert merge(rows, second).changes == 0


@given(incomings())
def test_the_same_results_by_another_protocol_change_nothing(told: list[Incoming]) -> None:
    bare = [replace(item, result=replace(item.result, source_key=None)) for item in told]
    keyed = [replace(item, result=replace(item.result, source_key=f"k{place}")) for place, item in enumerate(bare)]
    rows = rows_after(after(*bare), merge(after(*bare), keyed))
    assert len(rows) == len(bare)
    again = merge(rows, bare)
    assert not again.gone
    assert {match.kind for match in again.matches} <= {None, ChangeKind.CHANGED}
