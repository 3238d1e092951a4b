"""A program comes in with a token, and gets as far as its scopes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask

from lent_screens import screens_of
from signing_in import signed_in, with_sign_in
from webapp.accounts.tokens import MOST_DAYS, WrongToken, make, revoke
from webapp.fetching.warnings import Ending, warnings
from webapp.house import House
from webapp.model import Person, Right, Role
from webapp.store import api_tokens
from world import NOW

Make = Callable[..., str]
END = date(2026, 12, 31)


@pytest.fixture
def make_token(house: House) -> Make:
    def made(*scopes: Right, name: str = "studentweb", until: date = END) -> str:
        return make(house.store, house.settings.zone, name, scopes, until, "drift", NOW, "test")

    return made


@pytest.fixture
def app(house: House) -> Flask:
    return screens_of(with_sign_in(house))


def shown(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_opens_what_its_scopes_say(app: Flask, kari: Person, make_token: Make) -> None:
    client, headers = app.test_client(), shown(make_token(Right.SEE))
    assert client.get(f"/api/people/{kari.id}", headers=headers).status_code == 200
    for address in ("/api/runs", "/api/sources"):
        answer = client.get(address, headers=headers)
        assert (answer.status_code, answer.json["type"]) == (403, "/api#not-allowed")
    wish = {"person_id": kari.id, "purpose": "recognition"}
    assert client.post("/api/orders", json=wish, headers=headers).status_code == 403


def test_its_name_stands_in_what_it_orders_and_in_the_trace(
    app: Flask, house: House, kari: Person, make_token: Make
) -> None:
    headers = shown(make_token(Right.SEE, Right.WORK))
    placed = app.test_client().post(
        "/api/orders", json={"person_id": kari.id, "purpose": "recognition", "reason": "Ringte inn"}, headers=headers
    )
    assert (placed.status_code, placed.json["placed_by"]) == (202, "studentweb")
    entries = list(
        house.store.db.query("SELECT by, act, content FROM trace JOIN trace_contents ON entry_id = trace.id")
    )
    assert (entries[0]["by"], entries[0]["act"]) == ("drift", "administered")
    assert '"scopes": "see work"' in entries[0]["content"]


def test_it_opens_nothing_outside_the_api(app: Flask, kari: Person, make_token: Make) -> None:
    headers = shown(make_token(Right.SEE))
    for address in ("/", f"/people/{kari.id}", "/api"):
        assert app.test_client().get(address, headers=headers).status_code in (302, 303, 401)


@pytest.mark.parametrize("header", ["Bearer eks_wrong", "Bearer", "bearer  "])
def test_one_that_is_wrong_is_refused_even_with_a_session(app: Flask, house: House, kari: Person, header: str) -> None:
    client = signed_in(app.test_client(), house, Role.READER)
    answer = client.get(f"/api/people/{kari.id}", headers={"Authorization": header})
    assert (answer.status_code, answer.json["type"]) == (401, "/api#not-signed-in")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_one_that_has_ended_opens_nothing(house: House, kari: Person, make_token: Make) -> None:
    headers, address = shown(make_token(Right.SEE)), f"/api/people/{kari.id}"
    ends = NOW.replace(year=2026, month=12, day=31, hour=23, minute=0)  # midnight where the instance is
    for now, status in ((ends - timedelta(seconds=1), 200), (ends, 401)):
        later = screens_of(with_sign_in(replace(house, clock=lambda now=now: now)))
        assert later.test_client().get(address, headers=headers).status_code == status


def test_one_that_was_revoked_opens_nothing_and_leaves_its_name(
    app: Flask, house: House, kari: Person, make_token: Make
) -> None:
    first, address = make_token(Right.SEE), f"/api/people/{kari.id}"
    assert app.test_client().get(address, headers=shown(first)).status_code == 200
    with pytest.raises(WrongToken, match="Navnet er i bruk"):
        make_token(Right.SEE)
    known = api_tokens.token_named(house.store.db, "StudentWeb")
    assert known
    revoke(house.store, known.id, "drift", NOW, "test")
    second = make_token(Right.SEE)
    assert app.test_client().get(address, headers=shown(first)).status_code == 401
    assert app.test_client().get(address, headers=shown(second)).status_code == 200


def test_only_its_hash_is_kept(house: House, make_token: Make) -> None:
    token = make_token(Right.SEE)
    (kept,) = api_tokens.all_tokens(house.store.db)
    assert token.startswith(kept.prefix)
    assert len(kept.prefix) == 10
    assert token not in "\n".join(house.store.db.conn.iterdump())


def test_its_last_use_is_written_down(app: Flask, house: House, kari: Person, make_token: Make) -> None:
    headers = shown(make_token(Right.SEE))
    assert [token.seen_at for token in api_tokens.all_tokens(house.store.db)] == [None]
    app.test_client().get(f"/api/people/{kari.id}", headers=headers)
    assert [token.seen_at for token in api_tokens.all_tokens(house.store.db)] == [NOW]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"name": "x"}, "name"),
        ({"name": "03859849902"}, "name"),
        ({"name": "kberg"}, "name"),
        ({"scopes": ()}, "scopes"),
        ({"scopes": (Right.AUDIT,)}, "scopes"),
        ({"scopes": (Right.SEE, Right.ADMINISTER_SYSTEM)}, "scopes"),
        ({"until": NOW.date() - timedelta(days=1)}, "until"),
        ({"until": NOW.date() + timedelta(days=MOST_DAYS + 1)}, "until"),
    ],
)
def test_a_wish_that_cannot_be_granted_says_in_which_field(house: House, wish: dict[str, object], field: str) -> None:
    signed_in(screens_of(house).test_client(), house, Role.READER)  # a user whose name is "reader"
    wish = {"name": "studentweb", "scopes": (Right.SEE,), "until": END} | wish
    if wish["name"] == "kberg":
        wish["name"] = "reader"
    with pytest.raises(WrongToken) as wrong:
        make(house.store, house.settings.zone, **wish, by="drift", now=NOW, door="test")  # type: ignore[arg-type]
    assert wrong.value.field == field
    assert api_tokens.all_tokens(house.store.db) == []


def test_nobody_gives_a_token_what_they_may_not_do_themselves(app: Flask, house: House) -> None:
    client = signed_in(app.test_client(), house, Role.SYSTEM_ADMINISTRATOR)
    assert 'value="see-operation"' in (page := client.get("/api-tokens").text)
    assert 'value="see"' not in page
    refused = client.post("/api-tokens", data={"name": "studentweb", "scope": ["see"], "until": "31.12.2026"})
    assert refused.status_code == 422
    assert api_tokens.all_tokens(house.store.db) == []


def test_the_screen_shows_a_token_once(app: Flask, house: House) -> None:
    client = signed_in(app.test_client(), house, Role.SYSTEM_ADMINISTRATOR, Role.CASEWORKER)
    form = {"name": "studentweb", "scope": ["see", "work"], "until": "31.12.2026"}
    made = client.post("/api-tokens", data=form)
    assert made.headers["Cache-Control"] == "no-store"
    token = made.text.partition('value="eks_')[2].partition('"')[0]
    assert api_tokens.find(house.store.db, f"eks_{token}", NOW)
    listed = client.get("/api-tokens").text
    assert token not in listed
    assert "studentweb" in listed
    assert client.get("/api-tokens/1/revoke").status_code == 200
    assert client.post("/api-tokens/1/revoke").status_code == 303
    assert "Trukket tilbake 24.11.2026 av " in client.get("/api-tokens").text


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"name": "studentweb", "scope": "see", "until": "i morgen"}, "Datoen fins ikke."),
        ({"name": "studentweb", "scope": "audit", "until": "31.12.2026"}, "Velg minst én rettighet"),
        ({"name": "", "scope": "see", "until": "31.12.2026"}, "Navnet må begynne med en bokstav"),
    ],
)
def test_the_form_says_what_is_wrong(app: Flask, house: House, form: dict[str, str], told: str) -> None:
    answer = signed_in(app.test_client(), house, Role.SYSTEM_ADMINISTRATOR).post("/api-tokens", data=form)
    assert answer.status_code == 422
    assert told in answer.text


def test_what_ends_soon_is_warned_of(house: House, make_token: Make) -> None:
    make_token(Right.SEE, until=NOW.date() + timedelta(days=31))
    assert list(warnings(house.store.db, house.settings, NOW)) == []
    (soon,) = warnings(house.store.db, house.settings, NOW + timedelta(days=1))
    assert (soon.name, soon.what, soon.is_past) == ("studentweb", Ending.TOKEN, False)
    (past,) = warnings(house.store.db, house.settings, NOW + timedelta(days=40))
    assert past.is_past


def test_the_specification_says_how_to_come_in(app: Flask, house: House, make_token: Make) -> None:
    spec = app.test_client().get("/api/openapi.json", headers=shown(make_token(Right.SEE))).json
    assert spec["security"] == [{"token": []}]
    assert spec["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "security" not in screens_of(house).test_client().get("/api/openapi.json").json
