"""A run while it works, as a page that stays open sees it, and Tvangskjør with the keyboard alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from webapp.fetching.run_lock import run_lock
from webapp.house import House
from webapp.model import Admission, Person, RunKind, RunState, RunWish, Season
from webapp.store import as_text, runs
from webapp.store.admissions import remember_admission
from world import NOW, UIB, UIO

pytestmark = pytest.mark.browser

PEOPLE = 100
ADMISSION = Admission(2027, Season.AUTUMN, "NOM", "Samordna opptak", True)


@pytest.fixture
def run_id(house: House) -> Iterator[int]:
    """A run that somebody carries out: two institutions, nobody asked about yet."""
    with house.store.write() as db:
        run_id = runs.add(db, RunWish(RunKind.FULL, NOW, "kberg"))
        db["runs"].update(
            run_id,
            {"state": "running", "people": PEOPLE, "ordered": PEOPLE, "begun_at": as_text(NOW - timedelta(seconds=9))},
        )
        for institution in (UIB, UIO):
            db["run_sources"].insert({"run_id": run_id, "institution": institution, "people": PEOPLE})
    with run_lock(house.settings.instance):
        yield run_id


def tell(house: House, run_id: int, asked: int) -> None:
    with house.store.write() as db:
        db.execute("UPDATE run_sources SET asked = ?, no_results = ? WHERE run_id = ?", [asked, asked, run_id])


@pytest.mark.parametrize("path", ["/jobs", "/jobs/{run_id}"])
def test_the_bar_moves_while_the_page_stays_open_and_the_asking_ends_with_the_run(
    page: Page, address: str, house: House, run_id: int, path: str
) -> None:
    page.goto(address + path.format(run_id=run_id))
    bar = page.locator(".run-progress progress")
    expect(bar).to_have_attribute("value", "0")
    stop = page.get_by_role("link", name="Stopp …")
    stop.focus()
    tell(house, run_id, 60)
    expect(bar).to_have_attribute("value", "60")
    expect(page.get_by_role("status")).to_have_text("120 av 200 svar")
    expect(stop).to_be_focused()
    names = page.locator(".run-sources tbody td:first-child").all_inner_texts()
    assert names == ["Universitetet i Bergen", "Universitetet i Oslo"]
    tell(house, run_id, PEOPLE)
    with house.store.write() as db:
        runs.set_state(db, run_id, RunState.COMPLETE, NOW)
    expect(page.get_by_role("status")).to_contain_text("Spurte 2 institusjoner om 100 søkere")
    expect(page.locator(".message")).to_contain_text("Ingen har nye eller endrede resultater.")
    expect(stop).to_have_count(0)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(3000)  # longer than the page waits between two questions
    assert asked == []


def test_a_run_is_forced_with_the_keyboard_alone(page: Page, address: str, house: House, kari: Person) -> None:
    with house.store.write() as db:
        remember_admission(db, ADMISSION)
        row = {"applicant_number": "1001", "person_id": kari.id, "admission": ADMISSION.code}
        db["applications"].insert(row | {"consent_given_at": as_text(NOW)})
    page.goto(f"{address}/jobs")
    page.get_by_role("link", name="Tvangskjør …").press("Enter")
    delta = page.get_by_label("Endringsoverføring")
    expect(delta).to_be_checked()
    delta.focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Komplett overføring")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Opptak")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".how-many")).to_have_text("1 søker · 0 holdes utenfor")
    page.get_by_role("button", name="Start kjøringen").press("Enter")
    page.wait_for_url("**/jobs/1")
    expect(page.locator("main")).to_contain_text("Starter om et øyeblikk.")
    (run,) = runs.latest(house.store.db, 2)
    assert (run.kind, run.admission, run.state) == (RunKind.FULL, ADMISSION.code, RunState.WAITING)
