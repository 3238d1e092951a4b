"""The way out: through a proxy or around it, with a certificate authority of one's own, and when certificates end."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from misbehaviours import BadServer, answer, drips, says
from proxy import Proxy
from webapp.config import Settings, SettingsFile
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.network_settings import Network
from webapp.source_settings import ElmoPullSettings
from webapp.sources.catalogue import way_to
from webapp.sources.http import WarmSession, Way

Served = Callable[..., BadServer]
Certificate = tuple[ssl.SSLContext, Path]
Proxied = Callable[..., Proxy]
HELLO = says(answer(b"hello"))


@pytest.fixture
def proxied() -> Iterator[Proxied]:
    """Starts a proxy."""
    with ExitStack() as stack:
        yield lambda *args, **more: stack.enter_context(Proxy(*args, **more))


def safe(server: BadServer) -> str:
    """The address of a server that shows the certificate of the tests."""
    return server.url.replace("127.0.0.1", "localhost")


def asked(url: str, way: Way, seconds: float = 5.0) -> tuple[bytes, datetime | None]:
    """What came of a question, and the end of the certificate that was shown."""
    session = WarmSession(url, seconds, attempts=1, way=way)
    try:
        return session.post("/results", b"{}", {}).body, session.certificate_until
    finally:
        session.close()


def failed(url: str, way: Way, seconds: float = 5.0) -> SourceFailure:
    with pytest.raises(SourceError) as caught:
        asked(url, way, seconds)
    return caught.value.failure


@pytest.mark.parametrize("speaks_tls", [False, True])
def test_a_proxy_carries_a_question_and_alone_hears_its_password(
    served: Served, proxied: Proxied, certificate: Certificate, speaks_tls: bool
) -> None:
    proxy = proxied(tls=certificate[0] if speaks_tls else None)
    server = served(HELLO)
    assert asked(server.url, Way(proxy.url, certificate[1], None, "Basic c2VjcmV0")) == (b"hello", None)
    assert proxy.heads[0].startswith(f"POST {server.url}/results HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic c2VjcmV0" in proxy.heads[0]


@pytest.mark.parametrize("speaks_tls", [False, True])
def test_a_proxy_makes_a_tunnel_for_tls_and_sees_nothing_of_what_is_said(
    served: Served, proxied: Proxied, certificate: Certificate, speaks_tls: bool
) -> None:
    proxy = proxied(tls=certificate[0] if speaks_tls else None)
    server = served(HELLO, certificate[0])
    body, until = asked(safe(server), Way(proxy.url, certificate[1], "Bearer t0ken", "Basic c2VjcmV0"))
    assert body == b"hello"
    assert until is not None
    assert timedelta(hours=23) < until - datetime.now(UTC) < timedelta(hours=25)
    (head,) = proxy.heads
    assert head.startswith(f"CONNECT {safe(server).removeprefix('https://')} HTTP/1.")
    assert "Proxy-Authorization: Basic c2VjcmV0" in head
    assert "t0ken" not in head


@pytest.mark.parametrize("speaks_tls", [False, True])
def test_the_limit_holds_over_a_tunnel_and_what_drips_through_it(
    served: Served, proxied: Proxied, certificate: Certificate, speaks_tls: bool
) -> None:
    tls = certificate[0] if speaks_tls else None
    dripping = served(drips(answer(b"<", length=9999)), certificate[0])
    limit = 2.0  # enough for two handshakes on a busy machine: a proxy that takes longer is at fault itself
    began = monotonic()
    assert failed(safe(dripping), Way(proxied(tls=tls).url, certificate[1]), limit) is SourceFailure.TIMEOUT
    silent = proxied(silent=True, tls=tls)
    assert failed(safe(dripping), Way(silent.url, certificate[1]), limit) is SourceFailure.TIMEOUT
    assert monotonic() - began < 10


@pytest.mark.parametrize(
    ("refusal", "failure"),
    [
        ("407 Proxy Authentication Required", SourceFailure.PROXY),
        ("403 Forbidden", SourceFailure.PROXY),
        ("503 Service Unavailable", SourceFailure.UNREACHABLE),
    ],
)
def test_a_proxy_that_lets_nothing_out_is_no_fault_of_the_source(
    proxied: Proxied, refusal: str, failure: SourceFailure
) -> None:
    assert failed("https://localhost:1", Way(proxied(refusal).url)) is failure


def test_a_proxy_that_is_not_there_is_told_apart_from_a_source_that_is_not() -> None:
    for url in ("http://localhost:1", "https://localhost:1"):
        assert failed(url, Way("http://127.0.0.1:9")) is SourceFailure.PROXY
    assert failed("http://127.0.0.1:9", Way()) is SourceFailure.UNREACHABLE


def test_an_authority_of_ones_own_is_trusted_where_it_is_named_alone(served: Served, certificate: Certificate) -> None:
    server = served(HELLO, certificate[0])
    assert asked(safe(server), Way(certificate_authority=certificate[1]))[0] == b"hello"


def settings(tmp_path: Path, **network: object) -> Settings:
    return Settings(instance=tmp_path, settings=SettingsFile(network=Network(**network)))  # type: ignore[arg-type]


def test_a_source_that_is_set_to_be_direct_goes_around_the_proxy(tmp_path: Path) -> None:
    (tmp_path / "proxy-password").write_text("pass\n", encoding="utf-8")
    (tmp_path / "token").write_text("t0ken\n", encoding="utf-8")
    given = settings(tmp_path, proxy="http://proxy:8080", proxy_user="me", proxy_secret_file="proxy-password")
    source = ElmoPullSettings(institution=185, url="https://uio.example", secret_file=Path("token"))
    assert way_to(source, given, "Bearer") == Way("http://proxy:8080", None, "Bearer t0ken", "Basic bWU6cGFzcw==")
    direct = source.model_copy(update={"direct": True})
    assert way_to(direct, given, "Bearer") == Way(None, None, "Bearer t0ken")
    assert "t0ken" not in repr(way_to(source, given, "Bearer"))
    assert "bWU6" not in repr(way_to(source, given, "Bearer"))


def test_a_password_of_the_proxy_that_is_missing_says_what_to_do(tmp_path: Path) -> None:
    given = settings(tmp_path, proxy="http://proxy:8080", proxy_user="me", proxy_secret_env="NO_SUCH")
    with pytest.raises(Refusal, match="NO_SUCH"):
        way_to(ElmoPullSettings(institution=185, url="https://uio.example"), given, "Bearer")


def test_a_file_without_certificates_is_no_authority(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="no certificates"):
        Network(certificate_authority=tmp_path / "empty.pem")
