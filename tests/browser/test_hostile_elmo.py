"""An institution, or a student with a file, sends a document that is meant for the caseworker's browser."""

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from lent_screens import screens_of
from serving import screens_served
from webapp.fetching.ordering import place
from webapp.house import House
from webapp.model import Institution, Origin, Outcome, Person, Purpose, Reply, Study
from webapp.sources.elmo import read, write
from webapp.store import deliveries
from webapp.web.factory import create_app
from world import NOW, UIB, UIO, FakeSource, course, transcript

#: Each does something that is seen if a browser takes it for markup, wherever it stands.
EVIL = (
    "\"'><img src=//elsewhere.example/x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>"
    "</title></textarea></style><iframe srcdoc='<script>parent.alert(4)</script>'></iframe>{{7*191}}"
)
LINKS = (
    "javascript:alert(5)",
    "data:text/html,<script>alert(6)</script>",
    " JaVaScRiPt:alert(7)",
    "//elsewhere.example",
)
PAGE = base64.b64encode(b"<html><script>alert(8)</script></html>").decode()
ATTACHMENT = (
    f'<attachment><title xml:lang="nb">x</title><type>Diploma</type><content xml:lang="nb">'
    f"data:text/html;base64,{PAGE}</content></attachment>"
)


def hostile(about: str | None = None) -> bytes:
    """A document whose every text is an attack."""
    rows = [
        course(f"E{place}{EVIL[:40]}", url=link, name={"nb": EVIL, "en": EVIL}, thesis_title={"nb": EVIL}, grade="A")
        for place, link in enumerate(LINKS)
    ]
    said = transcript(*rows, institution=UIO)
    if about:
        learner = replace(said.learner, given_names=EVIL, family_name=EVIL, identifiers=())
        said = replace(said, learner=learner, studies=(Study(Institution(None, {"nb": EVIL}), tuple(rows)),))
    body = write(said, NOW)
    return body.replace(b"</report>", ATTACHMENT.encode() + b"</report>")


@pytest.fixture
def fetched_evil(house: House, kari: Person, sources: dict[int, FakeSource]) -> int:
    """The id of an order in which UiO was hostile, and UiB so about somebody else."""
    mine, other = hostile(), hostile("somebody")
    sources[UIO].answer = Reply(Outcome.FOUND, read(mine), payload=mine)
    sources[UIB].answer = Reply(Outcome.FOUND, read(other), payload=other)
    order_id = place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    wait(house.fanout.start(order_id), timeout=10)
    return order_id


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens a page in a browser that tells of all that a script or a foreign address would bring about."""
    with chromium.new_context(locale="nb-NO") as context:
        page, seen = context.new_page(), list[str]()
        page.on("dialog", lambda dialog: (seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: seen.append(message.text) if message.type in ("error", "warning") else None)
        page.on("request", lambda request: None if "127.0.0.1" in request.url else seen.append(request.url))

        def visit(address: str) -> Page:
            page.goto(address)
            page.evaluate("document.querySelectorAll('summary').forEach((each) => each.click())")
            page.wait_for_load_state("networkidle")
            assert seen == [], address
            assert page.locator("main img, main iframe, main script, main svg[onload]").count() == 0
            assert page.locator("a[href^='javascript' i], a[href^='data' i], a[href*='elsewhere']").count() == 0
            assert "1337" not in page.content()
            return page

        yield visit


@pytest.mark.browser
def test_nothing_that_was_sent_runs_in_the_browser(
    house: House, kari: Person, fetched_evil: int, watched: Callable[[str], Page]
) -> None:
    ids = {row["institution"]: row["id"] for row in house.store.db.query("SELECT id, institution FROM fetches")}
    with house.store.write() as db:
        upload = deliveries.put(db, kari.id, f"{EVIL}.xml", hostile(), EVIL, NOW)
    person = f"/people/{kari.id}"
    screens = [
        *(person, f"{person}/orders", f"{person}/orders/{fetched_evil}", f"{person}/changes", f"{person}/evidence"),
        *(f"{person}/studies/{UIO}/answer", f"{person}/studies/{UIO}/changes", f"{person}/studies/{UIO}/orders"),
        *(f"{person}/uploads/{upload}", f"/fetches/{ids[UIB]}/set-aside", "/changes", "/log", "/search", "/"),
    ]
    with screens_served(create_app(house)) as address:
        shown = "".join(watched(address + screen).locator("main").inner_text() for screen in screens)
    assert "onerror=alert(1)" in shown


@pytest.mark.parametrize(
    "what", ["fetches/{fetch}/answer", "orders/{order}/evidence.pdf", "changes.csv", "changes.xlsx"]
)
def test_what_was_sent_is_given_out_as_a_file_only(
    house: House, kari: Person, fetched_evil: int, attacker: FlaskClient, what: str
) -> None:
    fetches = {row["institution"]: row["id"] for row in house.store.db.query("SELECT id, institution FROM fetches")}
    with attacker.get(f"/people/{kari.id}/" + what.format(fetch=fetches[UIO], order=fetched_evil)) as answer:
        assert answer.status_code == 200
        assert answer.mimetype not in ("text/html", "image/svg+xml")
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert "Nordmann" not in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.fixture
def attacker(house: House) -> FlaskClient:
    return screens_of(house).test_client()
