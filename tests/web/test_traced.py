"""What the screens and the API leave in the trace."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from flask import url_for
from flask.testing import FlaskClient

from runs import planned
from signing_in import ME, browser_of, with_sign_in
from webapp.house import House
from webapp.model import Act, Case, CaseStatus, CaseType, Person, Right, Role
from webapp.recognition.cases import open_case
from webapp.store import as_text, trace
from webapp.store.notices import raise_notice
from webapp.web.doors import DOORS
from webapp.web.trace_doors import POLLS, TRACED, UNTRACED
from world import KARI_NUMBER, NOW, UIO

TODAY = NOW.date()
Entries = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def entries(house: House) -> Entries:
    """What was left since this was asked before: who, act, door, people and content."""
    seen = [0]

    def entries() -> list[dict[str, Any]]:
        rows = list(
            house.store.db.query(
                "SELECT * FROM trace JOIN trace_contents ON entry_id = id WHERE id > ? ORDER BY id", seen
            )
        )
        seen[0] += len(rows)
        return [
            {key: row[key] for key in ("by", "act", "door")}
            | {"people": json.loads(row["people"]), "content": json.loads(row["content"])}
            for row in rows
        ]

    return entries


def test_every_door_to_people_leaves_something_or_says_why_not() -> None:
    to_people = {door for door, right in DOORS.items() if right in (Right.SEE, Right.WORK, Right.ADMINISTER_CASES)}
    tables = (TRACED.keys(), POLLS, UNTRACED.keys())
    assert to_people <= frozenset().union(*tables) <= DOORS.keys()
    assert sum(map(len, tables)) == len(frozenset().union(*tables))


def test_who_was_shown_is_traced(
    client: FlaskClient, kari: Person, application: str, fetched: Callable[[], int], entries: Entries
) -> None:
    fetched()
    for address, door, act in (
        ("/people/{id}", "person.show", Act.LOOKED),
        ("/people/{id}/orders", "asked.of_person", Act.LOOKED),
        ("/people/{id}/changes", "log.of_person", Act.LOOKED),
        ("/people/{id}/changes.csv", "log.of_person_export", Act.EXPORTED),
        ("/people/{id}/orders/1", "asked.order", Act.LOOKED),
        ("/people/{id}/orders/1/evidence", "evidence.show", Act.LOOKED),
        ("/people/{id}/orders/1/evidence.pdf", "evidence.pdf", Act.PRINTED),
        ("/people/{id}/results/new", "by_hand.new", Act.LOOKED),
        ("/people/{id}/cases/new", "case_form.new", Act.LOOKED),
        ("/applications", "applications.listing", Act.LOOKED),
        ("/applications.xlsx", "applications.listing_export", Act.EXPORTED),
        ("/applications/NOM1001", "applications.show", Act.LOOKED),
        ("/api/people/{id}", "api_people.show", Act.LOOKED),
        ("/api/people/{id}/studies", "api_studies.listing", Act.LOOKED),
        ("/api/applications", "api_applications.listing", Act.LOOKED),
        ("/api/applications/NOM1001", "api_applications.show", Act.LOOKED),
        ("/api/orders", "api_orders.listing", Act.LOOKED),
        ("/api/orders/1", "api_orders.show", Act.LOOKED),
    ):
        with client.get(address.format(id=kari.id)) as answer:
            assert answer.status_code == 200
        (entry,) = entries()
        assert (entry["by"], entry["act"], entry["door"], entry["people"]) == (ME, act, door, [kari.id])


def test_whoever_is_named_anywhere_is_traced(
    house: House, client: FlaskClient, kari: Person, application: str, fetched: Callable[[], int], entries: Entries
) -> None:
    """Each door that can be opened with a look, walked: a page with Kari on it says that it was about her."""
    fetched()
    open_case(house.store, house.settings, Case(0, kari.id, CaseType.INNPASS, CaseStatus.UNTREATED, TODAY), ME, NOW)
    planned(house.store, house.settings)
    ids = {"person_id": kari.id, "applicant_number": application, "institution": UIO, "form": "csv"}
    silent, named = [], 0
    with client.application.test_request_context():
        addresses = {
            rule.endpoint: url_for(rule.endpoint, **{key: ids.get(key, 1) for key in rule.arguments})
            for rule in client.application.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint not in ("static", "evidence.pdf")
        }
    for door, address in addresses.items():
        entries()
        with client.get(address) as answer:
            if answer.status_code == 200 and b"Nordmann" in answer.data:
                named += 1
                if door not in POLLS and not any(kari.id in each["people"] for each in entries()):
                    silent.append(door)
    assert silent == []
    assert named > 25


def test_an_order_says_what_for(client: FlaskClient, kari: Person, entries: Entries) -> None:
    client.post(f"/people/{kari.id}/orders", data={"purpose": "recognition", "reason": "Klage"})
    client.post("/api/orders", json={"person_id": kari.id, "purpose": "admission", "reason": "Klage"})
    assert [(each["act"], each["people"], each["content"]["purpose"]) for each in entries()] == [
        (Act.ORDERED, [kari.id], "recognition"),
        (Act.ORDERED, [kari.id], "admission"),
    ]


def test_what_was_changed_is_traced(
    house: House, client: FlaskClient, kari: Person, application: str, fetched: Callable[[], int], entries: Entries
) -> None:
    fetched()
    with house.store.write() as db:
        raise_notice(db, kari.id, (UIO,), NOW)
    many = {"items": [{"applicant_number": application, "number": KARI_NUMBER, "admission": "2027-HØST-NOM"}]}
    client.post("/api/applications", json=many)
    client.post("/changes/mark", data={"one": f"1@{as_text(NOW)}"})
    client.post(f"/applications/{application}/finish")
    client.post(f"/people/{kari.id}/reports")
    assert [(each["act"], each["door"], each["people"]) for each in entries()] == [
        (Act.CHANGED, "api_applications.put_many", [kari.id]),
        (Act.CHANGED, "changes.mark", [kari.id]),
        (Act.CHANGED, "applications.finish", [kari.id]),
        (Act.ORDERED, "reports.report", [kari.id]),
    ]


def test_a_search_says_whom_it_found_and_not_what_was_typed(
    client: FlaskClient, kari: Person, entries: Entries
) -> None:
    for typed in ("nordmann", KARI_NUMBER, "nobody of that name"):
        client.post("/search", data={"wanted": typed})
    client.post("/api/people/search", json={"number": KARI_NUMBER})
    assert [each["people"] for each in entries()] == [[kari.id], [kari.id], [], [kari.id]]
    kept = " ".join(str(row) for row in house_rows(client))
    assert "nordmann" not in kept and KARI_NUMBER not in kept


def house_rows(client: FlaskClient) -> list[dict[str, Any]]:
    db = client.application.extensions["house"].store.db
    return [*db["trace"].rows, *db["trace_contents"].rows]


def test_a_list_says_which_filters_and_nothing_that_was_typed_freely(
    client: FlaskClient, application: str, entries: Entries
) -> None:
    client.get("/applications.csv?name=nordmann&admission=2027-HØST-NOM")
    (entry,) = entries()
    assert entry["content"] == {"filters": "name, admission=2027-HØST-NOM", "rows": "1", "form": "csv"}


def test_no_file_keeps_what_was_typed_freely(client: FlaskClient, application: str, entries: Entries) -> None:
    free = ("name", "applicant_number", "case", "place", "responsible", "journal", "caseworker", "by", "door")
    rules = [rule for rule in client.application.url_map.iter_rules() if rule.endpoint.endswith("_export")]
    addresses = [rule.rule.replace("<form>", "csv") for rule in rules if rule.arguments == {"form"}]
    for address in addresses:
        assert client.get(address, query_string=dict.fromkeys(free, "Nordmann")).status_code == 200
    left = entries()
    assert len(left) >= 6
    assert [each["door"] for each in left if "filters" not in each["content"]] == []
    assert "nordmann" not in str(left).casefold()


def test_nobody_shown_leaves_nothing(client: FlaskClient, entries: Entries) -> None:
    for address in ("/applications", "/search", "/people/99", "/api/people/99", "/sources"):
        client.get(address)
    assert entries() == []


def test_a_page_that_is_shown_again_with_a_refusal_is_a_look(
    client: FlaskClient, kari: Person, application: str, entries: Entries
) -> None:
    assert client.get("/applications?admission=nowhere").status_code == 422
    assert client.post(f"/people/{kari.id}/results/new", data={}).status_code == 422
    assert [(each["act"], each["people"]) for each in entries()] == [(Act.LOOKED, [kari.id])] * 2


def test_news_are_a_look_for_who_has_not_looked(
    client: FlaskClient, kari: Person, fetched: Callable[[], int], entries: Entries
) -> None:
    news = f"/people/{kari.id}/orders/{fetched()}/news"
    for address in (news, f"/people/{kari.id}", news, news):
        assert client.get(address).status_code == 200
    assert [each["door"] for each in entries()] == ["order.news", "person.show"]


def test_who_was_turned_away_is_traced(house: House, kari: Person, entries: Entries) -> None:
    browser = browser_of(with_sign_in(house), Role.AUDITOR)
    assert browser.get(f"/people/{kari.id}").status_code == 403
    assert browser.post("/search", data={"wanted": KARI_NUMBER}).status_code == 403
    assert [(each["by"], each["act"], each["people"]) for each in entries()] == [
        ("auditor", Act.REFUSED, [kari.id]),
        ("auditor", Act.REFUSED, []),
    ]


@pytest.mark.parametrize("address", ["/people/{id}", "/applications.csv", "/api/people/{id}"])
def test_what_cannot_be_traced_is_not_given(
    client: FlaskClient, kari: Person, application: str, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def full(*_: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(trace, "append", full)
    answer = client.get(address.format(id=kari.id))
    assert answer.status_code == 503
    assert "Nordmann" not in answer.text and "spores" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
