"""Runs by the API: what each did, and its order log; and what of a run is about one person."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from runs import NOM, Runner, apply, number_of
from webapp.errors import SourceError, SourceFailure
from webapp.house import House
from webapp.model import Outcome, Question, Reply, Run
from webapp.source_settings import Downtime
from webapp.sources.elmo import write
from world import NOTHING, NOW, UIB, UIO, UIT, FakeSource, course, transcript


@pytest.fixture
def run(house: House, sources: dict[int, FakeSource], monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run about two: UiO answers about somebody else for the first, UiT does not answer. A third has not
    consented."""
    apply(house.store, 2)
    apply(house.store, 1, consent=None, first=2)
    aside = transcript(course("MAT1100"), number=number_of(50))

    def answer(question: Question) -> Reply:
        hit = question.identifiers[0] == number_of(0)
        return Reply(Outcome.FOUND, aside, write(aside, NOW)) if hit else NOTHING

    sources[UIO] = FakeSource(answer, batch=100)
    sources[UIT].answer = SourceError(SourceFailure.TIMEOUT, "10 s")
    return Runner(house.store, house.settings, sources, monkeypatch).run()


def test_a_run_is_told_with_what_came_from_whom(client: FlaskClient, run: Run) -> None:
    told: Any = client.get(f"/api/runs/{run.id}").json
    assert told["seconds"] > 0
    sources = {each["institution"]["number"]: each for each in told.pop("sources")}
    assert {key: told[key] for key in ("run", "kind", "state", "ordered", "people", "left_out", "changed_people")} == {
        "run": run.id,
        "kind": "full",
        "state": "incomplete",
        "ordered": 2,
        "people": 2,
        "left_out": {"no-consent": 1},
        "changed_people": 0,
    }
    assert told["scheduled_for"] == "2026-11-24T08:14:00Z"
    counted = ("people", "asked", "nothing", "failed", "mismatch")
    assert {number: [each[key] for key in counted] for number, each in sources.items()} == {
        UIB: [2, 2, 2, 0, 0],
        UIO: [2, 2, 1, 0, 1],
        UIT: [2, 2, 0, 2, 0],
    }
    assert client.get("/api/runs?kind=full&state=incomplete").json == {"items": [told], "next": None}
    assert client.get("/api/runs?kind=delta").json == {"items": [], "next": None}
    assert client.get("/api/runs/9").status_code == 404


def test_a_source_that_was_switched_off_says_until_when_and_why(
    client: FlaskClient, house: House, sources: dict[int, FakeSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(house.store, 1)
    until = NOW + timedelta(days=7)
    uib, uio, uit = house.settings.sources
    downtime = Downtime(begins=NOW, until=until, reason="flytter database")
    off = uit.model_copy(update={"downtime": (downtime,)})
    settings = house.settings.model_copy(update={"sources": (uib, uio, off)})
    run = Runner(house.store, settings, sources, monkeypatch).run()
    told: Any = client.get(f"/api/runs/{run.id}").json
    assert {each["institution"]["number"]: each["off"] for each in told["sources"]} == {
        UIB: None,
        UIO: None,
        UIT: {"until": until.isoformat().replace("+00:00", "Z"), "reason": "flytter database"},
    }


def test_its_applicants_come_in_pages_with_what_came(client: FlaskClient, run: Run) -> None:
    first: Any = client.get(f"/api/runs/{run.id}/applicants?limit=1").json
    assert first["items"] == [
        {
            "applicant_number": "NOM1000",
            "person_id": 1,
            "given_names": "Kari 0",
            "family_name": "Nordmann",
            "admission": NOM.code,
            "ordered_for": "full",
            "order_id": 1,
            "came": {"mismatch": 1, "failed": 1},
        }
    ]
    second: Any = client.get(first["next"]).json
    assert [each["applicant_number"] for each in second["items"]] == ["NOM1001"]
    assert second["next"] is None
    assert client.get(f"/api/runs/{run.id}/applicants?ordered_for=new").json == {"items": [], "next": None}
    assert client.get(f"/api/runs/{run.id}/applicants?name={number_of(0)}").status_code == 422


def test_those_left_out_come_with_the_reason(client: FlaskClient, run: Run) -> None:
    for address in ("left-out", "left-out?left_out=no-consent", "left-out?sort=-name"):
        (one,) = client.get(f"/api/runs/{run.id}/{address}").json["items"]  # type: ignore[index]
        assert (one["applicant_number"], one["person_id"], one["left_out"]) == ("NOM1002", 3, "no-consent")
    assert client.get(f"/api/runs/{run.id}/left-out?left_out=cut-off").json == {"items": [], "next": None}


def test_a_runs_order_is_shown_as_far_as_it_is_about_one(client: FlaskClient, run: Run) -> None:
    refused: Any = client.get("/api/orders/1")
    assert refused.status_code == 404
    assert refused.json["detail"] == "Bestillingen hører til en kjøring. Si hvem det gjelder, med person_id."
    told: Any = client.get("/api/orders/1?person_id=2").json
    assert (told["person_id"], told["run_id"], told["applicant_number"]) == (2, run.id, "NOM1001")
    assert {line["institution"]["number"]: line["state"] for line in told["lines"]} == {
        UIB: "nothing",
        UIO: "nothing",
        UIT: "failed",
    }
    assert client.get("/api/orders/1?person_id=3").status_code == 404
    assert client.get("/api/orders").json == {"items": [], "next": None}


def test_trying_again_places_an_order_about_one(
    client: FlaskClient, house: House, sources: dict[int, FakeSource], run: Run
) -> None:
    sources[UIT].answer = NOTHING
    assert client.post("/api/orders/1/retry").status_code == 404
    placed = client.post("/api/orders/1/retry?person_id=2")
    house.fanout.settle(10)
    assert (placed.status_code, placed.location) == (202, "/api/orders/2")
    order: Any = client.get(placed.location).json
    assert [(line["institution"]["number"], line["state"]) for line in order["lines"]] == [(UIT, "nothing")]


def test_an_answer_set_aside_is_decided_for_one(client: FlaskClient, run: Run) -> None:
    lines = client.get("/api/orders/1?person_id=1").json["lines"]  # type: ignore[index]
    (fetch,) = [line["fetch_id"] for line in lines if line["state"] == "mismatch"]
    here = f"/api/fetches/{fetch}"
    assert client.get(f"{here}/set-aside").status_code == 404
    assert client.get(f"{here}/set-aside?person_id=2").status_code == 404
    aside: Any = client.get(f"{here}/set-aside?person_id=1").json
    assert (aside["person_id"], aside["numbers"]) == (1, [f"{number_of(50)[:6]} *****"])
    whole: Any = client.get(f"{here}/set-aside?person_id=1&identifiers=full").json
    assert whole["numbers"] == [number_of(50)]
    decided = client.post(f"{here}/reject?person_id=1", json={"reason": "Tvilling"})
    assert decided.status_code == 200
    assert client.get(f"{here}/set-aside?person_id=1").status_code == 404
