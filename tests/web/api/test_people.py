"""People by the API: numbers travel in bodies only."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from signing_in import browser_of, with_sign_in
from webapp.house import House
from webapp.model import Act, Person, Role
from world import KARI_NUMBER, OLA_NUMBER

KARI = {
    "id": 1,
    "identifiers": [{"number": f"{KARI_NUMBER[:6]} *****", "kind": "FODSELSNUMMER", "current": True}],
    "given_names": "Kari",
    "family_name": "Nordmann",
    "birth_date": "1998-05-03",
    "protected_address": False,
}


@pytest.mark.parametrize("wanted", [{"number": KARI_NUMBER}, {"name": "nord ka"}, {"birth_date": "1998-05-03"}])
def test_a_person_is_found_by_number_name_or_birth_date(
    client: FlaskClient, kari: Person, wanted: dict[str, Any]
) -> None:
    assert client.post("/api/people/search", json=wanted).json == {"items": [KARI], "more": False}


def test_nobody_is_an_empty_list(client: FlaskClient, kari: Person) -> None:
    assert client.post("/api/people/search", json={"number": OLA_NUMBER}).json == {"items": [], "more": False}


def test_a_search_is_for_one_thing(client: FlaskClient) -> None:
    answer = client.post("/api/people/search", json={"name": "kari", "birth_date": "1998-05-03"})
    assert (answer.status_code, answer.json and answer.json["detail"]) == (
        422,
        "Søk med ett av number, name og birth_date.",
    )


def test_one_person_is_shown_with_the_numbers(client: FlaskClient, kari: Person) -> None:
    assert client.get("/api/people/1").json == KARI
    assert client.get("/api/people/2").status_code == 404


@pytest.mark.parametrize("path", ["/api/people/1", "/api/people/search"])
def test_whole_numbers_are_asked_for_and_traced(house: House, kari: Person, path: str) -> None:
    house = with_sign_in(house)
    for role, status in ((Role.READER, 403), (Role.CASEWORKER, 200)):
        client, whole = browser_of(house, role), f"{path}?identifiers=full"
        answer = client.post(whole, json={"name": "kari"}) if path.endswith("search") else client.get(whole)
        assert (answer.status_code, KARI_NUMBER in answer.text) == (status, status == 200)
    shown = house.store.db.execute("SELECT by, people FROM trace WHERE act = ?", [Act.NUMBER_SHOWN]).fetchall()
    assert shown == [("caseworker", f"[{kari.id}]")]


def test_a_new_person_is_registered_and_a_known_one_answered(client: FlaskClient) -> None:
    wanted = {"number": KARI_NUMBER, "given_names": "Kari", "family_name": "Nordmann"}
    first, again = client.post("/api/people", json=wanted), client.post("/api/people", json=wanted)
    assert (first.status_code, first.location, first.json) == (201, "/api/people/1", KARI)
    assert (again.status_code, again.location, again.json) == (200, "/api/people/1", KARI)


def test_a_wrong_number_is_told_at_its_field_and_not_repeated(client: FlaskClient) -> None:
    wrong = KARI_NUMBER[:-1] + str((int(KARI_NUMBER[-1]) + 1) % 10)
    answer = client.post("/api/people", json={"number": wrong, "given_names": "Kari", "family_name": "Nordmann"})
    sentence = "Kontrollsifrene stemmer ikke. Se etter en skrivefeil i nummeret, og prøv igjen."
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json == {
        "type": "about:blank",
        "title": "Kan ikke utføres",
        "status": 422,
        "detail": sentence,
        "errors": [{"detail": sentence, "pointer": "#/number"}],
    }
    assert wrong not in answer.text
