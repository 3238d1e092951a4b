"""HTTPS of our own: what it speaks, whom it lets through, and that slow clients do not take it away from others."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from flask import Flask, request

from mail_server import make_certificate
from webapp import tls
from webapp.errors import Refusal
from webapp.tls import create_tls_server

Serve = Callable[..., int]


def _files(folder: Path) -> tuple[Path, Path]:
    made = make_certificate(folder)
    return made.certificate, made.key


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return _files(tmp_path)


@pytest.fixture
def serve(files: tuple[Path, Path]) -> Iterator[Serve]:
    """Serves an application that tells of its caller; gives the port."""
    app = Flask(__name__)

    @app.post("/")
    def show() -> dict[str, str]:
        told = request.environ
        return {"scheme": request.scheme, "verified": told["SSL_CLIENT_VERIFY"], "length": str(len(request.data))}

    with ExitStack() as stack:
        yield lambda authority=None: stack.enter_context(_served(app, files, authority))


@contextmanager
def _served(app: Flask, files: tuple[Path, Path], authority: Path | None) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = create_tls_server(app, listener, *files, client_authority=authority)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.effective_port
    finally:
        server.stop()
        thread.join(10)
        server.close()


def ask(port: int, ca: Path, **more: object) -> dict[str, str]:
    answer = requests.post(f"https://127.0.0.1:{port}/", data=b"x" * 300_000, verify=str(ca), timeout=10, **more)
    answer.raise_for_status()
    return answer.json()


def test_a_browser_is_answered_over_https(serve: Serve, files: tuple[Path, Path]) -> None:
    assert ask(serve(), files[0]) == {"scheme": "https", "verified": "NONE", "length": "300000"}


def test_an_old_tls_and_plain_http_are_turned_away(serve: Serve, files: tuple[Path, Path]) -> None:
    port = serve()
    old = ssl.create_default_context(cafile=str(files[0]))
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain, pytest.raises(OSError):
        old.wrap_socket(plain, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" not in plain.recv(100)


def test_clients_that_say_nothing_or_little_do_not_keep_others_out(
    serve: Serve, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "THREADS", 2)
    monkeypatch.setattr(tls, "SILENCE_SECONDS", 0.3)
    port = serve()
    trusting = ssl.create_default_context(cafile=str(files[0]))
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        for _ in range(4):
            plain = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            plain.sendall(b"\x16\x03")
        for _ in range(4):
            plain = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            slow = stack.enter_context(trusting.wrap_socket(plain, server_hostname="localhost"))
            slow.sendall(b"POST / HTTP/1.1\r\nHost: local")
        assert ask(port, files[0])["scheme"] == "https"


def test_a_client_that_sends_a_byte_now_and_then_is_hung_up_on(
    serve: Serve, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "PATIENCE_SECONDS", 0.5)
    trusting = ssl.create_default_context(cafile=str(files[0]))
    plain = socket.create_connection(("127.0.0.1", serve()), timeout=10)
    with trusting.wrap_socket(plain, server_hostname="localhost") as slow:
        slow.settimeout(0.1)
        slow.sendall(b"POST / HTTP/1.1\r\n")
        answer = _trickle(slow, most=100)
    assert answer.startswith(b"HTTP/1.1 408")


def _trickle(client: ssl.SSLSocket, most: int) -> bytes:
    for _ in range(most):
        try:
            return client.recv(100)
        except TimeoutError:
            client.sendall(b"x")
    return b""


def test_a_client_certificate_is_told_of_and_a_strange_one_refused(
    serve: Serve, files: tuple[Path, Path], tmp_path: Path
) -> None:
    port = serve(files[0])
    assert ask(port, files[0])["verified"] == "NONE"
    assert ask(port, files[0], cert=tuple(map(str, files)))["verified"] == "SUCCESS"
    (tmp_path / "strange").mkdir()
    strange = _files(tmp_path / "strange")
    with pytest.raises(requests.exceptions.ConnectionError):
        ask(port, files[0], cert=tuple(map(str, strange)))


def test_files_that_cannot_be_used_are_one_sentence(files: tuple[Path, Path], tmp_path: Path) -> None:
    certificate, key = files
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for wrong in ((certificate, tmp_path / "none.pem"), (key, key)):
            with pytest.raises(Refusal, match="må være lesbare PEM-filer som hører sammen"):
                create_tls_server(Flask("x"), listener, *wrong)
        with pytest.raises(Refusal, match="utstedere av klientsertifikater"):
            create_tls_server(Flask("x"), listener, certificate, key, key)
