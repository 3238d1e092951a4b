"""docs/roles.md is walked: each door, in each role, opens as it says; and no page leads to a door that is shut."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from role_table import ROLES, written
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from every_door import address_of, fill, routes_of
from lent_screens import screens_of
from signing_in import signed_in, with_sign_in
from webapp.house import House
from webapp.model import Person, Role
from world import FakeSource

DOCUMENT = Path(__file__).parents[2] / "docs" / "roles.md"
STRANGER = "stranger"
Doors = dict[tuple[str, str, str], dict[str, bool]]


def said() -> Doors:
    """The doors of the document: method, path and endpoint to who gets in."""
    doors: Doors = {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
        if re.fullmatch("GET|POST|PUT|DELETE|PATCH", cells[0]):
            method, path, endpoint, *opens, _ = cells
            assert set(opens) <= {"yes", "–"}, line
            doors[method, path, endpoint] = dict(
                zip((*ROLES, STRANGER), (cell == "yes" for cell in opens), strict=True)
            )
    return doors


@pytest.fixture
def there(house: House, kari: Person, sources: dict[int, FakeSource]) -> dict[str, object]:
    return fill(house, kari, sources)


@pytest.fixture
def app(house: House) -> Flask:
    return screens_of(with_sign_in(house))


def test_the_document_has_every_door_and_no_other(app: Flask) -> None:
    assert {(method, rule.rule, rule.endpoint) for method, rule in routes_of(app)} == set(said())


def test_its_tables_are_those_of_the_program(app: Flask) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert written(document, app) == document, "python tools/role_table.py writes them anew"


@pytest.mark.parametrize("role", [*ROLES, STRANGER])
def test_every_door_opens_as_it_says(app: Flask, house: House, there: dict[str, object], role: str) -> None:
    doors, wrong = said(), []
    # What takes something away comes last, so that it was there for all others.
    for method, rule in sorted(routes_of(app), key=lambda door: (METHOD_ORDER[door[0]], door[1].rule)):
        client = app.test_client()
        if role != STRANGER:
            signed_in(client, house, Role(role))
        answer = client.open(address_of(rule, there), method=method, buffered=True)
        assert answer.status_code < 500, f"{method} {rule.rule}"
        is_sent_away = answer.headers.get("Location", "?").partition("?next=")[0] == "/sign-in"
        opened = answer.status_code not in (401, 403) and not is_sent_away
        if opened != doors[method, rule.rule, rule.endpoint][role]:
            wrong.append(f"{method} {rule.rule}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


METHOD_ORDER = {"GET": 0, "PUT": 1, "POST": 2, "PATCH": 3, "DELETE": 4}


def led_to(page: str, here: str) -> Iterator[tuple[str, str]]:
    """Each address of ours on a page, with the method that a press on it would use."""
    tree = html.fromstring(page)
    places = {"//a/@href": "GET", "//@hx-get": "GET", "//@hx-post": "POST"}
    yield from ((method, at) for path, method in places.items() for at in tree.xpath(path))
    for form in tree.xpath("//form"):
        method = form.get("method", "get").upper()
        # A form whose buttons are away cannot be sent by a reader; one that has some and no address sends to the page.
        if form.get("action") or form.xpath(".//button|//button[@form=$id]", id=form.get("id", "")):
            yield method, form.get("action") or here


def endpoint_at(app: Flask, method: str, address: str) -> str | None:
    """The endpoint of an address of ours; None for another's, and for a part of the page."""
    path = address.partition("#")[0].partition("?")[0]
    if not path.startswith("/"):
        return None
    try:
        return app.url_map.bind("localhost").match(path, method)[0]
    except (HTTPException, RequestRedirect):
        return None


@pytest.mark.parametrize("role", list(Role))
def test_no_page_leads_to_a_shut_door(app: Flask, house: House, there: dict[str, object], role: Role) -> None:
    client, shut = signed_in(app.test_client(), house, role), set()
    open_to_role = {endpoint for (_, _, endpoint), opens in said().items() if opens[role]}
    for _, rule in (door for door in routes_of(app) if door[0] == "GET"):
        answer = client.get(address_of(rule, there))
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        for method, at in led_to(answer.text, address_of(rule, there)):
            endpoint = endpoint_at(app, method, at)
            if endpoint is not None and endpoint not in open_to_role:
                shut.add(f"{rule.rule} leads to {method} {endpoint}")
    assert not shut, "\n".join(sorted(shut))


def test_who_has_no_role_is_told_so(app: Flask, house: House) -> None:
    page = signed_in(app.test_client(), house, Role.AUDITOR).get("/people/1")
    assert page.status_code == 403
    text = " ".join(html.fromstring(page.text).text_content().split())
    assert "Rollen din åpner ikke denne siden" in text
    assert "Du er logget inn som auditor (revisor). Spør en systemadministrator." in text


def test_a_page_of_another_site_is_told_otherwise(app: Flask, house: House) -> None:
    client: FlaskClient = signed_in(app.test_client(), house, Role.CASEWORKER)
    page = client.post("/search", data={"wanted": "nordmann"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 403
    assert "Den kom ikke fra en av våre egne sider" in page.text


def test_a_strangers_page_has_no_menu(app: Flask, there: dict[str, object]) -> None:
    for address in (f"/people/{there['person_id']}", "/nothing-here"):
        page = html.fromstring(app.test_client().get(address).text)
        assert not page.xpath("//nav|//form|//*[@class='count']")


def test_a_program_is_told_what_it_lacks(app: Flask, house: House) -> None:
    unknown = app.test_client().get("/api/people/1")
    assert (unknown.status_code, unknown.json["type"]) == (401, "/api#not-signed-in")
    assert unknown.headers["WWW-Authenticate"].startswith("Bearer")
    shut = signed_in(app.test_client(), house, Role.AUDITOR).get("/api/people/1")
    assert (shut.status_code, shut.json["type"]) == (403, "/api#not-allowed")


@pytest.mark.parametrize(
    ("role", "rooms"),
    [
        (Role.READER, 7),
        (Role.SYSTEM_ADMINISTRATOR, 3),
        (Role.AUDITOR, 0),
    ],
)
def test_the_menu_has_the_rooms_that_open(app: Flask, house: House, role: Role, rooms: int) -> None:
    page = html.fromstring(signed_in(app.test_client(), house, role).get("/").text)
    assert len(page.xpath("//header//nav//a")) >= rooms
    assert bool(page.xpath("//form[@role='search']")) == (role is Role.READER)
