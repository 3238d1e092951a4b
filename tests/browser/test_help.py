"""From a screen into the documentation, by keyboard, and on in it: under the policy of the screens."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from axe import AXE, RULES
from serving import screens_served
from signing_in import user_with, with_sign_in
from webapp.house import House
from webapp.model import Role
from webapp.store import sessions
from webapp.web.access import COOKIE
from webapp.web.factory import create_app
from webapp.web.help import serve_help

pytestmark = [pytest.mark.browser, pytest.mark.beside]


@pytest.fixture
def address(house: House, site: Path) -> Iterator[str]:
    app = create_app(house)
    serve_help(app, site)
    with screens_served(app) as url:
        yield url


def test_help_is_reached_read_and_searched(page: Page, address: str) -> None:
    page.goto(address)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Hjelp (i en ny fane)").press("Enter")
    page = opened.value
    expect(page.get_by_role("heading", level=1)).to_contain_text("For saksbehandleren")
    page.wait_for_load_state()
    page.keyboard.press("/")
    page.keyboard.type("kildebevis")
    expect(page.get_by_role("search").get_by_role("link").first).to_contain_text("Kildebevis")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Kildebevis")
    assert page.console_messages() == []
    assert page.page_errors() == []


def test_its_page_violates_no_rule_and_never_scrolls_sideways(page: Page, address: str) -> None:
    page.goto(f"{address}/help/saksbehandler/tilstander.html")
    page.evaluate(AXE)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
        assert [(width, rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_head_of_a_screen_has_room_for_it_beside_a_long_name(page: Page, house: House, site: Path) -> None:
    signing_in = with_sign_in(house)
    app, user, now = create_app(signing_in), user_with(house, *Role, name="kari.nordmann-hansen"), house.clock()
    serve_help(app, site)
    with house.store.write() as db:
        token = sessions.begin(db, user.id or 0, now, now + timedelta(hours=8))
    with screens_served(app) as url:
        page.context.add_cookies([{"name": COOKIE, "value": token, "url": url}])
        page.goto(f"{url}/applications")
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            brand, help_link = (page.locator(f".top {which}").bounding_box() for which in (".brand", "[hreflang]"))
            assert brand and help_link
            assert brand["x"] + brand["width"] <= help_link["x"] or brand["y"] + brand["height"] <= help_link["y"]
