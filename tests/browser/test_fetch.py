"""From the search to the results with the keyboard alone, while the institutions answer one by one."""

import pytest
from playwright.sync_api import Page, expect

from browser_gates import Gate
from pressing import say_why
from webapp.errors import SourceError, SourceFailure
from webapp.model import Person
from world import UIB, UIO, UIT, bachelor, course, found

pytestmark = pytest.mark.browser


def press_the_button(page: Page, address: str) -> None:
    """Find Kari and press the button, with the keyboard alone."""
    page.goto(address)
    expect(page.locator("#start-wanted")).to_be_focused()
    page.keyboard.type("nordmann")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Nordmann, Kari").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/*")
    page.locator("#purpose").focus()
    page.keyboard.type("God")
    page.locator("#reason").focus()
    page.keyboard.type("Ringte")
    page.get_by_role("button", name="Hent ekstern norsk utdanning").focus()
    page.keyboard.press("Enter")


def test_results_appear_as_each_institution_answers(
    page: Page, address: str, kari: Person, gates: dict[int, Gate]
) -> None:
    gates[UIO].reply = found(bachelor(), course("MAT1100", parent=0))
    gates[UIB].reply = SourceError(SourceFailure.UNAVAILABLE, "503")
    press_the_button(page, address)
    expect(page.locator(".progress", has_text="0 av 3 har svart")).to_be_visible()
    gates[UIO].opened.set()
    expect(page.locator("tr.study-row")).to_contain_text("Universitetet i Oslo")
    expect(page.locator(".progress", has_text="1 av 3 har svart")).to_be_visible()
    expect(page.get_by_role("button", name="Hent ekstern norsk utdanning")).to_be_focused()
    gates[UIB].opened.set()
    gates[UIT].opened.set()
    ended = "1 institusjon hadde resultater, 1 hadde ingen, 1 kunne ikke spørres"
    expect(page.locator(".progress", has_text=ended)).to_be_visible()


def test_asking_for_news_ends_when_the_order_has_ended(
    page: Page, address: str, kari: Person, gates: dict[int, Gate]
) -> None:
    for gate in gates.values():
        gate.opened.set()
    press_the_button(page, address)
    expect(page.locator(".progress", has_text="Ferdig på")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)  # three times as long as the page waits between two questions
    assert asked == []


def test_a_row_opens_with_the_keyboard_and_stays_open_when_news_come(
    page: Page, address: str, kari: Person, gates: dict[int, Gate]
) -> None:
    gates[UIO].reply = found(course("MAT1100"))
    gates[UIT].reply = found(course("TIT1"), institution=UIT)
    press_the_button(page, address)
    gates[UIO].opened.set()
    page.locator("#study-185-name").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("MAT1100", exact=True)).to_be_visible()
    gates[UIT].opened.set()
    expect(page.locator("#study-186-name")).to_be_visible()
    expect(page.get_by_text("MAT1100", exact=True)).to_be_visible()
    expect(page.locator("#study-185-name")).to_be_focused()


def test_trying_again_asks_only_those_that_failed(
    page: Page, address: str, kari: Person, gates: dict[int, Gate]
) -> None:
    gates[UIB].reply = SourceError(SourceFailure.UNAVAILABLE, "503")
    for gate in gates.values():
        gate.opened.set()
    press_the_button(page, address)
    page.get_by_role("button", name="Prøv igjen").focus()
    gates[UIB].reply = found(course("INF1"), institution=UIB)
    page.keyboard.press("Enter")
    expect(page.locator("tr.study-row")).to_contain_text("Universitetet i Bergen")
    expect(page.get_by_role("button", name="Prøv igjen")).to_be_hidden()


def test_the_whole_path_works_without_javascript(
    page: Page, address: str, kari: Person, gates: dict[int, Gate]
) -> None:
    for gate in gates.values():
        gate.opened.set()
    gates[UIO].reply = found(course("MAT1100"))
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        plain.goto(f"{address}/people/{kari.id}")
        say_why(plain)
        plain.get_by_role("button", name="Hent ekstern norsk utdanning").click()
        expect(plain.get_by_text("Bestilt 24.11.2026 09.14")).to_be_visible()
        plain.reload()
        expect(plain.locator("tr.study-row")).to_contain_text("Universitetet i Oslo")


def test_new_results_are_reported_without_javascript(page: Page, address: str, kari: Person) -> None:
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        plain.goto(f"{address}/people/{kari.id}")
        plain.get_by_role("button", name="Meld nye resultater").click()
        expect(plain.get_by_text("Meldt i dag, hentes i kveld")).to_be_visible()
        plain.get_by_role("button", name="Angre").click()
        expect(plain.get_by_role("button", name="Meld nye resultater")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_never_scrolls_sideways(
    page: Page, address: str, kari: Person, gates: dict[int, Gate], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    gates[UIO].reply = found(course("MAT1100", name={"nb": "Et svært langt navn på et emne " * 4}))
    for gate in gates.values():
        gate.opened.set()
    press_the_button(page, address)
    page.locator("#study-185-name").press("Enter")
    expect(page.locator(".progress", has_text="Ferdig på")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_the_page_shows_already_is_not_sent_again(
    page: Page, address: str, kari: Person, gates: dict[int, Gate]
) -> None:
    press_the_button(page, address)
    progress = page.locator(".progress")
    expect(progress).to_contain_text("0 av 3 har svart")
    with page.expect_response(lambda answer: "/news" in answer.url and answer.status == 304) as nothing_new:
        pass
    assert nothing_new.value.headers["cache-control"] == "private, no-store"
    expect(page.locator("#lost")).to_be_hidden()
    # It asks on, and what comes is shown.
    for gate, said in zip(gates.values(), ("1 av 3 har svart", "2 av 3 har svart", "Ferdig på"), strict=True):
        gate.opened.set()
        expect(progress).to_contain_text(said)


def test_a_tab_that_nobody_looks_at_does_not_ask(
    page: Page, address: str, kari: Person, gates: dict[int, Gate]
) -> None:
    press_the_button(page, address)
    expect(page.locator(".progress")).to_contain_text("0 av 3 har svart")
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert asked == []
    with page.expect_request("**/news?*"):
        page.evaluate("delete document.hidden")
