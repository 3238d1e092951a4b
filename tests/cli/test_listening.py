"""How far `eksternstudium serve` lets itself be reached."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from flask import Flask, request
from werkzeug.test import Client

from mail_server import make_certificate
from webapp.cli import serve as serving
from webapp.cli.listening import check_reach, listen
from webapp.config import Settings, read_settings
from webapp.errors import Refusal

ADDRESS = 'address = "https://es.example.no"\n'
SIGN_IN = '[sign_in]\nlocal = true\nsecret_file = "secret"\n'
CERTIFICATE = '[server]\ncertificate = "certificate.pem"\nkey = "key.pem"\n'
PROXY = "[server]\nbehind_proxy = true\n"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("s" * 32)
    (tmp_path / "short").write_text("s" * 31)
    return tmp_path / "settings.toml"


def _read(settings: Path, text: str) -> Settings:
    settings.write_text(text)
    return read_settings(settings.parent, {})


@pytest.mark.parametrize(
    ("host", "text", "sentence"),
    [
        ("0.0.0.0", "", "Uten innlogging når bare denne maskinen"),
        ("es.example.no", ADDRESS + CERTIFICATE, "Uten innlogging når bare denne maskinen"),
        ("127.0.0.1", PROXY, "Uten innlogging når bare denne maskinen"),
        ("0.0.0.0", ADDRESS + "[sign_in]\nlocal = true\n" + CERTIFICATE, "trenger en hemmelighet"),
        ("0.0.0.0", ADDRESS + SIGN_IN.replace('secret"', 'short"') + CERTIFICATE, "minst 32 tilfeldige tegn"),
        ("0.0.0.0", ADDRESS + SIGN_IN, "bare over HTTPS"),
        ("::", ADDRESS + SIGN_IN, "bare over HTTPS"),
        ("127.0.0.1", '[sign_in]\nsecret_file = "secret"\n', "ingen måte å logge inn på"),
        ("0.0.0.0", SIGN_IN + CERTIFICATE, "Sett address"),
        ("0.0.0.0", ADDRESS.replace("https", "http") + SIGN_IN + PROXY, "Sett address"),
        ("0.0.0.0", ADDRESS + SIGN_IN + CERTIFICATE + "behind_proxy = true\n", "både behind_proxy og certificate"),
    ],
)
def test_it_refuses_to_be_reached_unsafely(settings: Path, host: str, text: str, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence):
        check_reach(_read(settings, text), host)


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("127.0.0.1", ""),
        ("127.0.0.2", ""),
        ("::1", ""),
        ("localhost", SIGN_IN),
        ("127.0.0.1", SIGN_IN + PROXY),
        ("0.0.0.0", ADDRESS + SIGN_IN + PROXY),
        ("0.0.0.0", ADDRESS + SIGN_IN + CERTIFICATE),
    ],
)
def test_it_listens_where_nobody_comes_in_unseen(settings: Path, host: str, text: str) -> None:
    check_reach(_read(settings, text), host)


def test_a_certificate_without_its_key_is_told_with_its_line(settings: Path) -> None:
    with pytest.raises(Refusal, match=r"settings\.toml, linje 1: «key» kan ikke være"):
        _read(settings, '[server]\ncertificate = "certificate.pem"\n')


def test_the_hosts_are_ours_and_the_one_of_the_address(settings: Path) -> None:
    assert _read(settings, ADDRESS).hosts == ("127.0.0.1", "localhost", "es.example.no")


def test_an_address_that_is_not_ours_is_one_sentence() -> None:
    with pytest.raises(Refusal, match=r"Kan ikke lytte på 192\.0\.2\.1, port 8000"):
        listen("192.0.2.1", 8000)


@pytest.mark.parametrize(("text", "told"), [("", "127.0.0.1 http"), (PROXY, "192.0.2.7 https")])
def test_only_a_proxy_of_ours_is_believed(settings: Path, text: str, told: str) -> None:
    app = Flask(__name__)
    app.add_url_rule("/", "show", lambda: f"{request.remote_addr} {request.scheme}")
    listener = listen("127.0.0.1", 0)
    server = serving._server(app, _read(settings, text), listener)
    try:
        headers = {"X-Forwarded-For": "198.51.100.1, 192.0.2.7", "X-Forwarded-Proto": "https"}
        got = Client(app.wsgi_app).get("/", headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"})
        assert got.text == told
        assert server.adj.clear_untrusted_proxy_headers is (text == "")
    finally:
        server.close()


def test_it_serves_https_to_whoever_signs_in(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(settings.parent).certificate
    settings.write_text('address = "https://localhost"\n' + SIGN_IN + CERTIFICATE)
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(settings.parent))
    command = [sys.executable, "-m", "webapp", "serve", "--host", "0.0.0.0", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            assert address.startswith("https://0.0.0.0:")
            here = address.replace("0.0.0.0", "localhost")
            answer = requests.get(here, verify=str(certificate), timeout=10)
            assert (answer.status_code, answer.url) == (200, f"{here}sign-in")
            strange = requests.get(here, headers={"Host": "evil.example"}, verify=str(certificate), timeout=10)
            assert strange.status_code == 400
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
