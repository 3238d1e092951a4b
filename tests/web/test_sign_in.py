"""Signing in with a local account, and what keeps others out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from lxml import html

from lent_screens import screens_of
from local_accounts import PASSWORD, Clock, Local, enter, local_user, traced, with_accounts
from signing_in import user_with
from webapp.accounts import passwords
from webapp.accounts.signing_in import WRONG, Attempt
from webapp.house import House
from webapp.jobs import forget
from webapp.model import Role, UserKind
from webapp.oidc_settings import Oidc, RoleValues
from webapp.store import Store, accounts, attempts, users
from webapp.web.access import COOKIE, SECURE_COOKIE
from webapp.web.factory import create_app
from world import KARI_NUMBER

#: Eleven digits, though nobody's number: the suite is searched for those.
ELEVEN = "12345678901"


@pytest.fixture
def kberg(home: House) -> Local:
    return local_user(home, Role.CASEWORKER)


@pytest.fixture
def browser(home: House) -> FlaskClient:
    return screens_of(home).test_client()


@pytest.fixture
def go_in(browser: FlaskClient, kberg: Local, clock: Clock) -> Callable[..., int]:
    """Signs kberg in, but for what is said otherwise; gives the status."""

    def go_in(name: str = "kberg", password: str = PASSWORD, code: str = "", **more: str) -> int:
        return enter(browser, name, password, code or kberg.code(clock.now), **more).status_code

    return go_in


def test_name_password_and_code_let_somebody_in(browser: FlaskClient, kberg: Local, home: House, clock: Clock) -> None:
    answer = enter(browser, "KBerg", PASSWORD, kberg.code(clock.now), next="/cases?page=2")
    assert (answer.status_code, answer.location) == (303, "/cases?page=2")
    cookie = browser.get_cookie(COOKIE)
    assert cookie and (cookie.http_only, cookie.same_site, cookie.path, cookie.secure) == (True, "Lax", "/", False)
    page = html.fromstring(browser.get("/").text)
    assert page.xpath("normalize-space(//a[@class='reader'])").startswith("kberg")
    assert page.xpath("//form[@action='/sign-out']//button/text()") == ["Logg ut"]
    assert traced(home) == [("kberg", "signed-in")]


def test_over_https_the_cookie_is_of_this_host_alone(browser: FlaskClient, kberg: Local, clock: Clock) -> None:
    form = {"name": "kberg", "password": PASSWORD, "code": kberg.code(clock.now)}
    answer = browser.post("/sign-in", data=form, base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{SECURE_COOKIE}=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert browser.get("/cases", base_url="https://localhost").status_code == 200
    assert browser.get("/cases").status_code == 302


def test_each_way_to_be_wrong_is_answered_alike(
    home: House, browser: FlaskClient, kberg: Local, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_user(home, Role.READER, name="shut")
    user_with(home, Role.READER, name="fresh")
    with home.store.write() as db:
        users.set_active(db, (users.user_named(db, "shut") or kberg.user).id or 0, False)
        users.add(db, "feide", [Role.READER], UserKind.OIDC, "test", clock.now, subject="https://issuer x")
    checked: list[str] = []
    holds = PasswordHasher.verify
    monkeypatch.setattr(passwords.PasswordHasher, "verify", lambda self, *of: checked.append(of[1]) or holds(self, *of))
    right = kberg.code(clock.now)
    for name, password, code in (
        ("kberg", "feil passord her", right),
        ("kberg", PASSWORD, "000000" if right != "000000" else "111111"),
        ("nobody", PASSWORD, right),
        ("shut", PASSWORD, right),
        ("fresh", PASSWORD, right),
        ("feide", PASSWORD, right),
        ("", "", ""),
    ):
        answer = enter(browser, name, password, code)
        assert answer.status_code == 422
        assert html.fromstring(answer.text).xpath("//*[@role='alert']/p/text()") == [WRONG]
        assert browser.get_cookie(COOKIE) is None
        assert password not in answer.text or not password
    assert len(checked) == 7
    assert {act for _, act in traced(home)} == {"refused"}


def test_what_was_typed_as_an_unknown_name_is_kept_nowhere(home: House, go_in: Callable[..., int]) -> None:
    assert go_in(name="hemmelig-i-feil-felt") == 422
    assert ("", "refused") in traced(home)
    assert "hemmelig-i-feil-felt" not in "\n".join(home.store.db.conn.iterdump())


def test_a_code_is_used_once(go_in: Callable[..., int], clock: Clock) -> None:
    assert go_in() == 303
    assert go_in() == 422
    clock.go(seconds=30)
    assert go_in() == 303


@pytest.mark.parametrize(("seconds", "status"), [(-60, 422), (-30, 303), (30, 303), (60, 422)])
def test_a_clock_may_be_one_step_off(
    go_in: Callable[..., int], kberg: Local, clock: Clock, seconds: int, status: int
) -> None:
    assert go_in(code=kberg.code(clock.now + timedelta(seconds=seconds))) == status


def test_an_account_is_locked_for_a_while_that_doubles(go_in: Callable[..., int], clock: Clock) -> None:
    for _ in range(5):
        assert go_in(password="feil") == 422
    assert go_in() == 422
    clock.go(seconds=61)
    assert go_in(password="feil") == 422
    clock.go(seconds=61)
    assert go_in() == 422
    clock.go(seconds=60)
    assert go_in() == 303
    clock.go(seconds=60)
    assert go_in(password="feil") == 422
    assert go_in() == 303


def test_a_restart_forgets_no_attempt(home: House, go_in: Callable[..., int], clock: Clock, kberg: Local) -> None:
    for _ in range(5):
        go_in(password="feil")
    again = Store(home.settings.database)
    answer = enter(screens_of(replace(home, store=again)).test_client(), "kberg", PASSWORD, kberg.code(clock.now))
    again.close()
    assert answer.status_code == 422


def test_an_address_waits_and_others_do_not(home: House, browser: FlaskClient, kberg: Local, clock: Clock) -> None:
    for nth in range(20):
        assert enter(browser, f"nobody{nth}", "feil", "1").status_code == 422
    answer = enter(browser, "kberg", PASSWORD, kberg.code(clock.now))
    assert answer.status_code == 429
    assert "for mange mislykkede forsøk herfra" in answer.text
    form = {"name": "kberg", "password": PASSWORD, "code": kberg.code(clock.now)}
    assert browser.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 303


def test_who_has_one_ipv6_address_has_its_whole_network() -> None:
    subjects = {Attempt("x", "", "", f"2001:db8::{last}").address_subject for last in range(9)}
    assert subjects == {"address 2001:db8::/64"}
    assert Attempt("x", "", "", "::ffff:192.0.2.1").address_subject == "address ::ffff:192.0.2.1"


def test_a_hash_of_old_parameters_is_made_anew(home: House, go_in: Callable[..., int], kberg: Local) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    with home.store.write() as db:
        accounts.set_password(db, kberg.user.id or 0, old, home.clock())
    assert go_in() == 303
    kept = accounts.account(home.store.db, kberg.user.id or 0)
    assert kept and kept.password != old and not passwords.is_outdated(kept.password)


def test_another_secret_of_the_instance_is_told_of(home: House, go_in: Callable[..., int], kberg: Local) -> None:
    (home.settings.instance / "secret").write_text("t" * 32)
    answer = enter(screens_of(home).test_client(), "kberg", PASSWORD, "123456")
    assert answer.status_code == 422
    assert "en annen enn da kontoen ble satt opp" in answer.text


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "/\\evil.example", "https://evil.example/", "/\t/evil.example", f"/x?q={KARI_NUMBER}"],
)
def test_signing_in_leads_nowhere_else(browser: FlaskClient, kberg: Local, clock: Clock, elsewhere: str) -> None:
    answer = enter(browser, "kberg", PASSWORD, kberg.code(clock.now), next=elsewhere)
    assert (answer.status_code, answer.location) == (303, "/")


def test_a_session_of_before_ends_at_sign_in(browser: FlaskClient, go_in: Callable[..., int], clock: Clock) -> None:
    go_in()
    before = browser.get_cookie(COOKIE)
    clock.go(seconds=30)
    go_in()
    after = browser.get_cookie(COOKIE)
    assert before and after and before.value != after.value
    browser.set_cookie(COOKIE, before.value)
    assert browser.get("/cases").status_code == 302


def test_signing_out_is_a_press_and_ends_the_session_here(
    home: House, browser: FlaskClient, go_in: Callable[..., int]
) -> None:
    go_in()
    token = browser.get_cookie(COOKIE)
    assert browser.get("/sign-out").status_code == 405
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in?out=1")
    assert "Du er logget ut." in browser.get("/sign-in?out=1").text
    assert token and browser.get_cookie(COOKIE) is None
    browser.set_cookie(COOKIE, token.value)
    assert browser.get("/cases").status_code == 302
    assert traced(home)[-1] == ("kberg", "signed-out")


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/", "/sign-in"),
        ("/cases?page=2", "/sign-in?next=/cases?page%3D2"),
        (f"/people/{ELEVEN}", "/sign-in"),
        (f"/applications?name={ELEVEN[:6]}+{ELEVEN[6:]}", "/sign-in"),
    ],
)
def test_a_page_sends_a_stranger_to_sign_in_and_tells_no_number(browser: FlaskClient, path: str, location: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.location) == (302, location)


def test_a_session_that_is_over_says_that_nothing_was_saved(
    browser: FlaskClient, go_in: Callable[..., int], clock: Clock
) -> None:
    go_in()
    clock.go(minutes=31)
    answer = browser.post("/cases/new", headers={"Referer": "http://localhost/cases/new"})
    assert answer.status_code == 401
    page = html.fromstring(answer.text)
    assert page.xpath("//*[@role='status']/p/text()") == [
        "Du er logget ut, og ingenting ble lagret. Logg inn, og gjør det på nytt."
    ]
    assert page.xpath("//input[@name='next']/@value") == ["/cases/new"]


def test_a_part_of_a_page_leads_the_whole_page_to_sign_in(browser: FlaskClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/people/1"}
    answer = browser.get("/people/1/orders/1", headers=headers)
    assert (answer.status_code, answer.text) == (401, "")
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/people/1"


def test_a_program_is_told_how_to_come_in(browser: FlaskClient) -> None:
    answer = browser.get("/api/cases")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_without_sign_in_there_is_nothing_to_sign_in_to(house: House) -> None:
    client = screens_of(house).test_client()
    assert client.get("/sign-in").status_code == enter(client, "kberg", PASSWORD, "1").status_code == 404
    assert client.get("/set-up/x").status_code == 404
    assert "Logg ut" not in client.get("/").text


def test_what_is_over_is_forgotten_at_night(home: House, go_in: Callable[..., int], clock: Clock) -> None:
    go_in()
    go_in(name="nobody")
    clock.go(days=4)
    forget(home)
    counts = [home.store.db[table].count for table in ("sessions", "setup_links", "sign_in_attempts")]
    assert counts == [0, 0, 0]


def test_attempts_at_once_get_no_further_than_one_after_the_other(home: House, clock: Clock) -> None:
    subject = attempts.of_account("kberg")
    with home.store.write() as db:
        taken = [attempts.take(db, subject, attempts.ACCOUNT, clock.now) for _ in range(8)]
    assert taken == [True] * 5 + [False] * 3


def test_both_ways_in_are_offered_where_there_are_both(house: House, clock: Clock) -> None:
    oidc = Oidc(issuer="https://auth.example.no", client_id="x", roles=RoleValues(reader=("x",)), title="Feide")
    client = create_app(with_accounts(house, clock, oidc=oidc)).test_client()
    page = html.fromstring(client.get("/sign-in?next=/cases").text)
    assert page.xpath("//form/@action") == ["/sign-in/openid/begin", "/sign-in"]
    assert page.xpath("//input[@name='next']/@value") == ["/cases", "/cases"]
    assert page.xpath("//button/text()") == ["Logg inn med Feide", "Logg inn"]
