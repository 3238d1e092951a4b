"""Cases are found, changed by one at a time, and hold results of their person."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from webapp.identity import parse
from webapp.model import Case, CaseStatus, CaseType, Inclusion, Listing, Person
from webapp.store import Store, cases, people, results
from world import NOW, OLA_NUMBER, UIO, course, stored

OSLO = ZoneInfo("Europe/Oslo")
LATER = NOW + timedelta(hours=1)


def wish(person: Person, **more: object) -> Case:
    """A case about a person as it is first written."""
    values = {"type": CaseType.INNPASS, "status": CaseStatus.UNTREATED, "applied_on": date(2026, 11, 20)}
    return Case(0, person.id, **(values | more))  # type: ignore[arg-type]


def write(store: Store, case: Case) -> int:
    with store.write() as db:
        return cases.create(db, case, "kberg", NOW)


def write_result(store: Store, person: Person, code: str = "MAT1100") -> int:
    with store.write() as db:
        study_id = results.study(db, person.id, UIO, "kberg", NOW)
        return results.write_result(db, study_id, UIO, stored(course(code)), NOW)


def listed(store: Store, **filters: str) -> list[int]:
    rows, _ = cases.LIST.page(store.db, Listing("case", filters=filters), OSLO)
    return [row["id"] for row in rows]


def test_a_case_is_kept_as_it_was_written(store: Store, kari: Person) -> None:
    case = wish(kari, place="Oslo", responsible="kberg", journal_number="26/1", application_text="a", note="b")
    case_id = write(store, case)
    signed = {"created_at": NOW, "created_by": "kberg", "changed_at": NOW, "changed_by": "kberg"}
    assert cases.case(store.db, case_id) == replace(case, id=case_id, **signed)


def test_only_the_first_change_on_top_of_a_version_is_written(store: Store, kari: Person) -> None:
    case_id = write(store, wish(kari))
    with store.write() as db:
        assert cases.change(db, case_id, 1, wish(kari, note="first"), "kberg", LATER)
        assert not cases.change(db, case_id, 1, wish(kari, note="second"), "olie", LATER)
    found = cases.case(store.db, case_id)
    assert found is not None
    assert (found.note, found.version, found.changed_by, found.changed_at) == ("first", 2, "kberg", LATER)


def test_a_result_stays_in_a_case_with_who_ticked_it_first(store: Store, kari: Person) -> None:
    case_id, result_id = write(store, wish(kari)), write_result(store, kari)
    with store.write() as db:
        cases.include(db, case_id, [result_id], "kberg", NOW)
        cases.include(db, case_id, [result_id], "olie", LATER)
    assert cases.inclusions_of(store.db, case_id) == [Inclusion(result_id, NOW, "kberg")]
    with store.write() as db:
        cases.exclude(db, case_id, [result_id])
    assert cases.inclusions_of(store.db, case_id) == []


def test_the_other_cases_of_a_result_are_known(store: Store, kari: Person) -> None:
    this, other, result_id = write(store, wish(kari)), write(store, wish(kari)), write_result(store, kari)
    with store.write() as db:
        cases.include(db, this, [result_id], "kberg", NOW)
        cases.include(db, other, [result_id], "kberg", NOW)
    assert {key: [case.id for case in found] for key, found in cases.elsewhere(store.db, this).items()} == {
        result_id: [other]
    }


@pytest.mark.parametrize(
    "filters",
    [
        {"case": "1"},
        {"name": "kari nord"},
        {"type": "INNPASS"},
        {"status": "active"},
        {"status": "BEHANDLES"},
        {"applied_from": "2026-11-20", "applied_to": "2026-11-20"},
        {"place": "osl"},
        {"responsible": "kberg"},
        {"journal": "26/"},
        {"fetched_from": "2026-11-24"},
        {"changed_from": "2026-11-24"},
    ],
)
def test_each_filter_finds_karis_case_and_not_olas(store: Store, kari: Person, filters: dict[str, str]) -> None:
    first = write(
        store,
        wish(kari, status=CaseStatus.BEING_TREATED, place="Oslo", responsible="kberg", journal_number="26/1"),
    )
    with store.write() as db:
        ola = people.person(db, people.register(db, [parse(OLA_NUMBER)], "Ola", "Hansen", NOW))
        assert ola is not None
        cases.create(
            db,
            wish(ola, type=CaseType.PRIOR, status=CaseStatus.TREATED, applied_on=date(2026, 10, 1)),
            "olie",
            NOW,
        )
        db.execute(
            "UPDATE cases SET fetched_at = ?, result_changed_at = ? WHERE id = ?", [NOW.isoformat()] * 2 + [first]
        )
    assert listed(store, **filters) == [first]


def test_what_is_no_number_is_no_case(store: Store, kari: Person) -> None:
    case_id = write(store, wish(kari))
    assert listed(store, case=f"{case_id}x") == []


def test_those_responsible_are_told_once_and_nobody_is_not_one(store: Store, kari: Person) -> None:
    for name in ("olie", "kberg", "", "olie"):
        write(store, wish(kari, responsible=name))
    assert cases.responsibles(store.db) == ["kberg", "olie"]


def test_nobody_is_responsible_where_there_are_no_cases(store: Store) -> None:
    assert cases.responsibles(store.db) == []
