"""`eksternstudium serve`: one web process for an instance, and a stop that is quick."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from world import KARI_NUMBER

Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts the program over an empty instance."""
    with ExitStack() as stack:

        def start(*arguments: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "webapp", "serve", *arguments]
            variables = os.environ | {"EKSTERNSTUDIUM_INSTANCE": str(tmp_path)}
            pipe = subprocess.PIPE
            process = stack.enter_context(subprocess.Popen(command, env=variables, stdout=pipe, stderr=pipe, text=True))
            stack.callback(process.kill)
            return process

        yield start


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().split()[-1]


def test_it_listens_on_the_loopback_and_stops_at_once(serve: Serve) -> None:
    process = serve("--port", "0")
    address = address_of(process)
    assert address.startswith("http://127.0.0.1:")
    assert requests.get(address, timeout=10).status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_a_second_one_on_the_same_instance_is_refused(serve: Serve) -> None:
    address_of(serve("--port", "0"))
    _, complaint = (second := serve("--port", "0")).communicate(timeout=20)
    assert (second.returncode, complaint.count("\n")) == (2, 1)
    assert "kjører allerede for denne instansmappen" in complaint


def test_a_port_that_is_taken_is_one_sentence(serve: Serve, tmp_path: Path) -> None:
    port = address_of(serve("--port", "0")).rstrip("/").rpartition(":")[2]
    (tmp_path / "other").mkdir()
    variables = os.environ | {"EKSTERNSTUDIUM_INSTANCE": str(tmp_path / "other")}
    command = [sys.executable, "-m", "webapp", "serve", "--port", port]
    second = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=20, check=False)
    assert (second.returncode, second.stderr) == (2, f"Port {port} er i bruk. Velg en annen med --port.\n")


def test_the_log_has_every_request_and_no_number(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[monitoring]\nlogs = "json"\n', encoding="utf-8")
    process = serve("--port", "0")
    address = address_of(process)
    requests.post(address, data={"wanted": KARI_NUMBER}, timeout=10)
    requests.get(f"{address}people/{KARI_NUMBER}", timeout=10)
    process.send_signal(signal.SIGTERM)
    out, log = process.communicate(timeout=10)
    assert KARI_NUMBER not in out + log
    asked = [line["endpoint"] for line in map(json.loads, log.splitlines()) if "request" in line]
    assert asked == ["nowhere", "person.show"]
