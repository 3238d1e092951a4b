"""A press while another program holds the database: what is wrong is said where one looks, until it is over."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from webapp import store as store_module
from webapp.house import House
from webapp.model import Person

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(store_module, "QUEUED_SECONDS", 0.05)


def test_a_press_that_cannot_be_saved_says_why_until_one_can_be(
    page: Page, house: House, kari: Person, address: str
) -> None:
    page.goto(f"{address}/people/{kari.id}")
    press = page.locator("#reports form[hx-post] button").first
    lost = page.locator("#lost")
    with closing(sqlite3.connect(house.settings.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        press.click()
        expect(lost).to_be_visible()
        expect(lost).to_contain_text("Databasen er opptatt av et annet program")
        assert page.title().startswith("Nordmann, Kari")
    press.click()
    expect(lost).to_be_hidden()
    expect(page.locator("#reports")).to_contain_text("Angre")
