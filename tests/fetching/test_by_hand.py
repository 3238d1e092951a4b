"""Rows by hand stand beside fetched ones: editable, logged, and touched by no merge."""

from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from webapp.errors import Refusal
from webapp.fetching.by_hand import WrongRow, change_by_hand, note_on_study, remove_by_hand, write_by_hand
from webapp.fetching.ordering import place
from webapp.house import House
from webapp.model import (
    Category,
    ChangeKind,
    ExternalStudy,
    FieldChange,
    Level,
    Origin,
    Person,
    Purpose,
    Result,
    RowByHand,
    Season,
    Term,
)
from webapp.store import Store, results
from webapp.store.log import fields_of
from world import NOTHING, NOW, UIB, UIO, FakeSource, bachelor, course, found

LATER = NOW + timedelta(days=1)
ROW = RowByHand(UIO, course("FIL1", "A", credit_scheme="studiepoeng"))


@pytest.fixture
def fetch(house: House, kari: Person) -> Callable[[], None]:
    def fetch() -> None:
        order_id = place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
        wait(house.fanout.start(order_id), timeout=10)

    return fetch


def uio(store: Store, person: Person) -> ExternalStudy:
    return next(study for study in results.studies_of(store.db, person.id) if study.institution == UIO)


def logged(store: Store, result_id: int) -> list[tuple[object, ...]]:
    rows = store.db.query("SELECT * FROM result_changes WHERE result_id = ? ORDER BY id", [result_id])
    return [(ChangeKind(row["kind"]), row["changed_by"], row["fetch_id"], fields_of(row)) for row in rows]


def refused(store: Store, person: Person, wish: RowByHand) -> dict[str, str]:
    with pytest.raises(WrongRow) as wrong:
        write_by_hand(store, person.id, wish, "kberg", NOW)
    return {field: str(refusal) for field, refusal in wrong.value.fields.items()}


def test_a_row_by_hand_stands_in_person_eksternstudium_and_in_the_log(store: Store, kari: Person) -> None:
    row_id = write_by_hand(store, kari.id, ROW, "kberg", NOW)
    study = uio(store, kari)
    (row,) = study.results
    assert (row.id, row.by_hand, row.result) == (row_id, True, ROW.result)
    assert (study.created_by, study.edited_by, study.edited_at) == ("kberg", "kberg", NOW)
    assert logged(store, row_id) == [(ChangeKind.WRITTEN, "kberg", None, [])]


@pytest.mark.parametrize("then", [NOTHING, found(course("FIL1", "A")), found(course("MAT1100"))])
def test_no_merge_touches_a_row_by_hand(
    store: Store, kari: Person, sources: dict[int, FakeSource], fetch: Callable[[], None], then: object
) -> None:
    sources[UIO].answer = found(course("FYS1000"))
    fetch()
    row_id = write_by_hand(store, kari.id, ROW, "kberg", NOW)
    (before,) = [row for row in uio(store, kari).results if row.by_hand]
    sources[UIO].answer = then  # type: ignore[assignment]
    fetch()
    assert [row for row in uio(store, kari).results if row.by_hand] == [before]
    assert [kind for kind, *_ in logged(store, row_id)] == [ChangeKind.WRITTEN]


def test_a_change_is_logged_field_by_field_with_who(store: Store, kari: Person) -> None:
    row_id = write_by_hand(store, kari.id, ROW, "kberg", NOW)
    better = replace(ROW, result=replace(ROW.result, grade="B", credits=Decimal("7.5")))
    change_by_hand(store, row_id, better, "ohansen", LATER)
    change_by_hand(store, row_id, better, "kberg", LATER)
    fields = [FieldChange("credits", "10", "7.5"), FieldChange("grade", "A", "B")]
    assert logged(store, row_id)[1:] == [(ChangeKind.EDITED, "ohansen", None, fields)]
    assert (uio(store, kari).edited_by, uio(store, kari).edited_at) == ("ohansen", LATER)


def test_a_removed_row_is_not_shown_and_stays_in_the_log(store: Store, kari: Person) -> None:
    row_id = write_by_hand(store, kari.id, ROW, "kberg", NOW)
    remove_by_hand(store, row_id, "ohansen", LATER)
    assert uio(store, kari).results == ()
    assert [kind for kind, *_ in logged(store, row_id)] == [ChangeKind.WRITTEN, ChangeKind.REMOVED]
    with pytest.raises(Refusal, match="Raden fins ikke lenger"):
        change_by_hand(store, row_id, ROW, "kberg", LATER)


def test_fetched_rows_are_read_only(
    store: Store, kari: Person, sources: dict[int, FakeSource], fetch: Callable[[], None]
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetch()
    (row,) = uio(store, kari).results
    with pytest.raises(Refusal, match="Raden er hentet"):
        change_by_hand(store, row.id, ROW, "kberg", NOW)
    with pytest.raises(Refusal, match="Raden er hentet"):
        remove_by_hand(store, row.id, "kberg", NOW)
    assert uio(store, kari).results == (row,)


def test_a_row_may_belong_to_a_fetched_qualification_of_the_same_institution(
    store: Store, kari: Person, sources: dict[int, FakeSource], fetch: Callable[[], None]
) -> None:
    sources[UIO].answer = found(bachelor())
    fetch()
    (degree,) = uio(store, kari).results
    row_id = write_by_hand(store, kari.id, replace(ROW, parent_id=degree.id), "kberg", NOW)
    assert [row.parent_id for row in uio(store, kari).results] == [None, degree.id]
    change_by_hand(store, row_id, ROW, "kberg", LATER)
    assert logged(store, row_id)[1][3] == [FieldChange("parent", degree.key, None)]
    elsewhere = replace(ROW, institution=UIB, parent_id=degree.id)
    assert refused(store, kari, elsewhere) == {"parent": "Velg en kvalifikasjon ved samme institusjon."}


def test_a_qualification_with_rows_below_it_stays_one_and_stays(store: Store, kari: Person) -> None:
    degree = RowByHand(UIO, Result(Category.QUALIFICATION, "CAND", name={"nb": "Cand.mag."}))
    degree_id = write_by_hand(store, kari.id, degree, "kberg", NOW)
    write_by_hand(store, kari.id, replace(ROW, parent_id=degree_id), "kberg", NOW)
    with pytest.raises(Refusal, match="Andre rader hører til denne"):
        remove_by_hand(store, degree_id, "kberg", NOW)
    with pytest.raises(WrongRow, match="Andre rader hører til denne"):
        change_by_hand(store, degree_id, ROW, "kberg", NOW)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": {"nb": " "}}, "name"),
        ({"name": {"nb": "x" * 501}}, "name"),
        ({"thesis_title": {"en": "x" * 501}}, "thesis_en"),
        ({"term": Term(2027, Season.SPRING)}, "term_year"),
        ({"term": Term(98, Season.SPRING)}, "term_year"),
        ({"date": date(2026, 11, 25)}, "date"),
        ({"date": date(98, 11, 25)}, "date"),
        ({"credits": Decimal(-1)}, "credits"),
        ({"credits": Decimal("NaN")}, "credits"),
        ({"credit_scheme": "poeng"}, "credit_scheme"),
        ({"level": Level("FS", "x" * 51)}, "level"),
    ],
)
def test_what_is_wrong_is_told_of_its_field_and_nothing_is_written(
    store: Store, kari: Person, more: dict[str, object], field: str
) -> None:
    wrong = RowByHand(UIO, replace(ROW.result, **more))  # type: ignore[arg-type]
    assert list(refused(store, kari, wrong)) == [field]
    assert results.studies_of(store.db, kari.id) == []


def test_an_unknown_institution_is_refused(store: Store, kari: Person) -> None:
    assert list(refused(store, kari, replace(ROW, institution=4))) == ["institution"]


def test_a_note_has_room_for_four_thousand_characters(store: Store, kari: Person) -> None:
    write_by_hand(store, kari.id, ROW, "kberg", NOW)
    note_on_study(store, kari.id, UIO, "a\r\n" * 1999 + "ab", "ohansen", LATER)
    assert (len(uio(store, kari).note), uio(store, kari).edited_by) == (4000, "ohansen")
    with pytest.raises(Refusal, match="Merknaden har 4001 tegn"):
        note_on_study(store, kari.id, UIO, "x" * 4001, "kberg", LATER)
    with pytest.raises(Refusal, match="ingen rad for denne institusjonen"):
        note_on_study(store, kari.id, UIB, "x", "kberg", LATER)
