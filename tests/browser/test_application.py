"""The applicant's path: open the application, press, Vis, Fullfør; an improved grade brings J back."""

import pytest
from playwright.sync_api import Page, expect

from browser_gates import Gate
from webapp.house import House
from webapp.intake.applying import take_in_admission, take_in_application
from webapp.model import AdmissionRecord, ApplicationRecord, Person
from world import KARI_NUMBER, NOW, UIO, course, found

pytestmark = pytest.mark.browser


@pytest.fixture
def application(house: House, kari: Person) -> str:
    take_in_admission(house.store, house.settings, AdmissionRecord("2027-HØST-NOM", "Samordna opptak", "J"), NOW)
    record = ApplicationRecord("NOM1001", KARI_NUMBER, "2027-HØST-NOM", consent_given_at="2026-11-01")
    take_in_application(house.store, house.settings, record, NOW)
    return record.applicant_number


def press(page: Page) -> None:
    page.get_by_role("button", name="Hent ekstern norsk utdanning").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".progress", has_text="Ferdig på").first).to_be_visible()


def test_an_application_is_fetched_for_seen_and_finished_and_an_improved_grade_brings_it_back(
    page: Page, address: str, application: str, gates: dict[int, Gate]
) -> None:
    gates[UIO].reply = found(course("MAT1100", "D"))
    for gate in gates.values():
        gate.opened.set()
    page.goto(f"{address}/applications/nom")
    page.get_by_role("link", name=application).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/applications/{application}")
    press(page)
    expect(page.get_by_role("button", name="Hent ekstern norsk utdanning")).to_be_focused()
    handling = page.locator("#handling")
    expect(handling).to_contain_text("Universitetet i Oslo: 1 ny")
    page.get_by_role("link", name="Vis", exact=True).click()
    page.wait_for_url("**/people/*")
    page.go_back()
    page.get_by_role("button", name="Fullfør").focus()
    page.keyboard.press("Enter")
    expect(handling).to_contain_text("Sist fullført")
    expect(page.get_by_role("button", name="Fullfør")).to_be_hidden()
    gates[UIO].reply = found(course("MAT1100", "B"))
    press(page)
    expect(handling).to_contain_text("endret")
    expect(page.get_by_role("button", name="Fullfør")).to_be_visible()
    page.get_by_role("link", name="Endringer").click()
    expect(page.locator("#list tbody tr")).to_have_count(1)
    expect(page.locator("#list tbody tr")).to_contain_text("MAT1100: D → B")
    page.locator("#list button[name=one]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#list tbody tr")).to_have_count(0)
    expect(page.locator("#menu-changes-listing .count")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_never_scrolls_sideways(
    page: Page, address: str, application: str, gates: dict[int, Gate], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for gate in gates.values():
        gate.opened.set()
    page.goto(f"{address}/applications/{application}")
    press(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_file_is_followed_to_its_report(page: Page, address: str, application: str) -> None:
    content = f"sokernummer,fodselsnummer,opptak\nNOM1002,{KARI_NUMBER},2027-HØST-NOM\n".encode()
    page.goto(f"{address}/applications")
    page.get_by_role("link", name="Les inn søkere og opptak").click()
    page.get_by_label("Fil", exact=True).set_input_files(
        {"name": "søkere.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_label("Prøv uten å skrive").uncheck()
    page.get_by_role("button", name="Les inn").click()
    expect(page.get_by_text("1 rad er lest inn.").first).to_be_visible()
    page.goto(f"{address}/applications/NOM1002")
    expect(page.get_by_role("heading", name="Nordmann, Kari")).to_be_visible()
