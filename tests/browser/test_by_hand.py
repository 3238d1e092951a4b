"""A row is registered by hand with the keyboard alone, a slip on the way included."""

import pytest
from playwright.sync_api import Page, expect

from webapp.model import Person

pytestmark = pytest.mark.browser


def type_in(page: Page, label: str, text: str) -> None:
    page.get_by_label(label, exact=True).focus()
    page.keyboard.type(text)


def test_a_row_is_registered_by_hand_with_the_keyboard_alone(page: Page, address: str, kari: Person) -> None:
    page.goto(f"{address}/people/{kari.id}")
    page.get_by_role("link", name="Registrer for hånd").focus()
    page.keyboard.press("Enter")
    type_in(page, "Institusjon", "Universitetet i B")
    type_in(page, "Kode", "FIL1")
    type_in(page, "Omfang", "20")
    type_in(page, "Enhet", "vekttall")
    page.keyboard.press("Tab")
    page.keyboard.type("2.4")
    page.keyboard.press("Enter")
    expect(page.locator("#name-refusal")).to_have_text("Skriv navnet, på norsk eller engelsk.")
    expect(page.locator("#refusal")).to_be_focused()
    expect(page.get_by_label("Kode", exact=True)).to_have_value("FIL1")
    type_in(page, "Navn", "Filosofi grunnfag")
    page.keyboard.press("Enter")
    row = page.locator("tr.result")
    expect(row).to_contain_text("Filosofi grunnfag")
    expect(row).to_contain_text("registrert for hånd")
    expect(row).to_contain_text("20 vt (60 sp)")
    expect(page.locator("tr.study-row")).to_contain_text("Universitetet i Bergen")
