"""The paths of the day without a mouse: past the head, to the search, to the button, through a list."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from browser_screens import DONE, EMPTY, screens_world
from pressing import say_why

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with screens_world(tmp_path_factory.mktemp("screens")) as address:
        yield address


def test_the_first_tab_leads_past_the_head(page: Page, screens: str) -> None:
    page.goto(f"{screens}/applications")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Hopp til innholdet")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("path", ["/", "/applications", f"/people/{EMPTY}"])
def test_the_search_has_its_key_on_every_screen(page: Page, screens: str, path: str) -> None:
    page.goto(screens + path)
    field = page.locator("[accesskey=s]")
    expect(field).to_have_count(1)
    field.focus()
    page.keyboard.type("4100002")
    page.keyboard.press("Enter")
    page.wait_for_url("**/applications/4100002")


@pytest.mark.parametrize("path", [f"/people/{DONE + 1}", "/applications/4100004"])
def test_the_button_has_its_key_and_keeps_the_focus(page: Page, screens: str, path: str) -> None:
    page.goto(screens + path)
    say_why(page)
    page.locator("[accesskey=h]").press("Enter")
    expect(page.locator(".progress", has_text="Ferdig på").first).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Ferdig på")
    expect(page.locator("#press")).to_be_focused()


def test_the_purpose_and_the_reason_are_told_by_keyboard_alone(page: Page, screens: str) -> None:
    page.goto(f"{screens}/people/{DONE + 5}")
    page.get_by_label("Formål").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Ba om det på telefon")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Ferdig på")
    expect(page.locator("#press")).to_be_focused()


def test_a_number_that_is_shown_has_the_focus(page: Page, screens: str) -> None:
    page.goto(f"{screens}/people/{DONE}")
    page.get_by_role("button", name="vis").press("Enter")
    expect(page.get_by_role("list", name="Fødselsnummer")).to_be_focused()


def test_a_user_gets_a_role_by_keyboard_alone(page: Page, screens: str) -> None:
    page.goto(f"{screens}/users/1")
    page.get_by_label("Revisor").focus()
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_label("Revisor")).to_be_checked()


@pytest.mark.parametrize("path", [f"/people/{DONE + 3}", "/applications/4100007", "/cases/2"])
def test_a_report_is_made_and_taken_back_and_the_focus_stays(page: Page, screens: str, path: str) -> None:
    page.goto(screens + path)
    page.get_by_role("button", name="Meld nye resultater").press("Enter")
    angre = page.get_by_role("button", name="Angre")
    expect(angre).to_be_focused()
    expect(angre).to_have_accessible_description("Meldt i dag, hentes i kveld")
    expect(page.get_by_role("status")).to_have_text("Meldt i dag, hentes i kveld")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Meld nye resultater")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("Meldingen er angret.")


def test_a_report_is_told_as_fetched_when_the_order_has_ended(page: Page, screens: str) -> None:
    page.goto(f"{screens}/people/{DONE + 4}")
    page.get_by_role("button", name="Meld nye resultater").press("Enter")
    expect(page.locator(".report")).to_contain_text("hentes i kveld")
    say_why(page)
    page.locator("#press").press("Enter")
    expect(page.locator(".report")).to_contain_text("Meldt i dag, hentet i dag 09.14")
    expect(page.get_by_role("button", name="Meld nye resultater")).to_be_visible()
    expect(page.locator("#press")).to_be_focused()


def test_the_status_speaks_now_and_then_and_not_for_each_answer(page: Page, screens: str) -> None:
    page.goto(f"{screens}/people/{DONE + 2}")
    page.evaluate(
        """() => {
            window.said = [];
            new MutationObserver(() => window.said.push(document.getElementById("status").textContent.trim()))
                .observe(document.getElementById("status"), { childList: true, characterData: true, subtree: true });
        }"""
    )
    say_why(page)
    page.locator("#press").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Ferdig på")
    assert page.evaluate("window.said.length") <= 2


def test_a_refused_filter_has_the_focus_and_its_sentence(page: Page, screens: str) -> None:
    page.goto(f"{screens}/applications")
    page.locator("#filter-name").focus()
    page.keyboard.type("03859812345")
    page.keyboard.press("Enter")
    field = page.locator("#filter-name")
    expect(field).to_be_focused()
    expect(field).to_have_value("03859812345")
    expect(field).to_have_accessible_description(
        "Et fødselsnummer kan ikke stå i en adresse. Søk med det i søkefeltet øverst."
    )


def test_the_colours_are_chosen_with_the_arrows(page: Page, screens: str) -> None:
    page.goto(f"{screens}/preferences")
    page.get_by_label("Som systemet").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-color-scheme", "dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(20, 25, 25)")


def test_the_keys_are_told_where_they_can_be_read(page: Page, screens: str) -> None:
    page.goto(f"{screens}/preferences")
    assert page.locator("kbd").all_inner_texts() == ["S", "H"]
