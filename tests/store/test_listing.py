"""Lists: filters, order, pages, and how many hits there are."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from webapp.identity import make_synthetic, parse
from webapp.model import Admission, Listing, Person, Season
from webapp.store import Store, as_text, people
from webapp.store.admissions import remember_admission
from webapp.store.applications import LIST
from world import NOW

OSLO = ZoneInfo("Europe/Oslo")
NAMES = ["Kari Nordmann", "Ola Nordmann", "Åse Sætre", "Bjørn-Åge Nordli"]


@pytest.fixture
def listed(store: Store) -> Store:
    """Four applicants, fetched in the last hour of a day and the first of the next, as Oslo has it."""
    with store.write() as db:
        remember_admission(db, Admission(2027, Season.AUTUMN, "NOM"))
        for place, name in enumerate(NAMES):
            given, family = name.split()
            number = parse(make_synthetic(datetime(1999, 1, 1).date(), place))
            person = people.register(db, [number], given, family, NOW)
            fetched = datetime(2026, 11, 23, 22 + place % 2, 30, tzinfo=UTC)
            db.execute(
                "INSERT INTO applications (applicant_number, person_id, admission, fetched_at) VALUES (?, ?, ?, ?)",
                [f"NOM{place}", person, "2027-HØST-NOM", as_text(fetched)],
            )
    return store


def numbers(store: Store, **wish: object) -> tuple[list[str], int]:
    rows, hits = LIST.page(store.db, Listing(**({"sort": "applicant_number"} | wish)), OSLO)  # type: ignore[arg-type]
    return [row["applicant_number"] for row in rows], hits


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["NOM0", "NOM1", "NOM2", "NOM3"]),
        ({"name": "nord"}, ["NOM0", "NOM1", "NOM3"]),
        ({"name": "Nord bjorn"}, ["NOM3"]),
        ({"name": "ÅSE"}, ["NOM2"]),
        ({"name": "mann"}, []),
        ({"applicant_number": "nom1"}, ["NOM1"]),
        ({"applicant_number": "%1"}, []),
        ({"admission": "2027-VÅR-NOM"}, []),
        ({"fetched_from": "2026-11-24"}, ["NOM1", "NOM3"]),
        ({"name": "nord", "fetched_from": "2026-11-24"}, ["NOM1", "NOM3"]),
    ],
)
def test_filters_narrow_the_list(listed: Store, filters: dict[str, str], found: list[str]) -> None:
    assert numbers(listed, filters=filters) == (found, len(found))


def test_a_page_holds_its_rows_and_the_last_one_what_is_left(listed: Store) -> None:
    assert numbers(listed, rows=3) == (["NOM0", "NOM1", "NOM2"], 4)
    assert numbers(listed, rows=3, page=2) == (["NOM3"], 4)
    assert numbers(listed, rows=2, page=3) == ([], 4)


def test_the_order_turns_round(listed: Store) -> None:
    assert numbers(listed, sort="name", descending=True)[0] == ["NOM2", "NOM1", "NOM0", "NOM3"]


def test_a_new_name_is_found_at_once(listed: Store, kari: Person) -> None:
    with listed.write() as db:
        db.execute("UPDATE people SET folded_name = 'hansen ase' WHERE folded_name = 'saetre ase'")
    assert numbers(listed, filters={"name": "hansen"})[0] == ["NOM2"]


@pytest.mark.parametrize("sort", ["applicant_number", "consent", "unhandled", "name"])
@pytest.mark.parametrize("descending", [False, True])
def test_a_list_goes_on_after_any_row_as_if_it_had_never_stopped(listed: Store, sort: str, descending: bool) -> None:
    with listed.write() as db:
        for place in (1, 3):
            db.execute("UPDATE applications SET consent_given_at = 'x' WHERE applicant_number = ?", [f"NOM{place}"])
    wish = Listing(sort, descending, filters={"admission": "2027-HØST-NOM"}, rows=1)
    read, last = list[str](), None
    while rows := LIST.after(listed.db, wish, OSLO, last):
        read.append(rows[0]["applicant_number"])
        last = (rows[0]["sorted_by"], rows[0]["sorted_key"])
    assert (read, len(read)) == numbers(listed, sort=sort, descending=descending)


def test_going_on_reads_none_of_the_rows_above(listed: Store) -> None:
    seen: list[str] = []
    with listed.db.tracer(lambda sql, _: seen.append(sql)):
        LIST.after(listed.db, Listing("consent", rows=2), OSLO, ("2026", "NOM1"))
    (plan,) = [
        [row["detail"] for row in listed.db.query(f"EXPLAIN QUERY PLAN {sql}", {"last_by": "", "last_key": ""})]
        for sql in seen
    ]
    assert any("SEARCH applications USING INDEX applications_by_consent_given_at" in step for step in plan)
    assert not any("TEMP B-TREE" in step for step in plan)
