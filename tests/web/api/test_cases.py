"""Recognition cases and Endringer by the API."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from signing_in import ME
from webapp.model import Person

WISH = {"type": "INNPASS", "status": "BEHANDLES", "applied_on": "2026-11-20", "responsible": "kberg"}


@pytest.fixture
def case(client: FlaskClient, kari: Person) -> Any:
    """Kari's case, as the API opened it."""
    opened = client.post("/api/cases", json=WISH | {"person_id": 1})
    assert (opened.status_code, opened.location) == (201, "/api/cases/1")
    return opened.json


def test_a_case_is_opened_and_shown(client: FlaskClient, case: Any) -> None:
    told = {"created_at": "2026-11-24T08:14:00Z", "created_by": ME}
    told |= {"changed_at": "2026-11-24T08:14:00Z", "changed_by": ME, "version": 1, "locked": False}
    texts = dict.fromkeys(("place", "journal_number", "application_text", "note"), "")
    assert case == WISH | texts | told | {"id": 1, "person_id": 1}
    assert client.get("/api/cases/1").json == case
    assert client.get("/api/cases?status=active&responsible=kberg&name=kari").json == {"items": [case], "next": None}
    assert client.get("/api/cases?status=BEHANDLET").json == {"items": [], "next": None}


def test_nobody_writes_over_another(client: FlaskClient, case: Any) -> None:
    changed = client.put("/api/cases/1", json=WISH | {"note": "Ringt", "version": 1}).json
    assert changed == case | {"note": "Ringt", "version": 2}
    late = client.put("/api/cases/1", json=WISH | {"version": 1})
    assert (late.status_code, late.mimetype) == (409, "application/problem+json")


def test_what_is_wrong_with_a_case_is_told_at_its_field(client: FlaskClient, kari: Person) -> None:
    refused = client.post("/api/cases", json=WISH | {"person_id": 1, "applied_on": "2026-12-24"}).json
    assert refused and [error["pointer"] for error in refused["errors"]] == ["#/applied_on"]


def test_results_are_part_of_a_case_until_it_is_closed(client: FlaskClient, world: int, case: Any) -> None:
    put = client.put("/api/cases/1/results", json={"result_ids": [1, 2]}).json
    assert put and [each["result_id"] for each in put["items"]] == [1, 2]
    fewer = client.put("/api/cases/1/results", json={"result_ids": [2]}).json
    assert fewer == client.get("/api/cases/1/results").json
    assert [each["result_id"] for each in fewer["items"]] == [2]
    assert (put["studiepoeng"], fewer["studiepoeng"]) == (190.0, 10.0)
    assert fewer["credits"] == [{"institution": 185, "level": "unknown", "studiepoeng": 10.0}]
    client.put("/api/cases/1", json=WISH | {"status": "BEHANDLET", "version": 1})
    assert client.put("/api/cases/1/results", json={"result_ids": []}).status_code == 422
    assert client.get("/api/cases/1/results").json == fewer


def test_an_order_from_a_case_is_for_recognition(client: FlaskClient, case: Any) -> None:
    order = client.post("/api/orders", json={"case_id": 1}).json
    assert order and (order["person_id"], order["case_id"], order["purpose"]) == (1, 1, "recognition")
    assert client.post("/api/orders", json={"case_id": 2}).status_code == 422


def test_changes_are_listed_until_they_are_seen(client: FlaskClient, world: int) -> None:
    (notice,) = client.get("/api/changes?admission=2027-H%C3%98ST-NOM&institution=185").json["items"]
    assert (notice["person_id"], notice["changes"], notice["seen_at"]) == (1, 3, None)
    assert {told["kind"] for told in notice["told"]} == {"new"}
    assert notice["applications"] == [{"applicant_number": "27001", "admission": "2027-HØST-NOM"}]
    shown = {"id": notice["id"], "raised_at": notice["raised_at"]}
    early = shown | {"raised_at": "2026-11-24T08:00:00Z"}
    assert client.post("/api/changes/seen", json={"items": [early]}).json == {"marked": 0, "newer": 1}
    assert client.post("/api/changes/seen", json={"items": [shown]}).json == {"marked": 1, "newer": 0}
    assert client.get("/api/changes").json == {"items": [], "next": None}
    (seen,) = client.get("/api/changes?seen=true").json["items"]
    assert seen == notice | {"seen_at": "2026-11-24T08:14:00Z", "seen_by": ME}
