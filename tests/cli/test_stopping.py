"""A program that serves ends within ten seconds of SIGTERM whatever goes on, and nothing is lost of what did."""

import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from mail_server import make_certificate
from webapp.config import Settings
from webapp.identity import parse
from webapp.model import Admission, Season
from webapp.sources.elmo import write
from webapp.store import Store, people
from webapp.store.admissions import remember_admission
from world import KARI_NUMBER, NOW, UIO, course, transcript

#: What a service manager waits for, in seconds.
WITHIN = 10.0
ROWS = 8000
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "instance"
    folder.mkdir()
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(folder))
    return folder


@pytest.fixture
def start(instance: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts the program; what it says on standard error is kept in a file."""
    with ExitStack() as stack:

        def start(*arguments: str | Path) -> subprocess.Popen[str]:
            log = stack.enter_context((tmp_path / "log").open("a"))
            command = [sys.executable, "-m", "webapp", *arguments]
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True))
            stack.callback(process.kill)
            return process

        yield start


def address_of(process: subprocess.Popen[str]) -> str:
    """The address that a program prints when it is there."""
    assert process.stdout is not None
    return process.stdout.readline().split()[-1].rstrip("/")


def ends(process: subprocess.Popen[str], *signals: signal.Signals) -> int:
    """Tell a program to end; its status. Raises subprocess.TimeoutExpired when it does not in time."""
    for each in signals or (signal.SIGTERM,):
        process.send_signal(each)
        time.sleep(0.01)
    return process.wait(WITHIN)


@contextmanager
def silent() -> Iterator[str]:
    """The address of a source that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def connected(address: str, said: bytes, stack: ExitStack, context: ssl.SSLContext | None = None) -> socket.socket:
    """A connection on which something has been said, and that reads as little as it can."""
    host, _, port = address.partition("://")[2].partition(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((host, int(port)))
    client = stack.enter_context(context.wrap_socket(client, server_hostname="localhost") if context else client)
    client.sendall(said)
    return client


def test_many_signals_are_one_stop(start: Start) -> None:
    screens = start("serve", "--port", "0")
    address_of(screens)
    assert ends(screens, signal.SIGINT, signal.SIGTERM, signal.SIGTERM) == 0


def test_a_stop_before_the_start_has_finished(start: Start, instance: Path) -> None:
    screens = start("serve", "--port", "0")
    until((instance / "eksternstudium.sqlite").exists)
    assert ends(screens) == 0


def test_with_browsers_that_poll_and_clients_that_say_nothing_or_half(start: Start) -> None:
    screens = start("serve", "--port", "0")
    address, over = address_of(screens), threading.Event()

    def poll() -> None:
        with requests.Session() as browser:
            while not over.is_set():
                try:
                    browser.get(f"{address}/sources", timeout=10)
                except requests.RequestException:
                    return

    browsers = [threading.Thread(target=poll) for _ in range(20)]
    with ExitStack() as stack:
        for said in (
            b"",
            b"GET / HTTP/1.1\r\nHo",
            b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n",
        ):
            for _ in range(10):
                connected(address, said, stack)
        for each in browsers:
            each.start()
        time.sleep(0.5)
        assert ends(screens) == 0
        over.set()
        for each in browsers:
            each.join()


def test_while_a_source_is_waited_for_and_it_is_asked_again_at_the_next_start(start: Start, instance: Path) -> None:
    with silent() as url:
        (instance / "sources.toml").write_text(
            f'[[source]]\ninstitution = {UIO}\nprotocol = "elmo-pull"\nurl = "{url}"\ntimeout_seconds = 60\n'
        )
        store = Store(Settings(instance=instance).database)
        with store.write() as db:
            person_id = people.register(db, [parse(KARI_NUMBER)], "Kari", "Nordmann", NOW)
        screens = start("serve", "--port", "0")
        pressed = {"purpose": "recognition", "reason": "Ringte"}
        assert requests.post(f"{address_of(screens)}/people/{person_id}/orders", data=pressed, timeout=10).ok
        assert column(store, "SELECT state FROM fetches") == ["running"]
        assert ends(screens) == 0
        assert column(store, "SELECT state FROM fetches") == ["running"]
    # Nobody is there any more: the question is put anew, and fails.
    again = start("serve", "--port", "0")
    until(lambda: column(store, "SELECT failure FROM answers") == ["unreachable"])
    assert ends(again) == 0
    store.close()


def test_while_a_file_is_read_which_goes_on_and_a_long_list_is_taken_out_slowly_by_tls(
    start: Start, instance: Path, tmp_path: Path
) -> None:
    store = Store(Settings(instance=instance).database)
    with store.write() as db:
        remember_admission(db, Admission(2027, Season.AUTUMN, "NOM", processing_phase=True))
    lines = [f"{number};{KARI_NUMBER};Nordmann;Kari;2027-HØST-NOM" for number in range(ROWS)]
    file = "\n".join(["sokernummer;fodselsnummer;etternavn;fornavn;opptak", *lines])
    screens = start("serve", "--port", "0")
    sent = {"file": ("søkere.csv", file.encode())}
    requests.post(f"{address_of(screens)}/imports", data={"kind": "applications"}, files=sent, timeout=10)
    assert column(store, "SELECT state FROM imports") == ["running"]
    assert ends(screens) == 0
    assert column(store, "SELECT state FROM imports") == ["running"]
    assert column(store, "SELECT count(*) FROM applications") == [0]

    certificate = make_certificate(instance)
    (instance / "settings.toml").write_text('[server]\ncertificate = "certificate.pem"\nkey = "key.pem"\n')
    again = start("serve", "--port", "0")
    address = address_of(again)
    until(lambda: column(store, "SELECT state FROM imports") == ["done"])
    assert column(store, "SELECT count(*) FROM applications") == [ROWS]
    context = ssl.create_default_context(cafile=str(certificate.certificate))
    with ExitStack() as stack:
        whole = b"GET /applications.csv HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for said in (whole, whole[:30], b""):
            for _ in range(5):
                connected(address, said, stack, context)
        connected(address, b"\x16\x03", stack)
        time.sleep(0.5)
        assert ends(again) == 0
    store.close()


def test_a_provider_whose_clients_say_nothing_or_half(start: Start, tmp_path: Path) -> None:
    (tmp_path / "kari.xml").write_bytes(write(transcript(course("INF1000")), NOW))
    provider = start("provide", tmp_path / "kari.xml", "--port", "0")
    address = address_of(provider).rpartition("/")[0]
    with ExitStack() as stack:
        for said in (
            b"",
            b"GET /185 HT",
            b"POST /185/results HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n",
        ):
            for _ in range(10):
                connected(address, said, stack)
        assert ends(provider, signal.SIGTERM, signal.SIGTERM) == 0


def test_what_does_not_end_in_time_is_left(tmp_path: Path) -> None:
    """A stop ends a process whose main thread hears nothing, and one whose server does not come back."""
    code = """
import ctypes, sys, threading, time
from webapp.cli import stopping
stopping.MOST_SECONDS = 0.3
with stopping.Stopping() as stop:
    print("there", flush=True)
    if sys.argv[1] == "deaf":
        while True:
            ctypes.CDLL(None).sleep(60)
    stop.serve_until_told(lambda: time.sleep(60), at_once=lambda: print("told", flush=True))
    time.sleep(60)
"""
    for how, said in (("deaf", ""), ("stuck", "told\n")):
        command = [sys.executable, "-c", code, how]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "there\n"
            process.terminate()
            out, complaint = process.communicate(timeout=WITHIN)
        assert (process.returncode, out) == (0, said)
        assert "it is left, and goes on at the next start" in complaint


def column(store: Store, sql: str) -> list[object]:
    return [value for (value,) in store.db.execute(sql)]


def until(true: Callable[[], bool]) -> None:
    """Wait for something to come about."""
    gives_up = time.monotonic() + 60
    while not true() and time.monotonic() < gives_up:
        time.sleep(0.05)
    assert true()
