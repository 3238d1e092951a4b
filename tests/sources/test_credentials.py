"""What a source is shown: each credential end to end, from sources.toml to our own provider over TLS."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from flask import Flask, Response, request

from certificates import Authority, MadeCertificate
from misbehaviours import BadServer, answer, says
from oauth_server import CLIENT_ID, ORGANISATION, SCOPE, OAuthServer, key
from serving import served as app_served
from webapp.config import Settings, SettingsFile
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.institutions import REGISTER
from webapp.model import Outcome, Question
from webapp.network_settings import Network
from webapp.provider import askers, create_provider
from webapp.provider.askers import Asker, KnownBy
from webapp.provider.settings import Issuer, ProviderSettings
from webapp.provider.shelf import Shelf
from webapp.source_credentials import MaskinportenClient
from webapp.source_settings import ElmoPullSettings, FsGraphqlSettings
from webapp.sources.catalogue import Source, open_source
from webapp.sources.elmo import write
from webapp.sources.http import WarmSession, Way
from webapp.sources.maskinporten import MaskinportenTokens, signing_key
from webapp.tls import create_tls_server
from world import KARI_NUMBER, NOW, UIO, course, transcript

AUDIENCE = "https://results.example.no"
F = SourceFailure


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "shelf.sqlite")
    shelf.add_institution(REGISTER[UIO])
    shelf.put(UIO, [KARI_NUMBER], write(transcript(course("INF1000")), NOW), etag="1")
    yield shelf
    shelf.close()


@contextmanager
def over_tls(app: Flask, shown: MadeCertificate, clients: Path) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = create_tls_server(app, listener, shown.certificate, shown.key, clients)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"https://localhost:{server.effective_port}/{UIO}"
    finally:
        server.stop()
        thread.join(10)
        server.close()


Opener = Callable[..., Source]


@pytest.fixture
def open_at(tmp_path: Path, authority: Authority, shelf: Shelf, oauth: OAuthServer) -> Iterator[Callable[..., Opener]]:
    """Starts a provider that asks for a credential; gives what opens the source that it is."""
    with ExitStack() as stack:

        def start(asks_for: str, **limits: int) -> Opener:
            trusted = Issuer(issuer=oauth.url, jwks=f"{oauth.url}jwk", audience=AUDIENCE, scope=SCOPE)
            app = create_provider(shelf, ProviderSettings(asks_for=(asks_for,), maskinporten=trusted, **limits))
            url = stack.enter_context(over_tls(app, authority.make("localhost"), authority.file))
            network = SettingsFile(network=Network(certificate_authority=authority.file))

            def opened(**more: Any) -> Source:
                settings = ElmoPullSettings(institution=UIO, url=url, timeout_seconds=5, **more)
                source = open_source(settings, Settings(instance=tmp_path, settings=network), attempts=1)
                stack.callback(source.close)
                return source

            return opened

        yield start


def let_in(shelf: Shelf, known_by: KnownBy, shown: str) -> None:
    with shelf.write() as db:
        askers.add(db, Asker(0, "NTNU", 194, known_by), shown)


def failure(source: Source, question: Question) -> SourceFailure:
    with pytest.raises(SourceError) as caught:
        source.look_up(question)
    assert KARI_NUMBER not in str(caught.value)
    return caught.value.failure


def all_of_it(source: Source, question: Question) -> tuple[Outcome, list[Outcome]]:
    """A question about one person, and about several, after the source has told of itself."""
    source.prepare()
    many = source.look_up_many({"1": question, "2": question})
    return source.look_up(question).outcome, [reply.outcome for _, reply in many if not isinstance(reply, SourceError)]


FOUND = (Outcome.FOUND, [Outcome.FOUND] * 2)


def test_a_bearer_token_is_shown(
    open_at: Callable[..., Opener], shelf: Shelf, question: Question, tmp_path: Path
) -> None:
    token = askers.new_token()
    let_in(shelf, KnownBy.TOKEN, token)
    opened = open_at("token")
    (tmp_path / "token").write_text(token)
    assert all_of_it(opened(secret_file="token"), question) == FOUND
    (tmp_path / "token").write_text(token[:-1])
    assert failure(opened(secret_file="token"), question) is F.UNAUTHORIZED
    assert failure(opened(), question) is F.UNAUTHORIZED


def test_a_client_certificate_is_shown(
    open_at: Callable[..., Opener],
    shelf: Shelf,
    authority: Authority,
    question: Question,
    tmp_path: Path,
) -> None:
    ours = authority.make("ntnu", passphrase="hemmelig")
    by_organisation = authority.make("uib", organisation=f"NTRNO-{ORGANISATION}")
    stranger = authority.make("stranger")
    forged = Authority(tmp_path, "other").make("forged", organisation=f"NTRNO-{ORGANISATION}")
    let_in(shelf, KnownBy.CERTIFICATE, ours.fingerprint)
    let_in(shelf, KnownBy.ORGANISATION, ORGANISATION)
    (tmp_path / "passphrase").write_text("hemmelig")
    opened = open_at("certificate")

    def showing(made: MadeCertificate, **more: object) -> Source:
        return opened(client_certificate={"certificate": made.certificate.name, "key": made.key.name, **more})

    assert all_of_it(showing(ours, secret_file="passphrase"), question) == FOUND
    assert all_of_it(showing(by_organisation), question) == FOUND
    assert failure(showing(stranger), question) is F.UNAUTHORIZED
    assert failure(opened(), question) is F.UNAUTHORIZED
    # An authority that the provider does not know is turned away in the handshake.
    assert failure(showing(forged), question) in (F.INSECURE, F.BROKEN_OFF)
    with pytest.raises(Refusal, match="Klientsertifikatet"):
        showing(ours)
    with pytest.raises(Refusal, match="Klientsertifikatet"):
        opened(client_certificate={"certificate": stranger.certificate.name, "key": ours.key.name})


def test_a_limit_is_told_with_the_time_to_wait(
    open_at: Callable[..., Opener], shelf: Shelf, question: Question, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(askers.new_token())
    let_in(shelf, KnownBy.TOKEN, (tmp_path / "token").read_text())
    source = open_at("token", people_per_minute=1)(secret_file="token")
    assert source.look_up(question).outcome is Outcome.FOUND
    with pytest.raises(SourceError) as caught:
        source.look_up(question)
    assert (caught.value.failure, caught.value.retry_after_seconds) == (F.OVERLOADED, 60)


def test_fs_is_shown_the_same(oauth: OAuthServer, client: dict[str, str], question: Question, tmp_path: Path) -> None:
    shown: list[str] = []
    app = Flask(__name__)

    @app.post("/graphql")
    def graphql() -> tuple[str, int]:
        shown.append(request.headers["Authorization"])
        return "", 403

    with app_served(app) as url:
        settings = FsGraphqlSettings(institution=UIO, url=f"{url}/graphql", user="leser", maskinporten=client)
        source = open_source(settings, Settings(instance=tmp_path), attempts=1)
        assert failure(source, question) is F.FORBIDDEN
        source.close()
    assert (len(shown), shown[0][:10], oauth.tokens_issued) == (1, "Bearer eyJ", 1)


def test_a_source_without_its_key_cannot_be_opened(client: dict[str, str], tmp_path: Path) -> None:
    settings = ElmoPullSettings(
        institution=UIO, url="https://localhost", maskinporten=client | {"key_file": "absent.pem"}
    )
    with pytest.raises(Refusal, match="absent"):
        open_source(settings, Settings(instance=tmp_path))


@pytest.fixture
def client(oauth: OAuthServer, tmp_path: Path) -> dict[str, str]:
    """`[source.maskinporten]` of a client that the issuer knows."""
    (tmp_path / "client.jwk").write_text(json.dumps(key("client").as_dict(private=True)))
    return {
        "client_id": CLIENT_ID,
        "key_file": "client.jwk",
        "scope": SCOPE,
        "resource": AUDIENCE,
        "token_endpoint": f"{oauth.url}token",
        "audience": oauth.url,
    }


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[Callable[..., MaskinportenTokens]]:
    """Opens the tokens of a client."""
    with ExitStack() as stack:

        def opened(client: dict[str, Any], timeout: float = 5, **more: Any) -> MaskinportenTokens:
            settings = MaskinportenClient(**client)
            made = MaskinportenTokens(settings, signing_key(settings, tmp_path), timeout, Way(), **more)
            stack.callback(made.close)
            return made

        yield opened


Tokens = Callable[..., MaskinportenTokens]


def test_a_maskinporten_token_is_fetched_once_and_shown(
    open_at: Callable[..., Opener], shelf: Shelf, oauth: OAuthServer, client: dict[str, str], question: Question
) -> None:
    let_in(shelf, KnownBy.ORGANISATION, ORGANISATION)
    source = open_at("maskinporten")(maskinporten=client)
    with ThreadPoolExecutor(8) as pool:
        outcomes = [reply.outcome for reply in pool.map(source.look_up, [question] * 16)]
    assert (set(outcomes), oauth.tokens_issued) == ({Outcome.FOUND}, 1)
    assert all_of_it(source, question) == FOUND


def test_a_token_that_is_refused_before_its_end_is_fetched_anew_once(
    open_at: Callable[..., Opener], shelf: Shelf, oauth: OAuthServer, client: dict[str, str], question: Question
) -> None:
    let_in(shelf, KnownBy.ORGANISATION, ORGANISATION)
    opened = open_at("maskinporten")
    source = opened(maskinporten=client)
    assert source.look_up(question).outcome is Outcome.FOUND
    oauth.rotate()
    # The provider hears of the new key with somebody else's token; the former one is refused from then on.
    other = opened(maskinporten=client)
    assert other.look_up(question).outcome is Outcome.FOUND
    assert oauth.tokens_issued == 2
    assert source.look_up(question).outcome is Outcome.FOUND
    assert oauth.tokens_issued == 3
    oauth.claims = {"aud": "https://other.example.no"}
    stranger = opened(maskinporten=client)
    assert failure(stranger, question) is F.UNAUTHORIZED
    assert oauth.tokens_issued == 5


def test_a_withdrawn_token_is_replaced_within_the_question(
    served: Callable[..., BadServer], oauth: OAuthServer, client: dict[str, str], tokens: Tokens
) -> None:
    server = served(says(answer(b"no", 401), answer(b"yes")))
    session = WarmSession(server.url, 5, way=Way(tokens=tokens(client)))
    assert session.get("", "*/*").body == b"yes"
    assert (oauth.tokens_issued, server.requests) == (2, 2)
    session.close()


def test_a_token_is_kept_until_shortly_before_its_end(
    oauth: OAuthServer, client: dict[str, str], tokens: Tokens
) -> None:
    later = 0.0
    kept = tokens(client, now=lambda: time.time() + later)
    first = kept.authorization(5)
    later = 85.0
    assert kept.authorization(5) == first
    later = 91.0
    # The issuer's clock has not moved: it takes no grant from the future, which shows that one was made.
    with pytest.raises(SourceError):
        kept.authorization(5)
    assert oauth.tokens_issued == 2


MISTAKES: list[tuple[dict[str, str], SourceFailure]] = [
    ({"scope": "other"}, F.UNAUTHORIZED),
    ({"audience": "https://other.example.no/"}, F.UNAUTHORIZED),
    ({"client_id": "stranger"}, F.UNAUTHORIZED),
    ({"kid": "former"}, F.UNAUTHORIZED),
    ({"resource": "https://other.example.no"}, F.UNAUTHORIZED),
]


@pytest.mark.parametrize(("mistake", "expected"), MISTAKES, ids=str)
def test_a_client_that_is_set_up_wrongly_is_refused(
    open_at: Callable[..., Opener],
    shelf: Shelf,
    client: dict[str, str],
    question: Question,
    mistake: dict[str, str],
    expected: SourceFailure,
) -> None:
    let_in(shelf, KnownBy.ORGANISATION, ORGANISATION)
    assert failure(open_at("maskinporten")(maskinporten=client | mistake), question) is expected


def test_another_key_than_the_issuer_knows_is_refused(
    oauth: OAuthServer, client: dict[str, str], tmp_path: Path, tokens: Tokens
) -> None:
    (tmp_path / "client.jwk").write_bytes(key("stranger").as_pem(private=True))
    with pytest.raises(SourceError) as caught:
        tokens(client | {"kid": "client"}).authorization(5)
    assert (caught.value.failure, str(caught.value)) == (F.UNAUTHORIZED, "the token endpoint: HTTP status 400")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Response(b"{}", content_type="application/json"), F.UNAVAILABLE),
        (Response(b'{"access_token": "a b", "expires_in": 10}'), F.UNAVAILABLE),
        (Response(b'{"access_token": "a\\r\\nX: y", "expires_in": 10}'), F.UNAVAILABLE),
        (Response(b'{"access_token": "a", "expires_in": -1}'), F.UNAVAILABLE),
        (Response(b" " * 70_000), F.UNAVAILABLE),
        (Response(b"<html>", 404), F.UNAVAILABLE),
        (Response(b"", 302, {"Location": "http://localhost/"}), F.UNAVAILABLE),
        (Response(b"{}", 401), F.UNAUTHORIZED),
        (Response(b"{}", 503, {"Retry-After": "77"}), F.UNAVAILABLE),
    ],
)
def test_an_issuer_that_gives_no_token_is_the_sources_failure(
    oauth: OAuthServer, client: dict[str, str], tokens: Tokens, said: Response, expected: SourceFailure
) -> None:
    oauth.answer = said
    with pytest.raises(SourceError) as caught:
        tokens(client, timeout=0.3).authorization(0.3)
    assert caught.value.failure is expected
    assert str(caught.value).startswith("the token endpoint: ")
    assert caught.value.retry_after_seconds == (77 if said.status_code == 503 else None)


def test_a_slow_issuer_takes_no_more_than_the_question_has(
    oauth: OAuthServer, client: dict[str, str], tokens: Tokens
) -> None:
    oauth.seconds = 2
    slow = tokens(client)
    began = monotonic()
    with ThreadPoolExecutor(4) as pool:
        failures = list(pool.map(lambda _: _failed(slow), range(4)))
    assert monotonic() - began < 1.9
    assert failures == [F.UNAVAILABLE] * 4


def _failed(slow: MaskinportenTokens) -> SourceFailure:
    with pytest.raises(SourceError) as caught:
        slow.authorization(0.3)
    return caught.value.failure


@pytest.mark.parametrize(
    ("content", "kid", "matches"),
    [
        (b"", "k", "ingen privat nøkkel"),
        (b"{}", "k", "ingen privat nøkkel"),
        (b'{"kty": "oct", "k": "c2VjcmV0"}', "k", "ingen privat nøkkel"),
        (key("client").as_pem(private=False), "k", "ingen privat nøkkel"),
        (key("client").as_pem(private=True), None, "Sett «kid»"),
        (key("client").as_pem(private=True, password="x"), "k", "ingen privat nøkkel"),
        (b"\xff", "k", "ingen privat nøkkel"),
    ],
)
def test_a_key_that_cannot_sign_is_told_without_anything_of_it(
    client: dict[str, Any], tmp_path: Path, content: bytes, kid: str | None, matches: str, tokens: Tokens
) -> None:
    (tmp_path / "client.jwk").write_bytes(content)
    with pytest.raises(Refusal, match=matches):
        tokens(client | {"kid": kid})
