"""The notice that a session ends: it takes no focus, is pressed by keyboard, and keeps what was written."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from axe import AXE, RULES
from local_accounts import Clock
from signing_in import user_with
from webapp.house import House
from webapp.model import Role
from webapp.store import sessions
from webapp.web.access import COOKIE

pytestmark = pytest.mark.browser


def let_in(page: Page, home: House, served: str, minutes: int = 480) -> None:
    """Somebody has signed in, for so long in any case."""
    user, now = user_with(home, Role.CASEWORKER), home.clock()
    with home.store.write() as db:
        token = sessions.begin(db, user.id or 0, now, now + timedelta(minutes=minutes))
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": served}])


def _ask(page: Page) -> None:
    """What a browser does when the reader comes back to the tab."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def _is_for_everybody(page: Page) -> None:
    page.evaluate(AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            found = page.evaluate("rules => axe.run('#session', rules)", RULES)["violations"]
            assert [(width, scheme, rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_session_goes_on_by_keyboard_and_its_end_keeps_what_was_written(
    page: Page, home: House, served: str, clock: Clock
) -> None:
    let_in(page, home, served)
    page.goto(f"{served}/cases/new")
    field, alert = page.locator("#wanted"), page.locator("#session").get_by_role("alert")
    field.focus()
    page.keyboard.type("nord")
    clock.go(minutes=26)
    _ask(page)
    expect(alert).to_contain_text("Du blir logget ut om 4 minutter.")
    expect(field).to_be_focused()
    _is_for_everybody(page)

    go_on = page.get_by_role("button", name="Fortsett")
    for _ in range(20):
        page.keyboard.press("Tab")
        if go_on.evaluate("button => button === document.activeElement"):
            break
    clock.go(minutes=1)
    _ask(page)
    expect(page.locator("#session")).to_contain_text("3 minutter")
    expect(go_on).to_be_focused()
    page.keyboard.press("Enter")
    expect(alert).to_have_text("Du er fortsatt logget inn.")
    expect(go_on).to_have_count(0)
    expect(page.locator("body")).not_to_be_focused()

    field.focus()
    clock.go(minutes=30)
    _ask(page)
    expect(alert).to_contain_text("Du er logget ut.")
    expect(field).to_have_value("nord")
    _is_for_everybody(page)
    alert.get_by_role("link", name="Logg inn", exact=True).click()
    expect(page).to_have_url(f"{served}/sign-in?next=/cases/new")


def test_a_page_asks_by_itself(page: Page, home: House, served: str) -> None:
    let_in(page, home, served, minutes=4)
    page.goto(f"{served}/cases")
    expect(page.locator("#session").get_by_role("alert")).to_contain_text("Tiden kan ikke forlenges.")
    expect(page.get_by_role("button", name="Fortsett")).to_have_count(0)
