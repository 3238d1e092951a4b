"""Personvern: the preview of the night's purge, and the erasure of a person, on the screens."""

from dataclasses import replace
from threading import Event

import pytest
from flask.testing import FlaskClient
from lxml import html

from kept import LATER, add_ola, apply_as_kari, keep_results
from lent_screens import screens_of
from signing_in import ME, browser_of, with_sign_in
from webapp.house import House
from webapp.model import Case as RecognitionCase
from webapp.model import CaseStatus, CaseType, Person, Role
from webapp.privacy.purging import purge
from webapp.recognition.cases import open_case
from webapp.store import people
from world import NOW, FakeSource


def rows_of(page: str) -> list[list[str]]:
    """The rows of all tables of a page, as they are read."""
    rows = html.fromstring(page).iter("tr")
    return [[" ".join(cell.text_content().split()) for cell in row.iter("td")] for row in rows]


def later(house: House) -> House:
    """The house long after all limits."""
    return replace(house, clock=lambda: LATER)


def test_the_preview_says_what_goes_and_why_the_others_stay(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    keep_results(house, kari, sources)
    before = screens_of(house).test_client()
    assert "er ikke regnet ut ennå" in before.get("/privacy/retention").text
    assert "Ingen." in before.get("/privacy/retention/application").text
    now = before.post("/privacy/retention", follow_redirects=True).text
    assert "Tallene ble regnet ut i dag 09.14." in now
    assert ["har søkt, og grensen er ikke nådd", "1 har søkt, og grensen er ikke nådd", "01.03.2028"] in rows_of(now)
    assert "Ingenting er slettet ennå." in now
    client = screens_of(later(house)).test_client()
    assert "har søkt, og grensen er ikke nådd" in client.get("/privacy/retention").text
    then = client.post("/privacy/retention", follow_redirects=True).text
    goes = "Personer som resultatene slettes for"
    assert [goes, f"1 {goes}"] in rows_of(then)
    listed = client.get("/privacy/retention/results").text
    (row,) = [row for row in rows_of(listed) if row]
    assert (row[0], row[2]) == ("Nordmann, Kari", "01.03.2028")
    purge(house.store, house.settings, "kberg", lambda: LATER, Event())
    assert ["i dag 09.14", "kberg", f"{goes}: 1", "ferdig"] in rows_of(client.get("/privacy/retention").text)
    assert client.get("/privacy/retention/nothing").status_code == 404


def test_a_system_administrator_sees_numbers_alone(house: House, kari: Person) -> None:
    house = with_sign_in(house)
    seen = browser_of(house, Role.SYSTEM_ADMINISTRATOR)
    assert "/privacy/retention/asked" not in seen.post("/privacy/retention", follow_redirects=True).text
    assert seen.get("/privacy/retention/asked").status_code == 403
    administrator = browser_of(house, Role.CASE_ADMINISTRATOR)
    assert "/privacy/retention/asked" in administrator.get("/privacy/retention").text
    assert "Nordmann" in administrator.get("/privacy/retention/asked").text


@pytest.mark.parametrize(
    ("page", "in_menu", "in_tabs"),
    [
        ("/privacy/legal-basis", "page", ["Rettslig grunnlag"]),
        ("/privacy/retention", "true", ["Sletting"]),
        ("/privacy/retention/results", "true", []),
    ],
)
def test_personvern_is_one_room_with_two_tabs(client: FlaskClient, page: str, in_menu: str, in_tabs: list[str]) -> None:
    read = html.fromstring(client.get(page).text)
    assert read.xpath("//nav[@class='menu']//a[@aria-current]/@aria-current") == [in_menu]
    assert read.xpath("//nav[@class='tabs']//a[@aria-current='page']/text()") == in_tabs


def test_a_person_is_erased_with_a_reason_and_a_tick(house: House, client: FlaskClient, kari: Person) -> None:
    apply_as_kari(house)
    ola = add_ola(house)
    address = f"/people/{kari.id}/erase"
    assert "Kryss av" in client.post(address, data={"reason": "Ba om det"}).text
    refused = client.post(address, data={"reason": "Kari ba om det", "sure": "1"})
    assert refused.status_code == 422
    assert people.person(house.store.db, kari.id) is not None
    assert "uten navn og nummer" in refused.text
    done = client.post(address, data={"reason": "Ba om det", "sure": "1"})
    assert (done.status_code, done.location) == (303, "/people/erased")
    assert "Personen er slettet" in client.get("/people/erased").text
    assert client.get(f"/people/{kari.id}").status_code == 404
    assert people.person(house.store.db, ola) is not None
    entries = list(house.store.db.query("SELECT by, door FROM trace WHERE act = 'erased'"))
    assert entries == [{"by": ME, "door": "erasing.carry_out"}]


def test_an_open_case_is_in_the_way(house: House, client: FlaskClient, kari: Person) -> None:
    wish = RecognitionCase(0, kari.id, CaseType.INNPASS, CaseStatus.UNTREATED, NOW.date())
    open_case(house.store, house.settings, wish, "kberg", NOW)
    page = client.get(f"/people/{kari.id}/erase").text
    assert "ikke er avsluttet" in page
    assert 'name="reason"' not in page
