"""The path of UiO's guide with the keyboard alone: create a case, press, watch, tick Inngår, close."""

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from browser_gates import Gate
from webapp.house import House
from webapp.model import Case, CaseStatus, CaseType, Level, Person
from webapp.recognition.cases import open_case, set_status
from webapp.store import cases, results
from world import NOW, UIB, UIO, bachelor, course, found, stored

pytestmark = pytest.mark.browser

THESIS = course("MAS4900", level=Level("EQF", "7"), credits=Decimal(60))


def press(target: Locator, key: str = "Enter") -> None:
    target.focus()
    target.page.keyboard.press(key)


def ticks(page: Page) -> Locator:
    return page.get_by_role("checkbox")


@pytest.fixture
def extent(page: Page, address: str, house: House, kari: Person) -> str:
    """The address of tab Omfang of a case of Kari's, who has two courses from UiO."""
    with house.store.write() as db:
        study_id = results.study(db, kari.id, UIO, "kberg", NOW)
        for code in ("MAT1100", "FYS1000"):
            results.write_result(db, study_id, UIO, stored(course(code)), NOW)
    wish = Case(0, kari.id, CaseType.INNPASS, CaseStatus.BEING_TREATED, date(2026, 11, 20))
    return f"{address}/cases/{open_case(house.store, house.settings, wish, 'kberg', NOW)}/extent"


def test_a_case_from_its_creation_to_its_close(
    page: Page, address: str, house: House, kari: Person, gates: dict[int, Gate]
) -> None:
    gates[UIO].reply = found(bachelor(), course("MAT1100", parent=0))
    gates[UIB].reply = found(THESIS, institution=UIB)
    page.goto(f"{address}/cases")
    press(page.get_by_role("link", name="Ny sak"))
    page.wait_for_url("**/cases/new")
    expect(page.locator("#wanted")).to_be_focused()
    page.keyboard.type("nordmann")
    page.keyboard.press("Enter")
    press(page.get_by_role("link", name="Nordmann, Kari"))
    page.get_by_label("Status behandling").focus()
    page.keyboard.type("BEHANDLES")
    press(page.get_by_role("button", name="Lagre"))
    expect(page.locator(".case-facts")).to_contain_text("INNPASS Innpassing")
    expect(page.locator(".case-facts")).to_contain_text("BEHANDLES under behandling")
    press(page.get_by_role("link", name="Eksternstudium", exact=True).last)
    page.wait_for_url("**/studies")
    press(page.get_by_role("button", name="Hent ekstern norsk utdanning"))
    expect(page.locator(".progress", has_text="0 av 3 har svart")).to_be_visible()
    gates[UIO].opened.set()
    expect(page.locator("tr.study-row")).to_contain_text("Universitetet i Oslo")
    for gate in gates.values():
        gate.opened.set()
    expect(page.locator(".progress", has_text="2 institusjoner hadde resultater")).to_be_visible()
    press(page.get_by_role("link", name="Omfang"))
    thesis = page.get_by_label("MAS4900 inngår")
    press(thesis, "Space")
    expect(page.get_by_role("heading", name="1 rad inngår: 60 studiepoeng.")).to_be_visible()
    expect(thesis).to_be_focused()
    press(page.get_by_label("BIO3 inngår"), "Space")
    press(page.get_by_label("MAT1100 inngår"), "Space")
    expect(page.get_by_role("heading", name="3 rader inngår: 240 studiepoeng.")).to_be_visible()
    expect(page.get_by_text("Regnes ikke med i summen: BIO3 inngår.")).to_be_visible()
    expect(page.locator(".sum tbody tr").first).to_have_text("Universitetet i Bergen60–60")
    press(page.get_by_role("button", name="Avslutt saken"))
    expect(page.get_by_text("det som inngår er låst")).to_be_visible()
    expect(ticks(page)).to_have_count(3)
    assert all(tick.is_disabled() and tick.is_checked() for tick in ticks(page).all())
    press(page.get_by_role("button", name="Åpne saken igjen"))
    expect(page.get_by_label("MAS4900 inngår")).to_be_enabled()


def test_ticks_in_quick_succession_are_all_saved(page: Page, extent: str, house: House) -> None:
    page.goto(extent)
    for tick in ticks(page).all():
        press(tick, "Space")
    expect(page.get_by_role("heading", name="2 rader inngår: 20 studiepoeng.")).to_be_visible()
    press(ticks(page).first, "Space")
    expect(page.get_by_role("heading", name="1 rad inngår: 10 studiepoeng.")).to_be_visible()
    (only,) = cases.inclusions_of(house.store.db, 1)
    assert str(only.result_id) == ticks(page).last.get_attribute("value")


def test_a_tick_set_before_the_scripts_have_come_is_saved(page: Page, extent: str) -> None:
    held: list[Route] = []
    page.route("**/packages/htmx.js*", lambda route: held.append(route))  # noqa: PLW0108 - playwright asks for a function
    page.goto(extent, wait_until="commit")
    press(ticks(page).first, "Space")
    held[0].continue_()
    expect(page.get_by_role("heading", name="1 rad inngår: 10 studiepoeng.")).to_be_visible()


def test_a_tick_that_comes_too_late_is_taken_back_and_says_why(page: Page, extent: str, house: House) -> None:
    page.goto(extent)
    set_status(house.store, 1, CaseStatus.TREATED, "olie", NOW)
    press(ticks(page).first, "Space")
    expect(page.get_by_role("alert").filter(has_text="Åpne saken igjen for å endre det.")).to_be_visible()
    expect(ticks(page).first).not_to_be_checked()
    expect(ticks(page).first).to_be_disabled()


def test_rows_that_come_while_ticking_are_told_and_move_nothing(
    page: Page, extent: str, gates: dict[int, Gate]
) -> None:
    gates[UIB].reply = found(THESIS, institution=UIB)
    page.goto(extent)
    press(page.get_by_role("button", name="Hent ekstern norsk utdanning"))
    press(ticks(page).first, "Space")
    for gate in gates.values():
        gate.opened.set()
    expect(page.get_by_text("Resultatene er endret siden fanen ble åpnet.")).to_be_visible()
    expect(ticks(page).first).to_be_focused()
    expect(ticks(page)).to_have_count(2)
    press(page.get_by_role("link", name="Vis dem"))
    expect(ticks(page)).to_have_count(3)
    expect(page.get_by_role("heading", name="1 rad inngår: 10 studiepoeng.")).to_be_visible()


def test_the_extent_is_saved_without_javascript(page: Page, extent: str, house: House) -> None:
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        plain.goto(extent)
        plain.get_by_label("MAT1100 inngår").check()
        plain.get_by_role("button", name="Lagre").click()
        expect(plain.get_by_role("heading", name="1 rad inngår: 10 studiepoeng.")).to_be_visible()
        expect(plain.get_by_label("MAT1100 inngår")).to_be_checked()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("tab", ["", "/studies", "/extent", "/edit"])
def test_no_page_of_a_case_scrolls_sideways(page: Page, extent: str, width: int, tab: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(extent.removesuffix("/extent") + tab)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
