"""The whole way in a browser: the caseworker invites, the student goes to a portal at another site and comes back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from browser_gates import Gate
from portal import keys, portal_app, signed
from serving import served
from webapp.config import Settings
from webapp.house import House
from webapp.model import Institution, Learner, Person
from webapp.source_settings import EmrexSettings
from webapp.sources.elmo import write
from webapp.store.institutions import remember
from world import NOW, bachelor, course, transcript

PORTALS = 9900

pytestmark = pytest.mark.browser


@dataclass
class Played:
    """The portal on its way: what it delivers, and with what the students came."""

    app: Flask
    url: str
    document: bytes | None = None


@pytest.fixture
def portal() -> Iterator[Played]:
    played: Played

    def document() -> bytes | None:
        return played.document

    app = portal_app(document)
    with served(app) as url:
        # By its other name: the screens are at 127.0.0.1, so that the portal is another site.
        played = Played(app, url.replace("127.0.0.1", "localhost"))
        yield played


@pytest.fixture
def settings(settings: Settings, portal: Played) -> Settings:
    source = EmrexSettings(institution=PORTALS, name="Portaler", registry=f"{portal.url}/catalogue")
    return settings.model_copy(update={"sources": (*settings.sources, source)})


@pytest.fixture
def invite(page: Page, house: House, address: str, kari: Person, gates: dict[int, Gate]) -> Callable[[], str]:
    """The caseworker makes an invitation; gives its link."""
    with house.store.write() as db:
        remember(db, [Institution(PORTALS, {"nb": "Portaler"})])

    def invite() -> str:
        page.goto(f"{address}/people/{kari.id}")
        page.get_by_role("link", name="Be studenten levere").click()
        page.get_by_role("button", name="Lag invitasjon").click()
        expect(page.get_by_role("heading", name="Invitasjonen er laget")).to_be_visible()
        return page.get_by_label("Lenke", exact=True).input_value()

    return invite


@pytest.fixture
def student(chromium: Browser) -> Iterator[Page]:
    """The student's own browser, without JavaScript: nothing on the way needs it."""
    with chromium.new_context(locale="nb-NO", java_script_enabled=False) as context:
        page = context.new_page()
        page.set_default_timeout(15_000)
        yield page


def goes(student: Page, link: str) -> None:
    """From the link to the portal's own page."""
    student.goto(link)
    expect(student.get_by_role("heading", name="Hei, Kari")).to_be_visible()
    student.get_by_role("button", name="Fortsett").click()
    student.get_by_role("button", name="Gå til Prøveportalen").click()
    student.get_by_role("link", name="Logg inn").click()


def test_a_student_delivers_and_the_caseworker_sees_the_rows(
    page: Page, student: Page, invite: Callable[[], str], portal: Played
) -> None:
    portal.document = signed(write(transcript(bachelor(), course("MAT1100", parent=0)), NOW), keys())
    goes(student, invite())
    assert portal.app.config["came"][0]["referrer"] is None
    expect(page.locator("#invitations")).to_contain_text("Hos portalen siden")
    student.get_by_role("button", name="Lever").click()
    expect(student.get_by_role("heading", name="Takk: 2 resultater fra 1 institusjon er levert")).to_be_visible()
    expect(page.locator("#invitations")).to_contain_text("Levert: 2 resultater fra 1 institusjon")
    page.get_by_role("link", name="Resultater", exact=True).click()
    page.locator("tr.study-row", has_text="Universitetet i Oslo").locator("summary").click()
    expect(page.get_by_text("MAT1100", exact=True)).to_be_visible()


def test_a_student_who_gives_up_can_try_again(student: Page, invite: Callable[[], str], portal: Played) -> None:
    goes(student, invite())
    student.get_by_role("button", name="Avbryt").click()
    expect(student.get_by_role("heading", name="Du avbrøt")).to_be_visible()
    student.get_by_role("link", name="Prøv igjen").click()
    expect(student.get_by_role("heading", name="Hei, Kari")).to_be_visible()


def test_what_was_changed_on_the_way_is_refused(
    page: Page, student: Page, invite: Callable[[], str], portal: Played
) -> None:
    portal.document = signed(write(transcript(course("MAT1100")), NOW), keys()).replace(b">B<", b">A<")
    goes(student, invite())
    student.get_by_role("button", name="Lever").click()
    expect(student.get_by_role("heading", name="Resultatene ble avvist")).to_be_visible()
    expect(page.locator("#invitations")).to_contain_text("Avvist: signaturen stemmer ikke")


def test_results_of_somebody_else_wait_for_the_caseworker(
    page: Page, student: Page, invite: Callable[[], str], portal: Played
) -> None:
    about_karen = replace(transcript(course("MAT1100")), learner=Learner((), "Karen", "Nordmann", date(1990, 1, 1)))
    portal.document = signed(write(about_karen, NOW), keys())
    goes(student, invite())
    student.get_by_role("button", name="Lever").click()
    expect(student.get_by_role("heading", name="Takk")).to_be_visible()
    expect(page.locator("#invitations")).to_contain_text("Levert, men lagt til side")
    page.get_by_role("link", name="Se det som kom").click()
    page.get_by_role("link", name="Sammenlign").click()
    expect(page.get_by_role("heading", name="Gjelder svaret")).to_be_visible()
    expect(page.get_by_text("Karen")).to_be_visible()
