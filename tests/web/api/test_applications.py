"""Applications and admissions by the API: read, filtered, taken in and finished with."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from webapp.model import Person
from world import KARI_NUMBER, OLA_NUMBER

NOM = {
    "code": "2027-HØST-NOM",
    "year": 2027,
    "season": "HØST",
    "type": "NOM",
    "name": "Nasjonalt opptak",
    "processing_phase": True,
    "deadline": "2027-03-01",
}
KARIS = {
    "applicant_number": "27001",
    "person_id": 1,
    "admission": "2027-HØST-NOM",
    "consent_given_at": "2026-11-01T11:00:00Z",
    "consent_withdrawn_at": None,
    "has_consent": True,
    "unhandled": False,
    "fetched_at": None,
    "result_changed_at": None,
    "finished_at": None,
    "finished_by": None,
    "admitted": None,
}
ALTERNATIVES = [{"priority": 1, "code": "BIO", "name": "Biologi"}]


def numbers(client: FlaskClient, query: str) -> list[str]:
    """The applicant numbers of a page of the list."""
    answer = client.get(f"/api/applications?{query}").json
    assert answer
    return [each["applicant_number"] for each in answer["items"]]


def test_an_application_is_shown_with_its_alternatives(client: FlaskClient, applied: Person) -> None:
    assert client.get("/api/applications/27001").json == KARIS | {"alternatives": ALTERNATIVES}
    assert client.get("/api/applications/27009").status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["27001", "27002"]),
        ("sort=-name", ["27002", "27001"]),
        ("consent=given", ["27001"]),
        ("consent=missing&type=NOM", ["27002"]),
        ("name=ola", ["27002"]),
        ("person_id=1&unhandled=false", ["27001"]),
        ("unhandled=true", []),
        ("admission=2027-H%C3%98ST-NOM&applicant_number=27001", ["27001"]),
        ("fetched_from=2026-11-24", []),
    ],
)
def test_the_list_is_filtered_and_sorted(client: FlaskClient, applied: Person, query: str, expected: list[str]) -> None:
    assert numbers(client, query) == expected


def test_a_list_is_read_page_by_page(client: FlaskClient, applied: Person) -> None:
    first = client.get("/api/applications?limit=1&sort=fetched").json
    assert first and first["items"] == [KARIS]
    second = client.get(first["next"]).json
    assert second and (second["items"][0]["applicant_number"], second["next"]) == ("27002", None)


def test_an_application_is_put_as_new_and_again(client: FlaskClient, applied: Person) -> None:
    wanted = {"number": OLA_NUMBER, "admission": "2027-HØST-NOM", "consent_given_at": "2026-11-20T10:00:00+01:00"}
    new, again = (client.put("/api/applications/27003", json=wanted) for _ in range(2))
    assert (new.status_code, again.status_code, new.location) == (201, 200, "/api/applications/27003")
    assert (
        new.json
        == again.json
        == KARIS
        | {
            "applicant_number": "27003",
            "person_id": 2,
            "consent_given_at": "2026-11-20T09:00:00Z",
            "alternatives": [],
        }
    )


def test_null_takes_away_and_absent_leaves_as_it_is(client: FlaskClient, applied: Person) -> None:
    wanted = {"number": KARI_NUMBER, "admission": "2027-HØST-NOM", "consent_given_at": None}
    put = client.put("/api/applications/27001", json=wanted)
    assert put.json == KARIS | {"consent_given_at": None, "has_consent": False, "alternatives": ALTERNATIVES}


def test_a_line_of_a_json_file_is_understood(client: FlaskClient, applied: Person) -> None:
    line = {"fodselsnummer": OLA_NUMBER, "opptak": "2027-HØST-NOM", "sperret_adresse": "J"}
    assert client.put("/api/applications/27004", json=line).status_code == 201
    person = client.get("/api/people/2").json
    assert person and person["protected_address"] is True


def test_many_applications_are_taken_in_or_none(client: FlaskClient, applied: Person) -> None:
    good: dict[str, Any] = {"applicant_number": "27003", "number": OLA_NUMBER, "admission": "2027-HØST-NOM"}
    bad = good | {"applicant_number": "27001", "consent_given_at": "2031-01-01"}
    refused = client.post("/api/applications", json={"items": [good, bad]})
    assert refused.status_code == 422 and refused.json
    assert refused.json["detail"] == "Ingenting er tatt inn: 1 feil. Rett dem, og send alt på nytt."
    assert refused.json["errors"] == [
        {
            "detail": "Tidspunktet er ikke kommet ennå. Skriv når det skjedde.",
            "pointer": "#/items/1/consent_given_at",
        }
    ]
    assert numbers(client, "") == ["27001", "27002"]
    unchanged = {"new": 0, "changed": 0, "unchanged": 1}
    assert client.post("/api/applications", json={"items": [good]}).json == {
        "people": unchanged,
        "applications": {"new": 1, "changed": 0, "unchanged": 0},
    }


def test_a_contradiction_points_at_the_right_application(client: FlaskClient, applied: Person) -> None:
    mine = {"applicant_number": "27003", "number": OLA_NUMBER, "admission": "2027-HØST-NOM"}
    taken = {"applicant_number": "27001", "number": OLA_NUMBER, "admission": "2027-HØST-NOM"}
    refused = client.post("/api/applications", json={"items": [mine, taken]}).json
    assert refused and [error["pointer"] for error in refused["errors"]] == ["#/items/1/applicant_number"]


def test_more_than_a_thousand_at_once_are_refused(client: FlaskClient, applied: Person) -> None:
    one = {"applicant_number": "27003", "number": OLA_NUMBER, "admission": "2027-HØST-NOM"}
    refused = client.post("/api/applications", json={"items": [one] * 1001}).json
    assert refused and refused["errors"] == [{"detail": "Listen kan ha høyst 1000 rader.", "pointer": "#/items"}]


def test_an_identity_number_is_no_applicant_number(client: FlaskClient, applied: Person) -> None:
    wanted = {"number": OLA_NUMBER, "admission": "2027-HØST-NOM"}
    assert client.put(f"/api/applications/{OLA_NUMBER}", json=wanted).status_code == 422


def test_finishing_takes_the_flag_away_unless_more_has_changed(client: FlaskClient, world: int) -> None:
    (changed,) = client.get("/api/applications?unhandled=true").json["items"]
    early = client.post("/api/applications/27001/finish", json={"seen": "2026-11-24T08:00:00Z"})
    assert early.status_code == 409 and early.mimetype == "application/problem+json"
    finished = client.post("/api/applications/27001/finish", json={"seen": changed["result_changed_at"]}).json
    assert finished and (finished["unhandled"], finished["finished_at"]) == (False, "2026-11-24T08:14:00Z")
    assert client.post("/api/applications/27001/finish", json={}).status_code == 409


def test_admissions_are_listed_shown_and_brought_up_to_date(client: FlaskClient, applied: Person) -> None:
    assert client.get("/api/admissions").json == {"items": [NOM]}
    put = client.put("/api/admissions/2027-HØST-NOM", json={"processing_phase": False, "deadline": None})
    assert put.json == NOM | {"processing_phase": False, "deadline": None}
    assert client.get("/api/admissions/2027-HØST-NOM").json == put.json
    new = client.put("/api/admissions/2028-vår-lok", json={"navn": "Lokalt opptak", "saksbehandlingsfase": "N"}).json
    assert new and (new["code"], new["name"], new["processing_phase"]) == ("2028-VÅR-LOK", "Lokalt opptak", False)


def test_what_is_no_admission_is_refused(client: FlaskClient) -> None:
    assert client.put("/api/admissions/2027", json={}).status_code == 422
    assert client.get("/api/admissions/2027-HØST-LOK").status_code == 404
