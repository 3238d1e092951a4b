"""Kilder in a browser: set up, tried, switched off and on by the keyboard alone, and without JavaScript."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from serving import screens_served, served
from webapp.house import open_house
from webapp.identity import make_synthetic
from webapp.institutions import REGISTER
from webapp.provider import create_provider
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import write
from webapp.web.factory import create_app
from world import KARI_NUMBER, NOW, UIO, bachelor, course, transcript

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of UiO, which has results of Kari."""
    shelf = Shelf(tmp_path_factory.mktemp("shelf") / "shelf.sqlite")
    shelf.add_institution(REGISTER[UIO])
    shelf.put(UIO, [KARI_NUMBER], write(transcript(bachelor(), course("MAT1100", parent=0)), NOW), etag="1")
    with served(create_provider(shelf)) as address:
        yield f"{address}/{UIO}"
    shelf.close()


@pytest.fixture
def screens(tmp_path: Path) -> Iterator[str]:
    """An instance without sources."""
    (tmp_path / "settings.toml").write_text("test_instance = true\n", encoding="utf-8")
    house = open_house(tmp_path, lambda: NOW)
    with screens_served(create_app(house)) as address:
        yield address
    house.close()
    house.store.close()


def set_up(page: Page, screens: str, provider: str) -> None:
    page.goto(f"{screens}/sources/new/elmo-pull")
    page.get_by_label("Institusjonsnummer").fill(str(UIO))
    page.locator("#url").fill(provider)
    page.locator("#url").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Universitetet i Oslo")


def test_a_source_is_set_up_and_tried_and_the_focus_stays(page: Page, screens: str, provider: str) -> None:
    set_up(page, screens, provider)
    number = page.get_by_label("Fødselsnummer til en testperson")
    number.fill(KARI_NUMBER)
    number.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Svarte på")
    expect(page.locator("#tried")).to_contain_text("MAT1100")
    expect(number).to_be_focused()
    expect(page).to_have_url(re.compile(rf"/sources/{UIO}$"))
    number.fill(make_synthetic(NOW.date(), 0)[:-1] + "x")
    number.press("Enter")
    expect(page.locator("#tried")).to_contain_text("bare siffer")
    expect(page.locator("#tried")).not_to_contain_text("MAT1100")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_source_is_switched_off_and_on(chromium: Browser, screens: str, provider: str, scripts: bool) -> None:
    with chromium.new_context(java_script_enabled=scripts, locale="nb-NO") as context:
        page = context.new_page()
        page.set_default_timeout(10_000)
        set_up(page, screens, provider)
        page.get_by_role("link", name="Slå av").press("Enter")
        page.get_by_label("Grunn").fill("flytter database")
        page.get_by_label("Tilbake").fill("2026-12-01T06:00")
        page.get_by_role("button", name="Slå av").press("Enter")
        expect(page.locator(".source-now")).to_contain_text("Slått av til 01.12.2026 kl. 06.00: flytter database")
        page.get_by_role("button", name="Slå på").press("Enter")
        expect(page.locator(".source-now")).to_contain_text("Ikke spurt ennå")
        page.get_by_role("button", name="Prøv").press("Enter")
        expect(page.locator("#tried")).to_contain_text("elmo-pull/1")
