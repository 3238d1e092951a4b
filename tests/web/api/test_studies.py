"""Person eksternstudium by the API: what the institutions stand behind, and what caseworkers write."""

from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from webapp.model import Person
from world import UIO, FakeSource, course, found

NOW = "2026-11-24T08:14:00Z"


@pytest.fixture
def uio(client: FlaskClient, kari: Person, sources: dict[int, FakeSource], fetched: Any) -> Any:
    """Kari's study at UiO as it is now; UiO has reported a course in vekttall."""
    sources[UIO].answer = found(course("FYS1", credits=Decimal("2.5"), credit_scheme="vt"))
    fetched()
    return lambda: client.get("/api/people/1/studies").json["items"][0]


def result(**more: Any) -> dict[str, Any]:
    """A result in the API with all that is absent."""
    absent = (
        "parent_id",
        "version",
        "date",
        "grading_scheme",
        "level",
        "nus",
        "url",
        "original_institution",
        "gone_at",
    )
    return dict.fromkeys(absent) | {"thesis_title": {}, "changed_at": NOW} | more


FYS1 = result(
    id=1,
    category="EMNE",
    code="FYS1",
    name={"nb": "Emne FYS1"},
    term={"year": 2020, "season": "VÅR", "derived": False},
    extent={"value": 2.5, "unit": "vt", "studiepoeng": 7.5},
    grade="B",
    by_hand=False,
)


def test_a_study_is_shown_with_its_results_as_given_and_in_studiepoeng(uio: Any) -> None:
    study = uio()
    assert study.pop("created_by")
    assert study == {
        "institution": {"number": UIO, "name": study["institution"]["name"]},
        "fetched_at": NOW,
        "changed_at": NOW,
        "created_at": NOW,
        "edited_at": None,
        "edited_by": None,
        "note": "",
        "studiepoeng": 7.5,
        "results": [FYS1],
        "left_out": [],
    }


def test_a_row_by_hand_is_written_changed_and_removed(client: FlaskClient, uio: Any) -> None:
    wanted: dict[str, Any] = {"category": "EMNE", "code": "HF101", "name": {"nb": "Filosofi", "en": "Philosophy"}}
    wanted |= {"extent": {"value": 10, "unit": "studiepoeng"}, "term": {"year": 2019, "season": "HØST"}}
    written = client.post(f"/api/people/1/studies/{UIO}/results", json=wanted)
    row = result(
        id=2,
        category="EMNE",
        code="HF101",
        name={"nb": "Filosofi", "en": "Philosophy"},
        term={"year": 2019, "season": "HØST", "derived": False},
        extent={"value": 10.0, "unit": "studiepoeng", "studiepoeng": 10.0},
        grade=None,
        by_hand=True,
    )
    assert (written.status_code, written.location, written.json) == (201, "/api/results/2", row)
    assert client.put("/api/results/2", json=wanted | {"grade": "A"}).json == row | {"grade": "A"}
    assert [each["id"] for each in uio()["results"]] == [1, 2]
    assert client.delete("/api/results/2").status_code == 204
    assert client.get("/api/results/2").status_code == 404


def test_a_fetched_row_is_read_only(client: FlaskClient, uio: Any) -> None:
    refused = client.delete("/api/results/1")
    assert (refused.status_code, refused.json and refused.json["detail"]) == (
        422,
        "Raden er hentet fra institusjonen, og kan ikke endres her.",
    )
    assert client.get("/api/results/1").json == FYS1


def test_what_is_wrong_with_a_row_is_told_at_its_fields(client: FlaskClient, uio: Any) -> None:
    wanted = {"category": "EMNE", "name": {}, "term": {"year": 2031, "season": "VÅR"}, "parent_id": 1}
    refused = client.post(f"/api/people/1/studies/{UIO}/results", json=wanted)
    assert refused.status_code == 422 and refused.json
    assert [error["pointer"] for error in refused.json["errors"]] == ["#/name/nb", "#/term/year", "#/parent_id"]


def test_a_note_is_written_on_an_institutions_row(client: FlaskClient, uio: Any) -> None:
    written = client.put(f"/api/people/1/studies/{UIO}/note", json={"note": "Ringt 24.11."})
    assert written.json == uio()
    assert (uio()["note"], uio()["edited_at"]) == ("Ringt 24.11.", NOW)
    assert client.put("/api/people/1/studies/184/note", json={"note": "Ingen rad"}).status_code == 422


def test_the_log_tells_what_became_of_every_result(client: FlaskClient, uio: Any) -> None:
    client.post(f"/api/people/1/studies/{UIO}/results", json={"category": "EMNE", "name": {"nb": "Filosofi"}})
    log = client.get("/api/log").json
    assert log and [(each["kind"], each["name"]["nb"]) for each in log["items"]] == [
        ("written", "Filosofi"),
        ("new", "Emne FYS1"),
    ]
    (line,) = client.get("/api/log?kind=new&institution=185&changed_from=2026-11-24&person_id=1").json["items"]
    assert line == {
        "id": 1,
        "changed_at": NOW,
        "changed_by": "kberg",
        "kind": "new",
        "person_id": 1,
        "institution": line["institution"],
        "result_id": 1,
        "code": "FYS1",
        "version": None,
        "name": {"nb": "Emne FYS1"},
        "fields": [],
        "fetch_id": 2,
        "notice_id": 1,
    }
    assert client.get("/api/log?changed_to=2026-11-23").json == {"items": [], "next": None}
