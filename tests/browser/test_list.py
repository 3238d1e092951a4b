"""A list screen as it is worked with: the head that stays, sort, chosen columns, cards on a phone, and paper."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from browser_screens import APPLICATIONS, screens_world

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with screens_world(tmp_path_factory.mktemp("screens")) as address:
        yield f"{address}/applications"


def test_the_head_stays_while_the_rows_scroll(page: Page, listing: str) -> None:
    page.goto(listing)
    page.locator("tbody tr").last.scroll_into_view_if_needed()
    expect(page.locator("#filter-name")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Filtrer")).to_be_in_viewport()


def test_a_press_on_a_head_sorts_and_a_second_turns_round(page: Page, listing: str) -> None:
    page.goto(listing)
    page.get_by_role("link", name="Endret").click()
    expect(page.locator("th[aria-sort]")).to_have_text("Endret")
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("tbody tr").first).to_contain_text("4100000")
    page.get_by_role("link", name="Endret").click()
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("tbody tr").first).to_contain_text("4100002")


def test_pages_hold_fifty_rows_and_say_how_many_there_are(page: Page, listing: str) -> None:
    page.goto(listing)
    expect(page.locator("tbody tr")).to_have_count(50)
    expect(page.locator(".list-foot")).to_contain_text(f"{APPLICATIONS} treff")
    page.get_by_role("link", name="Neste").click()
    expect(page.locator("tbody tr")).to_have_count(APPLICATIONS - 50)


def test_chosen_columns_are_remembered(page: Page, listing: str) -> None:
    page.goto(listing)
    page.locator(".columns summary").click()
    page.get_by_role("checkbox", name="Grunnlag").uncheck()
    page.get_by_role("button", name="Vis disse").click()
    expect(page.get_by_role("columnheader", name="Grunnlag")).to_have_count(0)
    page.goto(listing)
    expect(page.get_by_role("columnheader", name="Grunnlag")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="Navn")).to_be_visible()


def test_a_filter_is_chosen_and_taken_away(page: Page, listing: str) -> None:
    page.goto(listing)
    page.get_by_label("Samtykke").select_option("mangler")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.locator(".list-foot")).to_contain_text(f"{APPLICATIONS // 3} treff")
    page.get_by_role("link", name="Fjern filtrene").click()
    expect(page.locator(".list-foot")).to_contain_text(f"{APPLICATIONS} treff")


def test_a_phone_shows_each_row_as_a_card_with_its_labels(page: Page, listing: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(listing)
    name = page.locator("tbody tr").first.locator("td[data-label='Navn']")
    assert page.evaluate("cell => getComputedStyle(cell, '::before').content", name.element_handle()) == '"Navn "'
    assert page.locator("tbody tr").first.bounding_box()["width"] <= 390  # type: ignore[index]


def test_paper_shows_all_rows_in_the_light_and_nothing_that_is_pressed(page: Page, listing: str) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(listing)
    for pressed in (page.locator("header.top"), page.locator("#filter-name"), page.locator(".list-foot")):
        expect(pressed).to_be_hidden()
    scrolls = "element => element.scrollHeight - element.clientHeight"
    assert page.locator(".scroll").evaluate(scrolls) <= 1
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(34, 45, 46)"
