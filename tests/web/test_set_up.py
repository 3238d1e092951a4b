"""The set-up link, and one's own password."""

import base64

import pyotp
import pytest
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from lent_screens import screens_of
from local_accounts import PASSWORD, Clock, enter, local_user, traced
from webapp.accounts.administering import UserKeeper
from webapp.house import House
from webapp.model import Role

WANTED = "et helt annet passord"


@pytest.fixture
def browser(home: House) -> FlaskClient:
    return screens_of(home).test_client()


@pytest.fixture
def link(home: House, clock: Clock) -> str:
    """The path of kberg's link."""
    return f"/set-up/{_keeper(home).add('kberg', [Role.CASEWORKER])}"


def _keeper(home: House) -> UserKeeper:
    return UserKeeper(home.store, home.settings, "root", "user add", home.clock())


def _secret(browser: FlaskClient, link: str) -> str:
    return html.fromstring(browser.get(link).text).xpath("string(//code)").replace(" ", "")


def _finish(browser: FlaskClient, link: str, clock: Clock, **other: str) -> TestResponse:
    code = pyotp.TOTP(_secret(browser, link)).at(clock.now)
    return browser.post(link, data={"password": PASSWORD, "again": PASSWORD, "code": code} | other)


def test_the_page_shows_the_key_as_picture_and_as_text(browser: FlaskClient, link: str) -> None:
    page = html.fromstring(browser.get(link).text)
    (picture,) = page.xpath("//img/@src")
    assert b"viewBox" in base64.b64decode(picture.removeprefix("data:image/svg+xml;base64,"))
    assert len(pyotp.TOTP(_secret(browser, link)).now()) == 6


def test_a_password_and_a_code_set_the_account_up_and_let_in(
    home: House, browser: FlaskClient, link: str, clock: Clock
) -> None:
    secret = _secret(browser, link)
    answer = _finish(browser, link, clock)
    assert (answer.status_code, answer.location) == (303, "/")
    assert browser.get("/cases").status_code == 200
    assert traced(home) == [("root", "administered"), ("kberg", "changed"), ("kberg", "signed-in")]
    again = browser.get(link)
    assert again.status_code == 404
    assert "Lenken er brukt" in again.text
    code = pyotp.TOTP(secret).at(clock.now)
    assert enter(browser, "kberg", PASSWORD, code).status_code == 422, "the code of the set-up is used up"
    clock.go(seconds=30)
    assert enter(browser, "kberg", PASSWORD, pyotp.TOTP(secret).at(clock.now)).status_code == 303


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"password": "elleve tegn", "again": "elleve tegn"}, "minst 12 tegn"),
        ({"password": "passord12345!", "again": "passord12345!"}, "for lett å gjette"),
        ({"password": "kberg2026kberg", "again": "kberg2026kberg"}, "for lett å gjette"),
        ({"password": "aaaaaaaaaaaaaa", "again": "aaaaaaaaaaaaaa"}, "for lett å gjette"),
        ({"password": "x1" * 101, "again": "x1" * 101}, "høyst 200 tegn"),
        ({"again": "noe annet enn det"}, "ikke like"),
        ({"code": "12345"}, "Koden stemmer ikke"),
    ],
)
def test_what_cannot_be_taken_says_why_and_the_link_still_holds(
    browser: FlaskClient, link: str, clock: Clock, other: dict[str, str], sentence: str
) -> None:
    answer = _finish(browser, link, clock, **other)
    assert answer.status_code == 422
    assert sentence in html.fromstring(answer.text).xpath("string(//*[@role='alert'])")
    assert _finish(browser, link, clock).status_code == 303


def test_a_link_ends_after_three_days(browser: FlaskClient, link: str, clock: Clock) -> None:
    clock.go(hours=71)
    assert browser.get(link).status_code == 200
    clock.go(hours=1)
    assert browser.get(link).status_code == 404
    assert browser.get("/set-up/nowhere").status_code == 404


def test_a_new_link_takes_the_place_of_the_one_before(home: House, browser: FlaskClient, link: str) -> None:
    again = f"/set-up/{_keeper(home).make_link(1)}"
    assert (browser.get(link).status_code, browser.get(again).status_code) == (404, 200)


def test_a_link_that_is_used_signs_out_whoever_had_signed_in(home: House, browser: FlaskClient, clock: Clock) -> None:
    kberg = local_user(home, Role.CASEWORKER)
    enter(browser, "kberg", PASSWORD, kberg.code(clock.now))
    other = screens_of(home).test_client()
    assert _finish(other, f"/set-up/{_keeper(home).make_link(1)}", clock).status_code == 303
    assert (browser.get("/cases").status_code, other.get("/cases").status_code) == (302, 200)


def test_one_changes_ones_own_password_and_goes_on_alone(home: House, browser: FlaskClient, clock: Clock) -> None:
    kberg, other = local_user(home, Role.READER), screens_of(home).test_client()
    enter(other, "kberg", PASSWORD, kberg.code(clock.now))
    clock.go(seconds=30)
    enter(browser, "kberg", PASSWORD, kberg.code(clock.now))
    assert "Endre passordet" in browser.get("/preferences").text
    form = {"password": PASSWORD, "wanted": WANTED, "again": WANTED}
    assert browser.post("/preferences/password", data=form | {"password": "feil"}).status_code == 422
    assert browser.post("/preferences/password", data=form | {"again": "noe annet"}).status_code == 422
    assert browser.post("/preferences/password", data=form).location == "/preferences?changed=1"
    assert "logget ut alle andre steder" in browser.get("/preferences?changed=1").text
    assert other.get("/preferences").status_code == 302
    clock.go(seconds=30)
    assert enter(other, "kberg", PASSWORD, kberg.code(clock.now)).status_code == 422
    clock.go(seconds=30)
    assert enter(other, "kberg", WANTED, kberg.code(clock.now)).status_code == 303


def test_guessing_at_a_password_from_within_locks_the_account_too(
    home: House, browser: FlaskClient, clock: Clock
) -> None:
    kberg = local_user(home, Role.READER)
    enter(browser, "kberg", PASSWORD, kberg.code(clock.now))
    form = {"password": "feil", "wanted": WANTED, "again": WANTED}
    for _ in range(5):
        assert browser.post("/preferences/password", data=form).status_code == 422
    assert browser.post("/preferences/password", data=form | {"password": PASSWORD}).status_code == 422


def test_the_user_of_the_machine_has_no_password_here(house: House) -> None:
    client = screens_of(house).test_client()
    assert client.get("/preferences/password").status_code == 404
    assert "Endre passordet" not in client.get("/preferences").text
