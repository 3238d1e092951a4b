"""Sporing and Hvem har sett: the trace as the auditor and the person who asks see it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html

from runs import planned
from signing_in import browser_of, with_sign_in
from webapp.house import House
from webapp.model import Act, Person, Role, TraceEntry
from webapp.store import trace, trace_chain
from world import KARI_NUMBER, NOW, OLA_NUMBER

Leave = Callable[..., None]


@pytest.fixture
def leave(house: House) -> Leave:
    """Leaves an entry so many minutes from now: act, door, people and content."""

    def leave(minutes: int, act: Act, door: str, *people: int, **content: str) -> None:
        with house.store.write() as db:
            trace.append(db, TraceEntry(NOW + timedelta(minutes=minutes), "oli", act, door, people, content))

    return leave


def rows(client: FlaskClient, address: str) -> list[list[str]]:
    body = html.fromstring(client.get(address).text).xpath("//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in body]


def test_what_was_done_stands_newest_first(client: FlaskClient, leave: Leave) -> None:
    leave(0, Act.LOOKED, "person.show", 7)
    leave(1, Act.ORDERED, "case.order", 7, 8, purpose="recognition")
    shown = rows(client, "/trace")
    assert [row[1:] for row in shown] == [
        ["oli", "bestilte resultater", "case case.order", "2 personer", "formål: godkjenning"],
        ["oli", "så på", "resultatene person.show", "#7", ""],
    ]


@pytest.mark.parametrize(
    ("asked", "hits"),
    [
        ("by=oli", 2),
        ("act=looked", 1),
        ("door=cases", 1),
        ("person=8", 1),
        ("from=2026-11-25", 0),
        ("to=2026-11-24", 2),
    ],
)
def test_it_is_filtered(client: FlaskClient, leave: Leave, asked: str, hits: int) -> None:
    leave(0, Act.LOOKED, "person.show", 7)
    leave(1, Act.ORDERED, "cases.order", 7, 8)
    assert html.fromstring(client.get(f"/trace?{asked}").text).xpath("count(//tbody/tr)") == hits


@pytest.mark.parametrize("typed", [KARI_NUMBER, "kari nordmann", "#{id}", "{id}"])
def test_a_person_is_found_in_the_body_and_stands_in_the_address_by_id(
    client: FlaskClient, kari: Person, typed: str
) -> None:
    answer = client.post("/trace", data={"person": typed.format(id=kari.id)})
    assert (answer.status_code, answer.location) == (303, f"/trace?person={kari.id}")


@pytest.mark.parametrize("typed", [OLA_NUMBER, "nobody", "12345678901"])
def test_nobody_is_found_by_what_fits_nobody(client: FlaskClient, kari: Person, typed: str) -> None:
    answer = client.post("/trace", data={"person": typed})
    assert answer.status_code == 422
    assert client.get(f"/trace?person={typed}").status_code == 422


def test_the_auditor_learns_a_name_only_by_a_look_that_is_traced(house: House, kari: Person, leave: Leave) -> None:
    auditor = browser_of(with_sign_in(house), Role.AUDITOR)
    leave(0, Act.LOOKED, "person.show", kari.id, reason="Klage")
    for address in ("/trace", "/trace/1"):
        page = auditor.get(address).text
        assert f"#{kari.id}" in page and "Nordmann" not in page
    assert house.store.db["trace"].count == 1
    assert "Nordmann" in auditor.get(f"/trace/people/{kari.id}").text
    assert auditor.get(f"/trace?person={kari.id}").status_code == 200
    assert [row["door"] for row in house.store.db["trace"].rows_where("by = 'auditor'")] == [
        "trace.of_person",
        "trace.listing",
    ]


def test_the_state_of_the_last_verification_is_told(house: House, client: FlaskClient, leave: Leave) -> None:
    assert "ikke kontrollert ennå" in client.get("/trace").text
    leave(0, Act.LOOKED, "person.show", 7)
    head = trace_chain.verified(house.store, NOW).head
    assert f"1:{head.hash}" in client.get("/trace").text
    with house.store.write() as db:
        db.execute("UPDATE trace_contents SET content = '{}'")
        db.execute("INSERT INTO trace_contents VALUES (1, 'x', '{}') ON CONFLICT DO UPDATE SET salt = 'x'")
    trace_chain.verified(house.store, NOW)
    assert "Innholdet i innføring 1 er endret." in client.get("/trace").text


def test_the_same_by_the_same_on_a_day_is_one_line(client: FlaskClient, kari: Person, leave: Leave) -> None:
    leave(-3 * 24 * 60, Act.LOOKED, "person.show", kari.id)
    for minutes, door in ((0, "person.show"), (5, "evidence.show"), (9, "person.show")):
        leave(minutes, Act.LOOKED, door, kari.id)
    leave(10, Act.EXPORTED, "applications.listing_export", kari.id, 99, form="csv", rows="2")
    leave(11, Act.LOOKED, "person.show", 99)
    shown = rows(client, f"/people/{kari.id}/looks")
    assert [row[1:] for row in shown] == [
        ["oli", "tok ut en fil", "søknader", "fil: csv, rader: 2", "1"],
        ["oli", "så på", "resultatene, kildebevis", "", "3"],
        ["oli", "så på", "resultatene", "", "1"],
    ]
    assert shown[1][0].endswith("09.14–09.23")


def test_the_run_that_ordered_is_told_of(house: House, client: FlaskClient, kari: Person, application: str) -> None:
    run = planned(house.store, house.settings)
    shown = rows(client, f"/people/{kari.id}/looks")
    assert [row[1:4] for row in shown] == [[run.placed_by, "bestilte resultater", "FS154.001"]]


def test_erased_content_is_said_to_be_erased(house: House, client: FlaskClient, kari: Person, leave: Leave) -> None:
    leave(0, Act.LOOKED, "person.show", kari.id, reason="Klage")
    with house.store.write() as db:
        trace.erase_contents(db, kari.id)
    assert rows(client, f"/people/{kari.id}/looks")[0][4] == "innholdet er slettet"
    assert "innholdet er slettet" in client.get("/trace/1").text


def test_an_entry_tells_why_in_words(client: FlaskClient, leave: Leave) -> None:
    leave(0, Act.ORDERED, "person.order", 7, purpose="recognition", reason="Klage", token="studentweb")
    facts = html.fromstring(client.get("/trace/1").text).xpath("//dl/div")
    told = [[" ".join(part.text_content().split()) for part in fact] for fact in facts]
    assert told[3:] == [
        ["Hvor", "resultatene person.order"],
        ["Formål", "godkjenning"],
        ["Begrunnelse", "Klage"],
        ["Token", "studentweb"],
    ]


def test_who_did_nothing_with_a_name_is_no_choice_of_the_filter(client: FlaskClient, house: House) -> None:
    with house.store.write() as db:
        trace.append(db, TraceEntry(NOW, "", Act.REFUSED, "sign_in.enter"))
        trace.append(db, TraceEntry(NOW, "oli", Act.SIGNED_IN, "sign_in.enter"))
    page = html.fromstring(client.get("/trace").text)
    assert page.xpath("//select[@id='filter-by']/option/text()") == ["alle", "oli"]


def test_who_looked_at_somebody_who_is_no_longer_here_is_still_told(client: FlaskClient, leave: Leave) -> None:
    leave(0, Act.LOOKED, "person.show", 99)
    assert "#99, slettet" in client.get("/trace/people/99").text
    assert client.get("/trace/people/98").status_code == 404


@pytest.mark.parametrize("page", ["/people/{id}/looks", "/trace/people/{id}"])
def test_it_is_given_as_files(client: FlaskClient, kari: Person, leave: Leave, page: str) -> None:
    leave(0, Act.LOOKED, "person.show", kari.id)
    here = page.format(id=kari.id)
    assert "oli;så på;resultatene" in client.get(f"{here}.csv").text
    assert client.get(f"{here}.pdf").data.startswith(b"%PDF")
    assert client.get(f"{here}.html").status_code == 404


@pytest.mark.parametrize(
    ("role", "trace_status", "tab_status"),
    [(Role.AUDITOR, 200, 403), (Role.CASE_ADMINISTRATOR, 403, 200), (Role.CASEWORKER, 403, 403)],
)
def test_who_may_see_who_looked(house: House, kari: Person, role: Role, trace_status: int, tab_status: int) -> None:
    browser = browser_of(with_sign_in(house), role)
    assert browser.get(f"/trace/people/{kari.id}").status_code == trace_status
    assert browser.get(f"/people/{kari.id}/looks").status_code == tab_status
    if role is not Role.AUDITOR:
        assert ("Hvem har sett" in browser.get(f"/people/{kari.id}").text) == (tab_status == 200)
