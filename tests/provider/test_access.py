"""Who gets an answer from a provider: tokens of ours, certificates and Maskinporten's tokens, and nothing forged."""

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask import Response
from flask.testing import FlaskClient
from joserfc import jwt
from werkzeug.test import TestResponse

from asking import KARI, OLA, TERMS, batch_of, kind
from certificates import Authority, CertificateMaker
from oauth_server import ORGANISATION, SCOPE, OAuthServer, key
from webapp.provider import askers, create_provider
from webapp.provider.askers import Asker, KnownBy
from webapp.provider.gate import today
from webapp.provider.settings import Issuer, ProviderSettings
from webapp.provider.shelf import Shelf
from world import NOW, UIB, UIO

AUDIENCE = "https://results.example.no"


@pytest.fixture
def certificate_maker(tmp_path: Path) -> CertificateMaker:
    return Authority(tmp_path).make


def settings(*asks_for: str, oauth: OAuthServer | None = None, **more: Any) -> ProviderSettings:
    trusted = oauth and Issuer(issuer=oauth.url, jwks=f"{oauth.url}jwk", audience=AUDIENCE, scope=SCOPE)
    return ProviderSettings(asks_for=asks_for, maskinporten=trusted, **more)


def asker(shelf: Shelf, shown: str, known_by: KnownBy = KnownBy.TOKEN, **more: Any) -> int:
    with shelf.write() as db:
        added = askers.add(db, Asker(0, "NTNU", 194, known_by, **more), shown)
    assert added is not None
    return added


def ask(client: FlaskClient, token: str | None = None, **more: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post("/185/results", json=KARI, headers=headers, **more)


def test_a_token_of_ours_opens_and_nothing_else_does(shelf: Shelf) -> None:
    token = askers.new_token()
    asker(shelf, token)
    client = create_provider(shelf, settings("token")).test_client()
    assert ask(client, token).status_code == 200
    for wrong in (None, token[:-1], token + "x", askers.new_token(), "eks_", ""):
        assert kind(ask(client, wrong)) == (401, "not-known")
    described = client.get("/185")
    assert kind(described) == (401, "not-known")
    assert described.headers["WWW-Authenticate"] == 'Bearer realm="elmo-pull"'
    assert 'error="invalid_token"' in ask(client, "eks_no").headers["WWW-Authenticate"]


def test_a_token_is_kept_as_its_hash_only(shelf: Shelf) -> None:
    token = askers.new_token()
    asker(shelf, token)
    [row] = shelf.db.query("SELECT * FROM askers")
    assert token not in str(row)


def test_a_token_holds_to_its_last_day_and_until_it_is_revoked(shelf: Shelf) -> None:
    last, past, revoked = (askers.new_token() for _ in range(3))
    asker(shelf, last, until=today())
    asker(shelf, past, until=today() - timedelta(days=1))
    number = asker(shelf, revoked, until=date(2099, 1, 1))
    client = create_provider(shelf, settings("token")).test_client()
    assert [ask(client, token).status_code for token in (last, past, revoked)] == [200, 401, 200]
    with shelf.write() as db:
        assert [askers.revoke(db, number, NOW), askers.revoke(db, number, NOW)] == [True, False]
    assert ask(client, revoked).status_code == 401


def test_an_asker_may_be_let_in_to_one_institution_only(two: Shelf) -> None:
    token = askers.new_token()
    asker(two, token, only=(UIB,))
    client = create_provider(two, settings("token")).test_client()
    headers = {"Authorization": f"Bearer {token}"}
    answers = [client.post(f"/{number}/results", json=KARI, headers=headers) for number in (UIB, UIO)]
    assert answers[0].status_code == 200
    assert kind(answers[1]) == (403, "not-allowed")


def test_nobody_is_known_by_what_another_is_known_by(shelf: Shelf) -> None:
    asker(shelf, ORGANISATION, KnownBy.ORGANISATION)
    with shelf.write() as db:
        assert askers.add(db, Asker(0, "UiB", UIB, KnownBy.ORGANISATION), ORGANISATION) is None


@pytest.fixture
def maskinporten(shelf: Shelf, oauth: OAuthServer) -> FlaskClient:
    asker(shelf, ORGANISATION, KnownBy.ORGANISATION)
    return create_provider(shelf, settings("maskinporten", oauth=oauth)).test_client()


def test_a_maskinporten_token_opens_to_its_consumer(maskinporten: FlaskClient, oauth: OAuthServer) -> None:
    answers = [ask(maskinporten, oauth.token(resource=AUDIENCE)).status_code for _ in range(3)]
    assert (answers, oauth.keys_fetched) == ([200] * 3, 1)
    assert ask(maskinporten, oauth.token(resource=[AUDIENCE, "https://other.example.no"])).status_code == 200
    assert ask(maskinporten, oauth.token(resource=AUDIENCE, scope=f"other {SCOPE}")).status_code == 200


def now(seconds: int) -> int:
    return int(time.time()) + seconds


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": None},
        {"aud": "https://other.example.no"},
        {"aud": ["https://other.example.no"]},
        {"iss": "https://other.example.no/"},
        {"iss": None},
        {"exp": -60},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 600},
        {"iat": None},
        {"nbf": 600},
        {"consumer": None},
        {"consumer": ORGANISATION},
        {"consumer": {"authority": "iso6523-actorid-upis", "ID": ORGANISATION}},
        {"consumer": {"authority": "other", "ID": f"0192:{ORGANISATION}"}},
        {"consumer": {"authority": "iso6523-actorid-upis", "ID": "0192:974760673"}},
        {"consumer": {"authority": "iso6523-actorid-upis", "ID": "0192:' OR 1=1"}},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_opens_nothing(
    maskinporten: FlaskClient, oauth: OAuthServer, claims: dict[str, Any]
) -> None:
    # Numbers are seconds from now: these are collected long before they are asked.
    claims = {name: now(value) if isinstance(value, int) else value for name, value in claims.items()}
    assert kind(ask(maskinporten, oauth.token(resource=AUDIENCE, **claims))) == (401, "not-known")


@pytest.mark.parametrize("scope", [None, "", "other", f"{SCOPE}.write", f"x{SCOPE}", SCOPE[:-1], [SCOPE]])
def test_a_token_without_the_scope_is_not_allowed(maskinporten: FlaskClient, oauth: OAuthServer, scope: object) -> None:
    response = ask(maskinporten, oauth.token(resource=AUDIENCE, scope=scope))
    assert kind(response) == (403, "not-allowed")
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{_part(header | {'alg': 'none'})}.{_part(claims)}."


def signed_with_the_public_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    signed = f"{_part(header | {'alg': 'HS256'})}.{_part(claims)}"
    digest = hmac.digest(key("issuer-1").as_pem(private=False), signed.encode(), sha256)
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def signed_by_another(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims, key("stranger"))


def with_its_own_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header | {"jwk": key("stranger").as_dict(private=False)}, claims, key("stranger"))


def without_kid(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256"}, claims, key("issuer-1"))


def changed(header: dict[str, Any], claims: dict[str, Any]) -> str:
    head, _, signature = jwt.encode(header, claims, key("issuer-1")).split(".")
    return f"{head}.{_part(claims | {'scope': 'all'})}.{signature}"


def huge(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims | {"x": "x" * 20_000}, key("issuer-1"))


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        signed_with_the_public_key,
        signed_by_another,
        with_its_own_key,
        without_kid,
        changed,
        huge,
        lambda header, claims: "a.b.c",
        lambda header, claims: "....",
        lambda header, claims: f"{_part([])}.{_part(claims)}.",
        lambda header, claims: f"{_part(header)}.{_part([])}.",
    ],
)
def test_a_forged_token_opens_nothing(maskinporten: FlaskClient, oauth: OAuthServer, forge: Callable[..., str]) -> None:
    oauth.forge = forge
    assert kind(ask(maskinporten, oauth.token(resource=AUDIENCE))) == (401, "not-known")


def test_a_new_key_is_fetched_once_and_the_former_one_opens_no_more(
    maskinporten: FlaskClient, oauth: OAuthServer
) -> None:
    former = oauth.token(resource=AUDIENCE)
    assert ask(maskinporten, former).status_code == 200
    oauth.rotate()
    token = oauth.token(resource=AUDIENCE)
    assert [ask(maskinporten, token).status_code for _ in range(2)] == [200, 200]
    assert oauth.keys_fetched == 2
    assert ask(maskinporten, former).status_code == 401


def test_keys_that_nobody_has_do_not_flood_the_issuer(maskinporten: FlaskClient, oauth: OAuthServer) -> None:
    good = oauth.token(resource=AUDIENCE)
    oauth.signs_with = "stranger"
    wrong = oauth.token(resource=AUDIENCE)
    assert {ask(maskinporten, wrong).status_code for _ in range(12)} == {401}
    assert oauth.keys_fetched <= 6
    assert ask(maskinporten, good).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"keys": 1}', b" " * 300_000], ids=len)
def test_without_the_issuers_keys_it_is_unavailable_for_a_while(
    maskinporten: FlaskClient, oauth: OAuthServer, body: bytes
) -> None:
    oauth.keys_answer = Response(body, content_type="application/json")
    response = ask(maskinporten, oauth.token(resource=AUDIENCE))
    assert kind(response) == (503, "unavailable")
    assert response.headers["Retry-After"] == "30"


def test_a_certificate_is_known_by_itself_or_by_its_organisation(
    shelf: Shelf, certificate_maker: CertificateMaker
) -> None:
    client = create_provider(shelf, settings("certificate")).test_client()
    one, other = certificate_maker("one"), certificate_maker("other", organisation=f"NTRNO-{ORGANISATION}")
    asker(shelf, one.fingerprint, KnownBy.CERTIFICATE)
    asker(shelf, ORGANISATION, KnownBy.ORGANISATION)
    stranger = certificate_maker("stranger", organisation="NTRNO-974760673")
    shown = [
        ask(client, environ_overrides={"SSL_CLIENT_VERIFY": "SUCCESS", "SSL_CLIENT_CERT": each.text}).status_code
        for each in (one, other, stranger)
    ]
    assert shown == [200, 200, 401]


def test_a_header_is_no_certificate(shelf: Shelf, certificate_maker: CertificateMaker) -> None:
    one = certificate_maker("one")
    asker(shelf, one.fingerprint, KnownBy.CERTIFICATE)
    client = create_provider(shelf, settings("certificate")).test_client()
    pem = one.text.replace("\n", " ")
    for mark in ("", "X-"):
        headers = {f"{mark}SSL-Client-Verify": "SUCCESS", f"{mark}SSL-Client-Cert": pem}
        assert client.post("/results", json=KARI, headers=headers).status_code == 401


def test_what_is_not_asked_for_does_not_open(
    shelf: Shelf, oauth: OAuthServer, certificate_maker: CertificateMaker
) -> None:
    token, certificate = askers.new_token(), certificate_maker("one")
    asker(shelf, token)
    asker(shelf, ORGANISATION, KnownBy.ORGANISATION)
    asker(shelf, certificate.fingerprint, KnownBy.CERTIFICATE)
    shown = {"SSL_CLIENT_VERIFY": "SUCCESS", "SSL_CLIENT_CERT": certificate.text}
    opened = {
        asked: (
            ask(client, token).status_code,
            ask(client, oauth.token(resource=AUDIENCE)).status_code,
            ask(client, environ_overrides=shown).status_code,
        )
        for asked in ("token", "maskinporten", "certificate")
        for client in [create_provider(shelf, settings(asked, oauth=oauth)).test_client()]
    }
    assert opened == {
        "token": (200, 401, 401),
        "maskinporten": (401, 200, 401),
        "certificate": (401, 401, 200),
    }


def test_an_asker_has_so_many_people_a_minute(shelf: Shelf) -> None:
    tokens = [askers.new_token(), askers.new_token()]
    for token in tokens:
        asker(shelf, token)
    client = create_provider(shelf, settings("token", people_per_minute=4)).test_client()
    three = batch_of(*({"ref": str(n), "identifiers": OLA["identifiers"]} for n in range(3)))

    def many(token: str) -> TestResponse:
        return client.post("/results/batch", json=three, headers={"Authorization": f"Bearer {token}"})

    assert many(tokens[0]).status_code == 200
    refused = many(tokens[0])
    assert (kind(refused), refused.headers["Retry-After"]) == ((429, "too-many"), "45")
    assert ask(client, tokens[0]).status_code == 200
    assert many(tokens[1]).status_code == 200


def test_an_asker_has_so_many_questions_at_once(shelf: Shelf) -> None:
    token = askers.new_token()
    asker(shelf, token)
    app = create_provider(shelf, settings("token", at_once=1))
    client = app.test_client()
    entered, goes_on = threading.Event(), threading.Event()
    compressed = shelf.compressed

    def slow(entry: Any) -> bytes:
        entered.set()
        goes_on.wait(10)
        return compressed(entry)

    shelf.compressed = slow  # type: ignore[method-assign]
    headers = {"Authorization": f"Bearer {token}"}
    first = threading.Thread(target=lambda: app.test_client().post("/results", json=KARI, headers=headers))
    first.start()
    assert entered.wait(10)
    refused = ask(client, token)
    goes_on.set()
    first.join(10)
    assert (kind(refused), refused.headers["Retry-After"]) == ((429, "too-many"), "1")
    assert ask(client, token).status_code == 200


def test_a_seat_is_free_again_after_every_kind_of_answer(shelf: Shelf) -> None:
    token = askers.new_token()
    asker(shelf, token)
    client = create_provider(shelf, settings("token", at_once=1)).test_client()
    headers = {"Authorization": f"Bearer {token}"}
    one = batch_of({"ref": "1", "identifiers": KARI["identifiers"]})
    statuses = [
        client.post(path, json=asked, headers=headers).status_code
        for path, asked in (
            ("/results", KARI),
            ("/results", OLA),
            ("/results", TERMS),
            ("/999/results", KARI),
            ("/results/batch", one),
            ("/results/batch", TERMS),
            ("/results", KARI),
        )
    ]
    assert statuses == [200, 204, 400, 404, 200, 400, 200]
