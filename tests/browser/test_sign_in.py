"""From the set-up link to the sign-out in a browser, by keyboard alone; the pages before that are for everybody."""

from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from axe import AXE, RULES
from local_accounts import PASSWORD, Clock
from signing_in import user_with
from webapp.accounts.administering import UserKeeper
from webapp.house import House
from webapp.model import Role
from webapp.store import sessions
from webapp.web.access import COOKIE

pytestmark = pytest.mark.browser


@pytest.fixture
def link(home: House, served: str) -> str:
    keeper = UserKeeper(home.store, home.settings, "root", "user add", home.clock())
    return f"{served}/set-up/{keeper.add('kberg', [Role.CASEWORKER])}"


def _type(page: Page, *texts: str) -> None:
    """Types into the field that has the focus and those after it, and presses Enter."""
    page.locator("input:focus").wait_for()
    for nth, text in enumerate(texts):
        if nth:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_from_the_link_to_the_sign_out_by_keyboard_alone(page: Page, link: str, served: str, clock: Clock) -> None:
    page.goto(link)
    codes = pyotp.TOTP(page.locator("code").inner_text().replace(" ", ""))
    expect(page.get_by_role("img", name="QR-kode")).to_have_js_property("complete", True)
    _type(page, PASSWORD, PASSWORD, codes.at(clock.now))
    page.wait_for_url(f"{served}/")
    page.get_by_role("button", name="Logg ut").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Du er logget ut.")

    page.goto(f"{served}/cases?page=1")
    expect(page).to_have_url(f"{served}/sign-in?next=/cases?page%3D1")
    _type(page, "kberg", PASSWORD, codes.at(clock.now))
    expect(page.get_by_role("alert")).to_contain_text("En kode kan brukes én gang")
    expect(page.get_by_label("Passord")).to_be_focused()
    clock.go(seconds=30)
    _type(page, PASSWORD, codes.at(clock.now))
    page.wait_for_url(f"{served}/cases?page=1")

    page.goto(f"{served}/preferences/password")
    _type(page, PASSWORD, "et helt annet passord", "et helt annet passord")
    expect(page.get_by_role("status")).to_contain_text("Passordet er endret")


def test_a_session_that_ends_on_an_open_page_leads_to_sign_in(page: Page, link: str, served: str, clock: Clock) -> None:
    page.goto(link)
    code = pyotp.TOTP(page.locator("code").inner_text().replace(" ", "")).at(clock.now)
    _type(page, PASSWORD, PASSWORD, code)
    page.wait_for_url(f"{served}/")
    page.goto(f"{served}/applications")
    clock.go(minutes=31)
    page.evaluate("htmx.ajax('GET', '/search', '#main')")
    page.wait_for_url("**/sign-in?next=**")
    expect(page.get_by_role("heading", name="Logg inn")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(f"{served}/sign-in?next=/applications")


def _is_for_everybody(page: Page, width: int) -> None:
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    assert [(page.url, width, rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_user_is_added_by_keyboard_alone(page: Page, home: House, served: str) -> None:
    administrator = user_with(home, Role.SYSTEM_ADMINISTRATOR)
    with home.store.write() as db:
        token = sessions.begin(db, administrator.id or 0, home.clock(), home.clock() + timedelta(hours=8))
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": served}])
    page.goto(f"{served}/users")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        _is_for_everybody(page, width)
    page.get_by_label("Brukernavn").focus()
    page.keyboard.type("nhansen")
    page.get_by_label("Saksbehandler").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("nhansen")
    expect(page.get_by_role("status")).to_contain_text(f"{served}/set-up/")
    _is_for_everybody(page, 390)


def _keep_the_rules(page: Page, addresses: list[str], scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for address in addresses:
        page.goto(address)
        for more in page.locator(".menu-more > summary").all():
            more.click()
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            _is_for_everybody(page, width)
    assert [message.text for message in page.console_messages() if "Content Security" in message.text] == []


@pytest.fixture
def everything(page: Page, home: House, served: str) -> Page:
    """The page of somebody with every role and a long name, who has signed in."""
    user = user_with(home, *Role, name="kari.nordmann-hansen")
    with home.store.write() as db:
        token = sessions.begin(db, user.id or 0, home.clock(), home.clock() + timedelta(hours=8))
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": served}])
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_before_the_sign_in_are_for_everybody(page: Page, link: str, served: str, scheme: str) -> None:
    _keep_the_rules(page, [link, f"{served}/sign-in?out=1", f"{served}/set-up/nowhere"], scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_after_the_sign_in_are_for_everybody(everything: Page, served: str, scheme: str) -> None:
    _keep_the_rules(everything, [served + path for path in ("/preferences/password", "/users", "/api-tokens")], scheme)


def test_the_head_stands_on_one_line(everything: Page, served: str) -> None:
    everything.goto(f"{served}/applications")
    brand = everything.get_by_role("link", name="Eksternstudium").bounding_box()
    for name in ("Logg ut", "Søk"):
        there = everything.get_by_role("banner").get_by_role("button", name=name).bounding_box()
        assert brand and there and there["y"] < brand["y"] + brand["height"]


def test_the_menu_opens_and_closes_by_keyboard(everything: Page, served: str) -> None:
    everything.goto(served)
    drift = everything.locator(".menu-more > summary")
    drift.focus()
    everything.keyboard.press("Enter")
    everything.keyboard.press("Tab")
    expect(everything.get_by_role("link", name="Kilder")).to_be_focused()
    everything.keyboard.press("Escape")
    expect(drift).to_be_focused()
    expect(everything.get_by_role("link", name="Kilder")).to_be_hidden()
    everything.keyboard.press("Enter")
    everything.get_by_role("link", name="Brukere").press("Enter")
    everything.wait_for_url(f"{served}/users")
    expect(everything.get_by_role("link", name="Brukere")).to_be_hidden()
