"""A file is dropped on a person's page, looked at, and taken in."""

import base64
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from webapp.model import Institution, Person, Study
from webapp.sources.elmo import write
from world import NOW, course, transcript

pytestmark = pytest.mark.browser

WARSAW = Institution(None, {"en": "University of Warsaw"})
XML = write(replace(transcript(), studies=(Study(WARSAW, (course("ALG1"),)),)), NOW)
#: What a browser says when somebody drags a file in from the desktop and lets go of it on the form.
DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name));
  const told = (what, where) => where.dispatchEvent(
    new DragEvent(what, { bubbles: true, cancelable: true, dataTransfer: carried }));
  told("dragenter", document.body);
  told("drop", document.querySelector("form[data-drop]"));
}"""


def test_a_file_is_dropped_and_what_it_would_do_follows_the_choices(page: Page, address: str, kari: Person) -> None:
    page.goto(f"{address}/people/{kari.id}")
    page.evaluate(DROP, ["vitnemal.xml", base64.b64encode(XML).decode()])
    expect(page.get_by_role("heading", name="Dette er i filen vitnemal.xml")).to_be_visible()
    expect(page.locator("#upload-parts h3")).to_have_text("University of Warsaw")
    page.get_by_label("skal stå under").select_option(label="Universitetet i Bergen")
    expect(page.locator("#upload-parts h3")).to_have_text("Universitetet i Bergen")
    page.get_by_role("button", name="Ta inn").focus()
    page.keyboard.press("Enter")
    expect(page.locator("tr.study-row")).to_contain_text("Universitetet i Bergen")
    expect(page.locator(".order").first).to_contain_text("1 institusjon hadde resultater")
