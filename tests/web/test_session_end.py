"""A page says in time that a session ends, and has it go on; what it asks by itself is no use of the session."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import html

from lent_screens import screens_of
from local_accounts import Clock, with_accounts
from signing_in import browser_of, signed_in
from webapp.house import House
from webapp.model import Role, Session, User, UserKind
from webapp.web.doors import UNATTENDED
from webapp.web.session_end import SessionEnd, Stage, end_of
from webapp.web.trace_doors import POLLS
from world import NOW

TEMPLATES = Path(__file__).parents[2] / "templates"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://localhost/cases?page=2"}
Says = tuple[str, str, list[str]]


@pytest.fixture
def browser(home: House) -> FlaskClient:
    return signed_in(screens_of(home).test_client(), home, Role.CASEWORKER)


def part(browser: FlaskClient, address: str = "/session", method: str = "GET") -> html.HtmlElement:
    answer = browser.open(address, method=method, headers=HTMX)
    assert answer.status_code == 200
    return html.fromstring(answer.text)


def said(found: html.HtmlElement) -> Says:
    """The bold words, the role of what says them, and what can be pressed."""
    presses = [*found.xpath(".//button/text()"), *found.xpath(".//a/text()")]
    return found.xpath("string(.//strong)"), found.xpath("string(.//*[@role]/@role)"), presses


def session(used: float, ends: float) -> Session:
    """Used so many minutes ago, at its end in so many."""
    user = User("kberg", frozenset(), frozenset(), UserKind.LOCAL)
    return Session(1, user, NOW, NOW - timedelta(minutes=used), NOW + timedelta(minutes=ends))


@pytest.mark.parametrize(
    ("idle", "used", "ends", "says"),
    [
        (30, 0, 600, SessionEnd(Stage.FAR, 0, 1500)),
        (30, 25, 600, SessionEnd(Stage.SOON, 5, 60)),
        (30, 26.5, 600, SessionEnd(Stage.SOON, 4, 30)),
        (30, 29, 600, SessionEnd(Stage.LAST, 1, 60)),
        (30, 29.999, 600, SessionEnd(Stage.LAST, 1, 1)),
        (30, 10, 20, SessionEnd(Stage.FAR, 0, 900)),
        (30, 10, 4, SessionEnd(Stage.SOON, 4, 60, is_fixed=True)),
        (30, 27, 4, SessionEnd(Stage.SOON, 3, 60)),
        (4, 1, 600, SessionEnd(Stage.FAR, 0, 60)),
        (4, 2, 600, SessionEnd(Stage.SOON, 2, 60)),
        (1, 0, 600, SessionEnd(Stage.FAR, 0, 30)),
    ],
)
def test_the_notice_comes_five_minutes_or_half_the_time_before(
    idle: int, used: float, ends: float, says: SessionEnd
) -> None:
    assert end_of(session(used, ends), timedelta(minutes=idle), NOW) == says


def test_a_page_asks_when_the_notice_is_due_and_is_told(browser: FlaskClient, clock: Clock) -> None:
    page = html.fromstring(browser.get("/cases").text)
    asks = page.get_element_by_id("session")
    assert (asks.get("hx-get"), said(asks)) == ("/session", ("", "", []))
    assert "load delay:1500s" in asks.get("hx-trigger")
    clock.go(minutes=25)
    first = part(browser)
    assert said(first) == ("Du blir logget ut om 5 minutter.", "alert", ["Fortsett"])
    clock.go(minutes=1)
    assert said(part(browser, first.get("hx-get"))) == ("Du blir logget ut om 4 minutter.", "", ["Fortsett"])
    clock.go(minutes=3)
    last = part(browser, first.get("hx-get"))
    assert said(last) == ("Du blir logget ut om mindre enn ett minutt.", "alert", ["Fortsett"])
    clock.go(minutes=1)
    over = part(browser, last.get("hx-get"))
    assert said(over) == ("Du er logget ut.", "alert", ["Logg inn", "Logg inn i en ny fane"])
    assert over.xpath(".//a/@href") == ["/sign-in?next=/cases?page%3D2", "/sign-in"]
    assert "load" not in over.get("hx-trigger")


def test_going_on_keeps_the_session_and_says_so(browser: FlaskClient, clock: Clock) -> None:
    clock.go(minutes=29)
    gone_on = part(browser, "/session/go-on", "POST")
    assert gone_on.xpath("normalize-space(.//*[@role='alert'])") == "Du er fortsatt logget inn."
    assert "load delay:1500s" in gone_on.get("hx-trigger")
    clock.go(minutes=29)
    assert browser.get("/cases").status_code == 200


def test_without_scripts_going_on_leads_back(browser: FlaskClient) -> None:
    answer = browser.post("/session/go-on", headers={"Referer": "http://localhost/cases"})
    assert (answer.status_code, answer.location) == (303, "/cases")


def test_going_on_too_late_says_so_and_begins_no_session(browser: FlaskClient, clock: Clock) -> None:
    clock.go(minutes=31)
    assert said(part(browser, "/session/go-on", "POST"))[0] == "Du er logget ut."
    assert browser.get("/cases").status_code == 302


def test_the_end_of_the_day_is_not_put_off(browser: FlaskClient, clock: Clock) -> None:
    for _ in range(19):
        clock.go(minutes=25)
        browser.get("/cases")
    notice = part(browser, "/session/go-on", "POST")
    assert said(notice) == ("Du blir logget ut om 5 minutter.", "alert", [])
    assert "Lagre det du holder på med" in notice.text_content()


def test_another_tab_puts_the_notice_off(browser: FlaskClient, clock: Clock) -> None:
    clock.go(minutes=20)
    browser.get("/cases")
    clock.go(minutes=5)
    assert "load delay:1200s" in part(browser).get("hx-trigger")


@pytest.mark.parametrize("address", ["/session", "/people/1/orders/1/news?waiting=", "/jobs/1/news?was=waiting"])
def test_what_a_page_asks_by_itself_keeps_no_session(browser: FlaskClient, clock: Clock, address: str) -> None:
    for _ in range(30):
        browser.get(address, headers=HTMX)
        clock.go(minutes=1)
    assert browser.get("/cases").status_code == 302


def test_news_for_who_is_signed_out_leave_the_page_as_it_is(browser: FlaskClient, clock: Clock) -> None:
    clock.go(minutes=31)
    answer = browser.get("/people/1/orders/1/news?waiting=", headers=HTMX)
    assert (answer.status_code, answer.data, answer.headers["HX-Trigger"]) == (204, b"", "session-over")


def test_use_keeps_a_session_that_may_be_unused_for_a_minute(house: House, clock: Clock) -> None:
    browser = browser_of(with_accounts(house, clock, idle_minutes=1), Role.CASEWORKER)
    for _ in range(3):
        clock.go(seconds=40)
        assert browser.get("/cases").status_code == 200


def test_every_poll_is_among_those_that_keep_no_session() -> None:
    poll = re.compile(r"""hx-trigger="every .*?hx-get="\s*{{-? url_for\('([\w.]+)'""", re.DOTALL)
    asked = {door for template in TEMPLATES.glob("*.html") for door in poll.findall(template.read_text("utf-8"))}
    assert asked == {"order.news", "runs.news", "imports.news", "invitations.news"}
    assert asked | POLLS < UNATTENDED


def test_without_sign_in_nothing_ends(client: FlaskClient) -> None:
    assert 'id="session"' not in client.get("/").text
    assert client.get("/session").status_code == client.post("/session/go-on").status_code == 404
