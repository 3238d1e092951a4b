"""What may be written in a case, that nobody writes over another, and that a treated one is locked."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.fetching.ordering import find_or_register
from webapp.identity import parse
from webapp.model import Case, CaseStatus, CaseType, Person
from webapp.recognition.cases import (
    LONGEST,
    ChangedMeanwhile,
    WrongCase,
    change_case,
    exclude,
    include,
    open_case,
    set_status,
)
from webapp.store import Store, cases, results
from world import NOW, OLA_NUMBER, UIO, course, stored


@pytest.fixture
def wish(kari: Person) -> Case:
    return Case(0, kari.id, CaseType.INNPASS, CaseStatus.BEING_TREATED, date(2026, 11, 20))


@pytest.fixture
def opened(store: Store, settings: Settings, wish: Case) -> int:
    return open_case(store, settings, wish, "kberg", NOW)


def result_of(store: Store, person: Person) -> int:
    with store.write() as db:
        study_id = results.study(db, person.id, UIO, "kberg", NOW)
        return results.write_result(db, study_id, UIO, stored(course("MAT1100")), NOW)


@pytest.mark.parametrize("field", LONGEST)
def test_a_text_that_is_too_long_is_refused_beside_its_field(
    store: Store, settings: Settings, wish: Case, field: str
) -> None:
    with pytest.raises(WrongCase) as refused:
        open_case(store, settings, replace(wish, **{field: "x" * (LONGEST[field] + 1)}), "kberg", NOW)
    assert list(refused.value.fields) == [field]
    open_case(store, settings, replace(wish, **{field: "x" * LONGEST[field]}), "kberg", NOW)


@pytest.mark.parametrize("day", [date(2026, 11, 25), date(26, 11, 20)])
def test_nobody_applied_tomorrow_or_in_the_year_26(store: Store, settings: Settings, wish: Case, day: date) -> None:
    with pytest.raises(WrongCase) as refused:
        open_case(store, settings, replace(wish, applied_on=day), "kberg", NOW)
    assert list(refused.value.fields) == ["applied_on"]


def test_today_begins_where_the_caseworker_is(store: Store, settings: Settings, wish: Case) -> None:
    just_past_midnight = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert open_case(store, settings, replace(wish, applied_on=date(2026, 11, 25)), "kberg", just_past_midnight)


def test_lines_are_counted_as_they_are_kept(store: Store, settings: Settings, wish: Case) -> None:
    text = "x\r\n" * (LONGEST["note"] // 2)
    case_id = open_case(store, settings, replace(wish, note=text), "kberg", NOW)
    found = cases.case(store.db, case_id)
    assert found is not None
    assert found.note == text.replace("\r", "").strip()


def test_the_second_to_change_sees_what_the_first_wrote(
    store: Store, settings: Settings, wish: Case, opened: int
) -> None:
    change_case(store, settings, opened, 1, replace(wish, note="first"), "olie", NOW)
    with pytest.raises(ChangedMeanwhile, match="olie har endret saken") as refused:
        change_case(store, settings, opened, 1, replace(wish, note="second"), "kberg", NOW)
    assert refused.value.current.note == "first"


def test_a_treated_case_is_locked_until_it_is_opened_again(store: Store, kari: Person, opened: int) -> None:
    result_id = result_of(store, kari)
    set_status(store, opened, CaseStatus.TREATED, "kberg", NOW)
    with pytest.raises(Refusal, match="låst"):
        include(store, opened, [result_id], "kberg", NOW)
    with pytest.raises(Refusal, match="låst"):
        exclude(store, opened, [result_id])
    set_status(store, opened, CaseStatus.BEING_TREATED, "kberg", NOW)
    include(store, opened, [result_id], "kberg", NOW)
    assert [row.result_id for row in cases.inclusions_of(store.db, opened)] == [result_id]


def test_a_result_of_somebody_else_is_refused(store: Store, opened: int) -> None:
    ola = find_or_register(store, parse(OLA_NUMBER), "Ola", "Hansen", NOW)
    with pytest.raises(Refusal, match="hører ikke til personen"):
        include(store, opened, [result_of(store, ola)], "kberg", NOW)


def test_a_case_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(Refusal, match="fins ikke"):
        set_status(store, 7, CaseStatus.TREATED, "kberg", NOW)


def test_pressing_twice_changes_once(store: Store, opened: int) -> None:
    for _ in range(2):
        set_status(store, opened, CaseStatus.TREATED, "kberg", NOW)
    found = cases.case(store.db, opened)
    assert found is not None
    assert (found.status, found.version) == (CaseStatus.TREATED, 2)
