"""Orders by the API: placed, followed and tried again."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from signing_in import ME
from webapp.errors import SourceError, SourceFailure
from webapp.house import House
from webapp.model import Person
from world import UIB, UIO, FakeSource, bachelor, course, found


def place(client: FlaskClient, house: House, **wanted: Any) -> Any:
    """Place an order and give it when all have answered."""
    placed = client.post("/api/orders", json=wanted)
    assert placed.status_code == 202, placed.text
    house.fanout.settle(10)
    return client.get(placed.location).json


def test_an_order_is_placed_about_a_person_and_followed(
    client: FlaskClient, house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    sources[UIO].answer = found(bachelor(), course("BIO100"))
    order = place(client, house, person_id=1, purpose="recognition", reason="Ringte")
    lines = order.pop("lines")
    assert order == {
        "id": 1,
        "person_id": 1,
        "applicant_number": None,
        "case_id": None,
        "purpose": "recognition",
        "reason": "Ringte",
        "basis": "statute",
        "basis_text": "",
        "state": "complete",
        "placed_at": "2026-11-24T08:14:00Z",
        "placed_by": ME,
        "placed_from": "api",
        "opened_at": "2026-11-24T08:14:00Z",
        "finished_at": "2026-11-24T08:14:00Z",
        "run_id": None,
        "sentence": "Ferdig på 0 s: 1 institusjon hadde resultater, 2 hadde ingen.",
    }
    uio = next(line for line in lines if line["institution"]["number"] == UIO)
    assert uio.pop("seconds") >= 0
    assert uio == {
        "fetch_id": uio["fetch_id"],
        "institution": {"number": UIO, "name": uio["institution"]["name"]},
        "state": "found",
        "sentence": "1 kvalifikasjon, 1 emne · 2 nye",
        "failure": None,
        "attempts": 1,
        "retry_at": None,
        "answered_at": "2026-11-24T08:14:00Z",
        "counts": {"KVALIFIKASJON": 1, "EMNE": 1},
        "changes": {"new": 2},
        "left_out": [],
    }


def test_an_order_from_an_application_is_for_admission(client: FlaskClient, house: House, applied: Person) -> None:
    order = place(client, house, applicant_number="27001")
    assert (order["person_id"], order["purpose"], order["basis"]) == (1, "admission", "consent")
    assert client.get("/api/orders?applicant_number=27001").json["items"][0]["id"] == order["id"]
    assert client.get("/api/orders?applicant_number=27002").json == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (
            {"person_id": 7, "purpose": "admission", "reason": "x"},
            {"detail": "Fins ikke her.", "pointer": "#/person_id"},
        ),
        ({"applicant_number": "1"}, {"detail": "Fins ikke her.", "pointer": "#/applicant_number"}),
        ({"person_id": 1, "purpose": "x"}, {"detail": "Tillatt: 'admission', 'recognition'.", "pointer": "#/purpose"}),
        ({"person_id": 1}, None),
        (
            {"person_id": 1, "purpose": "admission"},
            {"detail": "Skriv hvorfor resultatene hentes, med inntil 200 tegn.", "pointer": "#/reason"},
        ),
        ({"person_id": 1, "purpose": "admission", "reason": "x", "applicant_number": "1"}, None),
    ],
)
def test_an_order_about_nobody_is_refused(client: FlaskClient, kari: Person, wanted: Any, told: Any) -> None:
    refused = client.post("/api/orders", json=wanted)
    assert refused.status_code == 422 and refused.json
    assert refused.json.get("errors") == ([told] if told else None)


def test_only_those_that_failed_are_asked_again(
    client: FlaskClient, house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    sources[UIB].answer = SourceError(SourceFailure.TIMEOUT, "")
    order = place(client, house, person_id=1, purpose="recognition", reason="Ringte")
    (failed,) = [line for line in order["lines"] if line["failure"]]
    assert (order["state"], failed["state"], failed["failure"]) == ("incomplete-temporary", "failed", "timeout")
    assert client.post("/api/orders/1/retry").status_code == 202
    house.fanout.settle(10)
    assert [len(source.questions) for source in sources.values()] == [2, 1, 1]


def test_orders_are_listed_the_latest_first(client: FlaskClient, house: House, kari: Person) -> None:
    for purpose in ("recognition", "admission"):
        place(client, house, person_id=1, purpose=purpose, reason="Ringte")
    assert [each["id"] for each in client.get("/api/orders").json["items"]] == [2, 1]
    query = f"person_id=1&state=complete&placed_by={ME}&since=2026-11-24T09:14:00%2B01:00&sort=placed"
    assert [each["id"] for each in client.get(f"/api/orders?{query}").json["items"]] == [1, 2]
    assert client.get("/api/orders?since=2026-11-24T08:14:01Z").json == {"items": [], "next": None}


def test_an_answer_that_was_set_aside_is_decided_about(client: FlaskClient, world: int) -> None:
    lines = client.get(f"/api/orders/{world}").json["lines"]
    (fetch_id,) = [line["fetch_id"] for line in lines if line["state"] == "mismatch"]
    aside = client.get(f"/api/fetches/{fetch_id}/set-aside").json
    assert (aside["person_id"], aside["institution"], aside["results"]) == (1, UIB, 1)
    decided = client.post(f"/api/fetches/{fetch_id}/reject", json={"reason": " Tvilling "}).json
    assert decided == {"fetch_id": fetch_id, "accepted": False, "by": ME, "reason": "Tvilling"}
    assert client.post(f"/api/fetches/{fetch_id}/accept", json={"reason": "Likevel"}).status_code == 404
