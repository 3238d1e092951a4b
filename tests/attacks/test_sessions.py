"""Sessions that were forged, kept after their end, cut short, swapped or put into a browser by somebody else."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask
from flask import Response
from flask.testing import FlaskClient

from signing_in import is_shut_out, user_with
from webapp.house import House
from webapp.model import Person, Role
from webapp.store import sessions, users
from webapp.web.access import COOKIE, SECURE_COOKIE, begin_session, end_session
from world import NOW

Forging = Callable[[str], str]

#: What is made of a good token.
FORGED: dict[str, Forging] = {
    "nothing": lambda _: "",
    "made up": lambda _: "A" * 43,
    "cut short": lambda good: good[:-1],
    "one character more": lambda good: good + "A",
    "one character other": lambda good: ("B" if good[0] == "A" else "A") + good[1:],
    "in the other case": str.swapcase,
    "its hash, as the database has it": lambda good: hashlib.sha256(good.encode()).hexdigest(),
    "with a space": lambda good: f" {good[:20]} {good[20:]}",
    "with a zero byte": lambda good: f"{good}%00",
    "percent-encoded": lambda good: "".join(f"%{ord(letter):02x}" for letter in good),
    "SQL": lambda _: "' OR '1'='1",
    "the id of a session": lambda _: "1",
    "two of them": lambda good: f"{good},{good}",
    "very long": lambda good: good * 100,
    "not ASCII": lambda _: "økt" * 10,
    "none, as JSON": lambda _: "null",
    "a signed token": lambda _: "eyJhbGciOiJub25lIn0.eyJ1c2VyIjoia2JlcmcifQ.",
}


def token_of(client: FlaskClient) -> str:
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


@pytest.fixture
def thief(app: APIFlask) -> FlaskClient:
    """Sends what headers they like; werkzeug's client would put its own cookies in their place."""
    return app.test_client(use_cookies=False)


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_session_is_none(
    kari: Person, signed_in: Callable[..., FlaskClient], thief: FlaskClient, case: str
) -> None:
    good = token_of(signed_in(Role.CASEWORKER))
    answer = thief.get(f"/people/{kari.id}", headers={"Cookie": f"{COOKIE}={FORGED[case](good)}"})
    assert is_shut_out(answer)
    assert "Nordmann" not in answer.text
    # With the good one it is let in: nothing but the forging keeps it out.
    assert thief.get(f"/people/{kari.id}", headers={"Cookie": f"{COOKIE}={good}"}).status_code == 200


@pytest.mark.parametrize("where", ["query", "bearer", "header", "form", "another cookie"])
def test_a_session_is_taken_from_its_cookie_only(
    kari: Person, signed_in: Callable[..., FlaskClient], thief: FlaskClient, where: str
) -> None:
    token, path = token_of(signed_in(Role.CASEWORKER)), f"/people/{kari.id}"
    answer = {
        "query": lambda: thief.get(f"{path}?{COOKIE}={token}"),
        "bearer": lambda: thief.get(path, headers={"Authorization": f"Bearer {token}"}),
        "header": lambda: thief.get(path, headers={COOKIE: token, "X-Session": token}),
        "form": lambda: thief.post("/search", data={COOKIE: token, "wanted": "nordmann"}),
        "another cookie": lambda: thief.get(path, headers={"Cookie": f"session={token}"}),
    }[where]()
    assert is_shut_out(answer)
    assert "Nordmann" not in answer.text


def test_a_session_cannot_be_replayed_after_signing_out(
    app: APIFlask, kari: Person, signed_in: Callable[..., FlaskClient]
) -> None:
    client = signed_in(Role.CASEWORKER)
    assert client.get(f"/people/{kari.id}").status_code == 200
    with app.test_request_context("/preferences", headers={"Cookie": f"{COOKIE}={token_of(client)}"}):
        app.preprocess_request()
        end_session(Response())
    assert is_shut_out(client.get(f"/people/{kari.id}"))


def test_a_session_of_somebody_who_was_shut_out_ends_at_once(
    house: House, kari: Person, signed_in: Callable[..., FlaskClient]
) -> None:
    client = signed_in(Role.CASEWORKER, name="shut out")
    assert client.get(f"/people/{kari.id}").status_code == 200
    user = user_with(house, Role.CASEWORKER, name="shut out")
    with house.store.write() as db:
        users.set_active(db, user.id or 0, False)
    assert is_shut_out(client.get(f"/people/{kari.id}"))


def test_a_role_that_was_taken_away_is_gone_from_the_session_that_goes_on(
    house: House, kari: Person, signed_in: Callable[..., FlaskClient]
) -> None:
    client = signed_in(Role.CASEWORKER, name="moved")
    user = user_with(house, Role.CASEWORKER, name="moved")
    with house.store.write() as db:
        users.set_roles(db, user.id or 0, [Role.AUDITOR])
    assert client.get(f"/people/{kari.id}").status_code == 403


@pytest.mark.parametrize("later", [timedelta(minutes=31), timedelta(hours=11)])
def test_a_session_that_has_ended_is_none(
    house: House,
    kari: Person,
    signed_in: Callable[..., FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
    later: timedelta,
) -> None:
    client = signed_in(Role.CASEWORKER)
    monkeypatch.setattr(house, "clock", lambda: NOW + later)
    assert is_shut_out(client.get(f"/people/{kari.id}"))


def begun(house: House, app: APIFlask, planted: str = "") -> str:
    """What the browser is told at a sign-in over HTTPS, in which it had a session already."""
    headers = {"Cookie": f"{SECURE_COOKIE}={planted}"} if planted else {}
    with app.test_request_context("/deliver/x", base_url="https://localhost", headers=headers):
        app.preprocess_request()
        answer = Response()
        begin_session(answer, user_with(house, Role.CASEWORKER))
    return answer.headers["Set-Cookie"]


@pytest.mark.parametrize("planted", ["somebody else's", "made up"])
def test_a_session_that_somebody_put_into_the_browser_is_not_gone_on_with(
    house: House, app: APIFlask, signed_in: Callable[..., FlaskClient], planted: str
) -> None:
    """Fixation: the token of before is worth nothing after the sign-in, and a new one is told."""
    token = token_of(signed_in(Role.READER)) if planted != "made up" else "A" * 43
    assert token not in begun(house, app, token)
    assert sessions.find(house.store.db, token, house.clock(), timedelta(hours=1)) is None


def test_the_cookie_of_a_session_is_kept_from_scripts_other_sites_and_plain_http(house: House, app: APIFlask) -> None:
    flags = begun(house, app).split("; ")[1:]
    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/"} <= set(flags)
    assert not [flag for flag in flags if flag.startswith("Domain")]


def test_the_database_has_no_token_that_could_be_used(house: House, caseworker: FlaskClient) -> None:
    token = token_of(caseworker)
    assert token not in "\n".join(house.store.db.conn.iterdump())
