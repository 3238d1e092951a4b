"""Finding a person: by number, name or birth date; the number never stands in an address."""

import pytest
from flask.testing import FlaskClient
from lxml import html

from webapp.house import House
from webapp.model import Admission, Person, Season
from webapp.store.admissions import remember_admission
from world import KARI_NUMBER, OLA_NUMBER


def words(text: str) -> str:
    return " ".join(html.fromstring(text).text_content().split())


def apply(house: House, person: Person, number: str, season: Season = Season.AUTUMN) -> None:
    admission = Admission(2027, season, "MASTER")
    with house.store.write() as db:
        remember_admission(db, admission)
        row = {"applicant_number": number, "person_id": person.id, "admission": admission.code}
        db["applications"].insert(row)


@pytest.mark.parametrize("written", [KARI_NUMBER, f"{KARI_NUMBER[:6]} {KARI_NUMBER[6:]}", f" {KARI_NUMBER} "])
def test_a_number_leads_straight_to_the_person(client: FlaskClient, kari: Person, written: str) -> None:
    answer = client.post("/search", data={"wanted": written})
    assert (answer.status_code, answer.location) == (303, f"/people/{kari.id}")


@pytest.mark.parametrize("written", ["nordmann kari", "NORD", "03.05.1998", "030598", "1998-05-03"])
def test_a_name_or_birth_date_lists_those_it_fits(client: FlaskClient, kari: Person, written: str) -> None:
    answer = client.post("/search", data={"wanted": written})
    said = words(answer.text)
    assert answer.status_code == 200
    assert f"Nordmann, Kari 03.05.1998 {KARI_NUMBER[:6]} *****" in said
    assert KARI_NUMBER not in answer.text


def test_nobody_found_says_what_to_try(client: FlaskClient, kari: Person) -> None:
    assert "Ingen treff. Prøv færre eller kortere ord" in words(client.post("/search", data={"wanted": "xyz"}).text)


def test_a_wrong_number_is_told_beside_the_field_and_kept(client: FlaskClient) -> None:
    wrong = KARI_NUMBER[:-1] + str((int(KARI_NUMBER[-1]) + 1) % 10)
    answer = client.post("/search", data={"wanted": wrong})
    page = html.fromstring(answer.text)
    field = page.get_element_by_id("start-wanted")
    assert answer.status_code == 422
    assert "Kontrollsifrene stemmer ikke" in page.get_element_by_id(field.get("aria-describedby")).text_content()
    assert field.get("value") == wrong


def test_an_unknown_number_can_be_registered(client: FlaskClient) -> None:
    assert "Nummeret er ikke registrert her" in client.post("/search", data={"wanted": OLA_NUMBER}).text
    names = {"number": OLA_NUMBER, "given_names": "Ola", "family_name": "Nordmann"}
    answer = client.post("/people", data=names)
    assert answer.status_code == 303
    assert "Nordmann, Ola" in client.get(answer.location).text


def test_a_person_without_a_name_is_not_registered_and_what_was_typed_is_kept(client: FlaskClient) -> None:
    answer = client.post("/people", data={"number": OLA_NUMBER, "given_names": "Ola", "family_name": " "})
    assert (answer.status_code, "Skriv både fornavn og etternavn." in answer.text) == (422, True)
    assert html.fromstring(answer.text).get_element_by_id("given-names").get("value") == "Ola"


def test_another_sites_page_cannot_send_our_forms(client: FlaskClient) -> None:
    answer = client.post("/search", data={"wanted": "kari"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, "ble avvist" in answer.text) == (403, True)


def test_an_unknown_page_says_what_to_do(client: FlaskClient) -> None:
    answer = client.get("/people/4711")
    assert (answer.status_code, "Siden fins ikke" in answer.text) == (404, True)


def test_the_way_back_shows_a_page_as_it_is_by_now_and_sends_no_search_again(client: FlaskClient, kari: Person) -> None:
    answers = client.get("/"), client.post("/search", data={"wanted": "kari"})
    assert [answer.headers["Cache-Control"] for answer in answers] == ["private, no-store", "private, no-cache"]


def test_an_applicant_number_leads_straight_to_the_application(client: FlaskClient, house: House, kari: Person) -> None:
    apply(house, kari, "4100037")
    answer = client.post("/search", data={"wanted": " 4100037 "})
    assert (answer.status_code, answer.location) == (303, "/applications/4100037")


def test_six_digits_may_be_a_birth_date_and_an_applicant_number(
    client: FlaskClient, house: House, kari: Person
) -> None:
    apply(house, kari, "030598")
    said = words(client.post("/search", data={"wanted": "030598"}).text)
    assert "Søknad 030598" in said
    assert "Nordmann, Kari" in said


def test_a_hit_tells_the_latest_application_and_leads_to_it(client: FlaskClient, house: House, kari: Person) -> None:
    apply(house, kari, "4100037", Season.AUTUMN)
    apply(house, kari, "4100012", Season.SPRING)
    page = html.fromstring(client.post("/search", data={"wanted": "kari"}).text)
    (last,) = page.cssselect("table.people tbody td:last-child")
    assert last.text_content().split() == ["4100037", "2027-HØST-MASTER"]
    assert [link.get("href") for link in last.cssselect("a")] == ["/applications/4100037"]


def test_a_hit_who_never_applied_has_no_application(client: FlaskClient, kari: Person) -> None:
    page = html.fromstring(client.post("/search", data={"wanted": "kari"}).text)
    assert [cell.text_content().strip() for cell in page.cssselect("table.people tbody td:last-child")] == [""]
