"""What goes wrong is told as problem+json (RFC 9457) in the reader's language, and never as a page."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from lent_screens import screens_of
from webapp.house import House
from webapp.model import Person
from webapp.web.api import sources as sources_room
from webapp.web.api.door import MOST_BYTES
from world import KARI_NUMBER

CANNOT_BE_READ, REFUSED = "Forespørselen kan ikke tydes", "Kan ikke utføres"


def post(path: str = "/api/people/search", **more: Any) -> dict[str, Any]:
    """A request that sends something; what is sent as it stands is said to be JSON."""
    return {"path": path, "method": "POST"} | ({"content_type": "application/json"} if "data" in more else {}) | more


@pytest.mark.parametrize(
    ("status", "title", "request_"),
    [
        (400, CANNOT_BE_READ, post(data="{")),
        (400, CANNOT_BE_READ, post(data="[" * 100_000)),
        (400, CANNOT_BE_READ, {"path": "/api/sources", "headers": {"API-Version": "2"}}),
        (403, "Forespørselen ble avvist", post(json={}, headers={"Sec-Fetch-Site": "cross-site"})),
        (404, "Fins ikke", {"path": "/api/nothing"}),
        (404, "Fins ikke", {"path": "/api/people/99999999999999999999"}),
        (404, "Fins ikke", {"path": "/api/applications/a%00b"}),
        (405, "Metoden kan ikke brukes her", {"path": "/api/sources", "method": "DELETE"}),
        (413, "For mye på én gang", post(data=" " * (MOST_BYTES + 1))),
        (415, "Innholdet er ikke JSON", post(data={"name": "kari"}, content_type="application/x-www-form-urlencoded")),
        (422, REFUSED, post(json={"name": "\ud800"})),
        (422, REFUSED, post(json={"name": "a\x00"})),
        (422, REFUSED, post(data="null")),
        (422, REFUSED, post("/api/orders", json={"person_id": 2**64, "purpose": "admission"})),
        (422, REFUSED, {"path": "/api/orders?limit=1001"}),
        (422, REFUSED, {"path": "/api/orders?cursor=abc"}),
        (422, REFUSED, {"path": "/api/applications?changed_from=9999-12-31"}),
    ],
)  # fmt: skip
def test_every_fault_is_a_problem(client: FlaskClient, status: int, title: str, request_: dict[str, Any]) -> None:
    answer = client.open(**request_)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.headers["API-Version"] == "1"
    told = json.loads(answer.text)
    assert (told["type"], told["title"], told["status"]) == ("about:blank", title, status)
    assert told["detail"]


def test_each_field_that_is_wrong_is_pointed_at(client: FlaskClient) -> None:
    answer = client.post("/api/people", json={"given_names": "x" * 201, "number": 1, "nummer": "1"})
    assert answer.json and answer.json["errors"] == [
        {"detail": "Verdien er av feil slag.", "pointer": "#/number"},
        {"detail": "Teksten kan ha høyst 200 tegn.", "pointer": "#/given_names"},
        {"detail": "Feltet mangler.", "pointer": "#/family_name"},
        {"detail": "Feltet er ikke kjent.", "pointer": "#/nummer"},
    ]


def test_a_parameter_that_is_wrong_is_named(client: FlaskClient) -> None:
    answer = client.get("/api/applications?limit=0&unhandled=ja&fetched_from=24.11.2026&nam=kari")
    assert answer.json and answer.json["errors"] == [
        {"detail": "Minst 1.", "parameter": "limit"},
        {"detail": "Skriv true eller false.", "parameter": "unhandled"},
        {"detail": "Skriv datoen som 2026-11-24.", "parameter": "fetched_from"},
        {"detail": "Feltet er ikke kjent.", "parameter": "nam"},
    ]


def test_an_identity_number_may_not_stand_in_an_address(client: FlaskClient, kari: Person) -> None:
    answer = client.get(f"/api/applications?applicant_number={KARI_NUMBER}")
    assert (answer.status_code, KARI_NUMBER in answer.text) == (422, False)


def test_the_answer_says_its_version_and_is_kept_nowhere(client: FlaskClient) -> None:
    headers = client.get("/api/sources", headers={"API-Version": "1"}).headers
    told = [headers[name] for name in ("API-Version", "Cache-Control", "Content-Language")]
    assert told == ["1", "private, no-store", "nb"]


def test_a_fault_of_ours_is_a_problem_without_its_cause(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources_room, "Sources", lambda **_: 1 / 0)
    answer = screens_of(house).test_client().get("/api/sources")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "division" not in answer.text
