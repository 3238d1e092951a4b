"""Reports of new results by the API, as an institution's own student pages send them."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from signing_in import ME
from webapp.fetching.ordering import place
from webapp.house import House
from webapp.model import Origin, Person, Purpose
from world import KARI_NUMBER, NOW, OLA_NUMBER


def test_a_report_by_number_is_registered_once_and_planned(client: FlaskClient, applied: Person) -> None:
    first = client.post("/api/reports", json={"number": KARI_NUMBER})
    again = client.post("/api/reports", json={"person_id": applied.id})
    assert (first.status_code, first.location, again.status_code) == (201, "/api/reports/1", 200)
    assert first.json == {
        "id": 1,
        "person_id": applied.id,
        "applicant_number": None,
        "case_id": None,
        "reported_at": "2026-11-24T08:14:00Z",
        "registered_by": ME,
        "place": "api",
        "planned_at": "2026-11-24T20:00:00+01:00",
        "not_planned_because": None,
        "settled_at": None,
        "order_id": None,
        "sentence": "Meldt i dag, hentes i kveld",
    }
    assert again.json == first.json == client.get("/api/reports/1").json
    assert KARI_NUMBER not in first.text


def test_a_report_on_an_application_or_a_case_is_one_of_its_own(client: FlaskClient, applied: Person) -> None:
    case = {"person_id": applied.id, "type": "INNPASS", "status": "BEHANDLES", "applied_on": "2026-11-20"}
    assert client.post("/api/cases", json=case).status_code == 201
    for wanted in ({"applicant_number": "27001"}, {"case_id": 1}, {"person_id": applied.id}):
        assert client.post("/api/reports", json=wanted).status_code == 201
    listed: Any = client.get(f"/api/people/{applied.id}/reports").json
    told = [(each["applicant_number"], each["case_id"]) for each in listed["items"]]
    assert told == [(None, None), (None, 1), ("27001", None)]
    assert listed["items"][2]["sentence"] == "Meldt i dag på søknad 27001, hentes i kveld"


def test_why_no_run_will_ask_is_told(client: FlaskClient, applied: Person) -> None:
    report: Any = client.post("/api/reports", json={"applicant_number": "27002"}).json
    assert (report["planned_at"], report["not_planned_because"]) == (None, "no-consent")
    assert "samtykke mangler" in report["sentence"]


@pytest.mark.parametrize(
    "wanted", [{"number": OLA_NUMBER}, {"person_id": 7}, {"applicant_number": "1"}, {"case_id": 1}]
)
def test_what_is_not_here_is_404_and_not_repeated(client: FlaskClient, kari: Person, wanted: dict[str, Any]) -> None:
    answer = client.post("/api/reports", json=wanted)
    (field,) = wanted
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json and answer.json["errors"] == [{"detail": "Fins ikke her.", "pointer": f"#/{field}"}]
    assert OLA_NUMBER not in answer.text


@pytest.mark.parametrize("wanted", [{}, {"person_id": 1, "applicant_number": "27001"}, {"number": "12345"}])
def test_a_report_is_about_one_thing_that_can_be_read(
    client: FlaskClient, kari: Person, wanted: dict[str, Any]
) -> None:
    assert client.post("/api/reports", json=wanted).status_code == 422
    assert client.get("/api/people/1/reports").json == {"items": []}


def test_one_whom_nobody_else_knows_is_refused(client: FlaskClient, house: House, kari: Person) -> None:
    house.store.db.execute("UPDATE person_identifiers SET number = '02529290201'")
    answer = client.post("/api/reports", json={"person_id": kari.id})
    assert (answer.status_code, "fiktivt nummer" in answer.text, "02529290201" in answer.text) == (422, True, False)


def test_an_open_report_is_taken_back_and_a_settled_one_is_not(client: FlaskClient, house: House, kari: Person) -> None:
    client.post("/api/reports", json={"person_id": kari.id})
    assert client.delete("/api/reports/1").status_code == 204
    assert client.get("/api/reports/1").status_code == client.delete("/api/reports/1").status_code == 404
    report_id = client.post("/api/reports", json={"person_id": kari.id}).json["id"]  # type: ignore[index]
    order_id = place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    assert client.delete(f"/api/reports/{report_id}").status_code == 409
    settled: Any = client.get(f"/api/reports/{report_id}").json
    assert (settled["order_id"], settled["settled_at"], settled["planned_at"]) == (
        order_id,
        "2026-11-24T08:14:00Z",
        None,
    )
