"""The order log: whom a run ordered for, and of all others why not."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from runs import LOK, NOM, apply, planned, run_of
from webapp.config import Settings
from webapp.model import Admission, Gate, InRun, Listing, OrderedFor, Outcome, RunKind, Season
from webapp.store import Store, as_text, run_log
from webapp.store.admissions import remember_admission
from webapp.store.listing import ListQuery
from world import NOW, UIB, UIO

OSLO = ZoneInfo("Europe/Oslo")
PAST = Admission(2026, Season.AUTUMN, "NOM", "I fjor", True)


def page(store: Store, query: ListQuery, **wish: object) -> tuple[list[tuple[str | None, str]], int]:
    """Applicant numbers and reasons, and how many there are."""
    asked = Listing(**({"sort": "applicant_number"} | wish))  # type: ignore[arg-type]
    rows, hits = query.page(store.db, asked, OSLO)
    return [(row["applicant_number"], row["reason"]) for row in rows], hits


def walked(store: Store, query: ListQuery, **wish: object) -> list[tuple[str | None, str]]:
    """The same, a row at a time as a program walks, from each row to the next."""
    found, last = [], None
    while rows := query.after(store.db, Listing(**({"sort": "applicant_number", "rows": 1} | wish)), OSLO, last):  # type: ignore[arg-type]
        found += [(row["applicant_number"], row["reason"]) for row in rows]
        last = rows[-1]["sorted_by"], rows[-1]["sorted_key"]
    return found


def report(store: Store, person_id: int, application: str | None = None) -> None:
    with store.write() as db:
        db.execute(
            """INSERT INTO reports (person_id, application, reported_at, registered_by, place)
            VALUES (?, ?, ?, 'berg', 'person')""",
            [person_id, application, as_text(NOW)],
        )


@pytest.fixture
def applied(store: Store) -> Sequence[int]:
    """Four in an open admission, of whom one has not consented; two in one that is past, and one who applied nowhere
    but reported new results."""
    ids = [*apply(store, 3), *apply(store, 1, NOM, None, first=3), *apply(store, 2, PAST, first=4)]
    with store.write() as db:
        db.execute(
            "UPDATE applications SET applicant_number = 'P' || applicant_number WHERE admission = ?", [PAST.code]
        )
    return ids


def test_everybody_is_in_one_of_the_lists_with_the_reason(
    store: Store, settings: Settings, applied: Sequence[int]
) -> None:
    run = planned(store, settings)
    assert page(store, run_log.ordered(run)) == ([("NOM1000", "full"), ("NOM1001", "full"), ("NOM1002", "full")], 3)
    left_out = [("NOM1003", "no-consent"), ("PNOM1004", "cut-off"), ("PNOM1005", "cut-off")]
    assert page(store, run_log.left_out(run)) == (left_out, 3)
    assert sum(run.left_out.values()) == 3
    for gate in Gate:
        only = [each for each in left_out if each[1] == gate]
        assert page(store, run_log.left_out(run, gate), filters={"reason": gate.value}) == (only, len(only))


def test_who_had_been_asked_about_already_is_told_without_a_row(
    store: Store, settings: Settings, applied: Sequence[int]
) -> None:
    planned(store, settings)
    apply(store, 1, LOK, first=8)
    run = planned(store, settings, RunKind.DELTA)
    assert page(store, run_log.ordered(run)) == ([("LOK1008", "new")], 1)
    asked = [(f"NOM100{n}", "already-asked") for n in range(3)]
    left_out = [*asked, ("NOM1003", "no-consent"), ("PNOM1004", "cut-off"), ("PNOM1005", "cut-off")]
    assert page(store, run_log.left_out(run)) == (left_out, 6)
    assert page(store, run_log.left_out(run, Gate.ALREADY_ASKED), filters={"reason": "already-asked"})[0] == asked
    # Whoever applies later was not left out.
    apply(store, 1, NOM, first=9)
    assert page(store, run_log.left_out(run))[1] == 6


def test_who_is_in_a_run_without_an_application_comes_first_on_every_way(
    store: Store, settings: Settings, applied: Sequence[int]
) -> None:
    reported, protected, *_ = applied[-2:]
    for person in (reported, protected):
        report(store, person)
    with store.write() as db:
        db.execute("UPDATE people SET protected_address = 1 WHERE id = ?", [protected])
    run = planned(store, settings)
    assert page(store, run_log.ordered(run), rows=2)[0] == [(None, "reported"), ("NOM1000", "full")]
    query = run_log.left_out(run)
    everybody = [(None, "protected"), ("NOM1003", "no-consent"), ("PNOM1004", "cut-off"), ("PNOM1005", "cut-off")]
    pages = [page(store, query, rows=3, page=n)[0] for n in (1, 2)]
    assert [*pages[0], *pages[1]] == everybody == walked(store, query)
    assert [
        (row["applicant_number"], row["reason"]) for row in query.rows(store.db, Listing("applicant_number"), OSLO)
    ] == (everybody)
    assert walked(store, query, sort="name", descending=True) == [
        (None, "protected"),
        ("PNOM1005", "cut-off"),
        ("PNOM1004", "cut-off"),
        ("NOM1003", "no-consent"),
    ]
    assert page(store, run_log.left_out(run, Gate.PROTECTED), filters={"reason": "protected"})[0] == everybody[:1]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"name": "xyz"}, []),
        ({"name": "kari"}, [None, "NOM1003", "PNOM1004", "PNOM1005"]),
        ({"applicant_number": "pnom"}, ["PNOM1004", "PNOM1005"]),
        ({"admission": PAST.code}, ["PNOM1004", "PNOM1005"]),
        ({"admission": LOK.code}, []),
    ],
)
def test_those_left_out_are_looked_for_whatever_the_reason(
    store: Store, settings: Settings, applied: Sequence[int], filters: dict[str, str], found: list[str | None]
) -> None:
    report(store, applied[-2])
    with store.write() as db:
        db.execute("UPDATE people SET protected_address = 1 WHERE id = ?", [applied[-2]])
    run = planned(store, settings)
    rows, hits = page(store, run_log.left_out(run), filters=filters)
    assert ([number for number, _ in rows], hits) == (found, len(found))


def test_a_row_tells_what_came_for_its_person_and_no_other(
    store: Store, settings: Settings, applied: Sequence[int]
) -> None:
    run = planned(store, settings)
    one, other, third = applied[:3]
    with store.write() as db:
        db.execute(
            """INSERT INTO answers (fetch_id, person_id, outcome, seconds, answered_at)
            SELECT id, ?, 'found', 1, ? FROM fetches WHERE institution = ?""",
            [one, as_text(NOW), UIO],
        )
        db.execute("UPDATE fetches SET state = 'done', finished_at = ? WHERE institution = ?", [as_text(NOW), UIO])
        db.execute(
            """UPDATE fetches SET state = 'failed', whole_outcome = 'failed', people = json_array(?, ?), finished_at = ?
            WHERE institution = ?""",
            [one, third, as_text(NOW), UIB],
        )
    rows, _ = run_log.ordered(run_of(store, run.id)).page(store.db, Listing("applicant_number"), OSLO)
    assert {row["person_id"]: row["came"] for row in rows} == {
        one: {Outcome.FOUND: 1, Outcome.FAILED: 1},
        other: {},
        third: {Outcome.FAILED: 1},
    }


def test_a_person_has_a_reason_for_each_application(store: Store, settings: Settings, applied: Sequence[int]) -> None:
    person = applied[0]
    with store.write() as db:
        remember_admission(db, PAST)
        db.execute(
            "INSERT INTO applications (applicant_number, person_id, admission) VALUES ('Z1', ?, ?)",
            [person, PAST.code],
        )
    report(store, person, "NOM1000")
    run = planned(store, settings, now=NOW + timedelta(minutes=1))
    assert run_log.in_run(store.db, run, person) == [
        InRun("NOM1000", NOM.code, OrderedFor.REPORTED, None),
        InRun("Z1", PAST.code, None, Gate.CUT_OFF),
    ]
    again = planned(store, settings, RunKind.DELTA)
    assert run_log.in_run(store.db, again, person)[0] == InRun("NOM1000", NOM.code, None, Gate.ALREADY_ASKED)
    assert run_log.in_run(store.db, run, 99) == []
