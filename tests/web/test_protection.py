"""A person with a protected address: only a case administrator opens anything about her, and others do not learn who
she is, wherever she stands in a list."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from every_door import APPLICATION, address_of, fill, routes_of
from lent_screens import screens_of
from signing_in import signed_in, with_sign_in
from webapp.errors import Refusal
from webapp.fetching.ordering import MOST_REASON, place
from webapp.house import House
from webapp.model import Origin, Person, Purpose, Right, Role
from webapp.store import orders, people
from webapp.store.protection import BEHIND
from webapp.web.doors import DOORS
from world import KARI_NUMBER, NOW, FakeSource

#: Parts of addresses behind which there is nobody, or that stand below somebody's address.
ABOUT_NOBODY = {
    *("run_id", "institution", "code", "form", "protocol", "name", "import_id", "token_id", "filename"),
    *("token", "session", "upload_id", "invitation_id", "user_id", "entry_id", "why"),
}
#: They show how a masked number looks.
DESCRIPTIONS = ("api.show", "openapi.spec")
#: What tells who she is: her name, her birth date, her number, her application, and what she has passed.
TELLING = ("Nordmann", "Kari", "03.05.1998", "1998-05-03", KARI_NUMBER[:6], APPLICATION, "MAT1100")


@pytest.fixture
def there(house: House, kari: Person, sources: dict[int, FakeSource]) -> dict[str, object]:
    there = fill(house, kari, sources)
    with house.store.write() as db:
        db.execute("UPDATE people SET protected_address = 1 WHERE id = ?", [kari.id])
    return there


@pytest.fixture
def app(house: House) -> Flask:
    return screens_of(with_sign_in(house))


def test_each_part_of_an_address_is_known_to_lead_to_somebody_or_nobody(app: Flask) -> None:
    parts = {name for rule in app.url_map.iter_rules() for name in rule.arguments}
    assert parts - set(BEHIND) - ABOUT_NOBODY == set()


def test_every_door_to_her_is_shut_to_a_caseworker(app: Flask, house: House, there: dict[str, object]) -> None:
    doors = [
        (method, rule)
        for method, rule in routes_of(app)
        if rule.arguments & set(BEHIND) and DOORS[rule.endpoint] in (Right.SEE, Right.WORK)
    ]
    client = signed_in(app.test_client(), house, Role.CASEWORKER)
    answers = {
        f"{method} {rule}": client.open(address_of(rule, there), method=method, json={}) for method, rule in doors
    }
    assert {door for door, answer in answers.items() if answer.status_code != 403} == set()
    assert not [door for door, answer in answers.items() if any(telling in answer.text for telling in TELLING)]
    assert len(doors) > 70


def test_a_case_administrator_opens_them(app: Flask, house: House, there: dict[str, object]) -> None:
    client = signed_in(app.test_client(), house, Role.CASE_ADMINISTRATOR)
    pages = [
        address_of(rule, there)
        for method, rule in routes_of(app)
        if method == "GET" and rule.arguments & set(BEHIND) and DOORS[rule.endpoint] in (Right.SEE, Right.WORK)
    ]
    shut = {page: status for page in pages if (status := client.get(page).status_code) in (401, 403)}
    assert shut == {}


def test_no_list_tells_who_she_is(app: Flask, house: House, there: dict[str, object]) -> None:
    client = signed_in(app.test_client(), house, Role.CASEWORKER)
    telling, seen = {}, set()
    for method, rule in routes_of(app):
        if method == "GET" and not rule.arguments & set(BEHIND) and rule.endpoint not in DESCRIPTIONS:
            answer = client.get(address_of(rule, there))
            # A workbook is not text: its rows are those of the CSV.
            if found := [word for word in TELLING if word in answer.text]:
                telling[rule.rule] = found
            if "Skjermet person" in answer.text:
                seen.add(rule.endpoint)
    assert telling == {}
    lists = {"applications.listing", "applications.listing_export", "cases.listing", "changes.listing", "log.listing"}
    assert seen >= lists | {"log.listing_export", "run_log.ordered", "run_preview.show", "start.show"}


@pytest.mark.parametrize(("role", "is_about_her"), [(Role.CASEWORKER, False), (Role.CASE_ADMINISTRATOR, True)])
def test_a_file_is_about_those_whom_it_tells_of(
    app: Flask, house: House, there: dict[str, object], role: Role, is_about_her: bool
) -> None:
    signed_in(app.test_client(), house, role).get("/applications.csv")
    *_, exported = house.store.db["trace"].rows_where("door = 'applications.listing_export'")
    assert (there["person_id"] in json.loads(exported["people"])) is is_about_her


def test_a_case_administrator_reads_her_name_in_them(app: Flask, house: House, there: dict[str, object]) -> None:
    client = signed_in(app.test_client(), house, Role.CASE_ADMINISTRATOR)
    for address in ("/applications", "/cases", "/changes", "/log", "/"):
        assert "Nordmann" in client.get(address).text
    assert client.get("/api/applications").json["items"]


@pytest.mark.parametrize("wanted", ["Nordmann", "03.05.1998"])
def test_a_search_tells_that_somebody_is_there_and_not_who(
    app: Flask, house: House, there: dict[str, object], wanted: str
) -> None:
    client: FlaskClient = signed_in(app.test_client(), house, Role.CASEWORKER)
    for address in ("/search", "/cases/new"):
        page = html.fromstring(client.post(address, data={"wanted": wanted}).text)
        (row,) = page.xpath("//table//tbody/tr")
        assert " ".join(row.text_content().split()) == "Skjermet person"
        assert not row.xpath(".//a")


def test_her_number_finds_nothing_but_that_she_is_protected(app: Flask, house: House, there: dict[str, object]) -> None:
    client = signed_in(app.test_client(), house, Role.CASEWORKER)
    forms = {
        "/search": {"wanted": KARI_NUMBER},
        "/cases/new": {"wanted": KARI_NUMBER},
        "/people": {"number": KARI_NUMBER, "given_names": "Kari", "family_name": "N"},
    }
    for address, form in forms.items():
        answer = client.post(address, data=form)
        assert answer.status_code == 403
        assert "Personen er skjermet" in answer.text
        assert "Nordmann" not in answer.text


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/api/people/search", {"number": KARI_NUMBER}),
        ("/api/people", {"number": KARI_NUMBER, "given_names": "Kari", "family_name": "N"}),
        ("/api/orders", {"person_id": 1, "purpose": "recognition"}),
        ("/api/orders", {"applicant_number": APPLICATION}),
        ("/api/orders", {"case_id": 1}),
        ("/api/reports", {"number": KARI_NUMBER}),
        ("/api/cases", {"person_id": 1, "type": "INNPASS", "status": "BEHANDLES", "applied_on": "2026-11-20"}),
        ("/api/changes/seen", {"items": [{"id": 1, "raised_at": "2026-11-24T08:14:00Z"}]}),
    ],
)
def test_a_program_without_the_right_gets_no_further_by_a_body(
    app: Flask, house: House, there: dict[str, object], address: str, body: dict[str, object]
) -> None:
    answer = signed_in(app.test_client(), house, Role.CASEWORKER).post(address, json=body)
    assert (answer.status_code, answer.json["type"]) == (403, "/api#protected-person")


def test_the_api_leaves_her_out_of_lists_and_hits(app: Flask, house: House, there: dict[str, object]) -> None:
    client = signed_in(app.test_client(), house, Role.CASEWORKER)
    for address in ("applications", "cases", "orders", "changes", "log", f"runs/{there['run_id']}/left-out"):
        assert client.get(f"/api/{address}").json["items"] == []
    assert client.post("/api/people/search", json={"name": "Nordmann"}).json["items"] == []
    assert client.get("/api/orders?person_id=1").status_code == 403


def test_to_ask_about_her_takes_a_reason_which_stays(app: Flask, house: House, there: dict[str, object]) -> None:
    client, address = signed_in(app.test_client(), house, Role.CASE_ADMINISTRATOR), f"/applications/{APPLICATION}"
    assert html.fromstring(client.get(address).text).xpath("//form//input[@name='reason'][@required]")
    refused = client.post(f"{address}/orders")
    assert refused.status_code == 422
    assert "Skriv hvorfor det spørres." in refused.text
    assert client.post(f"{address}/orders", data={"reason": " Hun ba om det selv "}).status_code == 303
    assert "Hvorfor: Hun ba om det selv" in " ".join(client.get(address).text.split())
    placed = orders.orders_of(house.store.db, 1)[0]
    assert placed.reason == "Hun ba om det selv"
    assert "Hun ba om det selv" in client.get(f"/people/1/orders/{placed.id}").text


def test_a_program_gives_the_reason_too(app: Flask, house: House, there: dict[str, object]) -> None:
    client = signed_in(app.test_client(), house, Role.CASE_ADMINISTRATOR)
    wish = {"applicant_number": APPLICATION}
    assert client.post("/api/orders", json=wish).status_code == 422
    placed = client.post("/api/orders", json=wish | {"reason": "Klagesak"})
    assert (placed.status_code, placed.json["reason"]) == (202, "Klagesak")


def test_a_reason_has_its_length(house: House, there: dict[str, object]) -> None:
    kari = people.person(house.store.db, 1)
    assert kari
    origin = Origin("kberg", "person", reason="x" * (MOST_REASON + 1))
    with pytest.raises(Refusal, match="høyst 500 tegn"):
        place(house.store, house.settings, kari, Purpose.RECOGNITION, origin, NOW)


def test_the_reason_for_ordering_about_her_is_asked_for_once(
    app: Flask, house: House, there: dict[str, object]
) -> None:
    client = signed_in(app.test_client(), house, Role.CASE_ADMINISTRATOR)
    for address in (f"/people/{there['person_id']}", f"/applications/{APPLICATION}"):
        page = html.fromstring(client.get(address).text)
        assert len(page.xpath("//form[contains(@class, 'press')]//input[@name='reason']")) == 1
        assert "røper" in page.xpath("string(//label[@for='reason'])")
