"""`eksternstudium provide`: from a file to an address that answers, until it is told to stop."""

import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from webapp.cli import main
from webapp.institutions import REGISTER
from webapp.model import Basis, Outcome, Purpose, Question
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import read, write
from webapp.sources.elmo_pull import ElmoPull
from world import KARI_NUMBER, NOW, UIB, UIO, course, transcript

DOCUMENT = write(transcript(course("INF1000")), NOW)
QUESTION = Question((KARI_NUMBER,), Purpose.ADMISSION, Basis.CONSENT, str(uuid.uuid4()))
PROGRAM = Path(sys.executable).with_name("eksternstudium")
Provide = Callable[[Path], subprocess.Popen[str]]


@pytest.fixture
def provide() -> Iterator[Provide]:
    """Starts the program on a free port, out of sight of the instance folder."""
    started: list[subprocess.Popen[str]] = []

    def start(file: Path) -> subprocess.Popen[str]:
        command = [PROGRAM, "provide", file, "--port", "0"]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def address(process: subprocess.Popen[str]) -> str:
    """The address on the next line that the program prints."""
    assert process.stdout is not None
    found = re.fullmatch(r".+ deler resultater på (http://\S+)\n", process.stdout.readline())
    assert found is not None
    return found.group(1)


@pytest.fixture
def elmo_file(tmp_path: Path) -> Path:
    file = tmp_path / "kari.xml"
    file.write_bytes(DOCUMENT)
    return file


def test_an_elmo_file_is_fetched_as_it_is(provide: Provide, elmo_file: Path) -> None:
    source = ElmoPull(address(provide(elmo_file)), 10, seats=1)
    reply = source.look_up(QUESTION)
    assert (source.describe().institution, reply.payload) == (UIO, DOCUMENT)
    assert reply.transcript == read(DOCUMENT)
    source.close()


def test_a_shelf_serves_each_of_its_institutions(provide: Provide, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf.sqlite")
    for number in (UIB, UIO):
        shelf.add_institution(REGISTER[number])
    shelf.put(UIO, [KARI_NUMBER], DOCUMENT, etag="1")
    shelf.close()
    process = provide(tmp_path / "shelf.sqlite")
    sources = [ElmoPull(address(process), 10, seats=1) for _ in (UIB, UIO)]
    assert [source.look_up(QUESTION).outcome for source in sources] == [Outcome.NOTHING, Outcome.FOUND]
    for source in sources:
        source.close()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_well_when_told_to(provide: Provide, elmo_file: Path, sign: signal.Signals) -> None:
    process = provide(elmo_file)
    source = ElmoPull(address(process), 10, seats=1)
    source.describe()
    process.send_signal(sign)
    assert process.wait(5) == 0
    source.close()


def refused(*args: object) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    result = CliRunner().invoke(main, ["provide", *map(str, args)])
    return result.exit_code, result.stdout, result.stderr


def test_a_file_that_is_neither_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hei")
    status, out, error = refused(tmp_path / "notes.txt", "--port", 0)
    assert (status, out, error.count("\n")) == (2, "", 1)
    assert error.startswith("Filen er verken")


def test_an_absent_file_is_one_sentence(tmp_path: Path) -> None:
    assert refused(tmp_path / "absent", "--port", 0)[2].startswith(f"Filen {tmp_path / 'absent'} lar seg ikke")


def test_an_elmo_file_without_institution_asks_for_one(tmp_path: Path) -> None:
    (tmp_path / "kari.xml").write_bytes(re.sub(rb"<report>.*</report>", b"", DOCUMENT))
    status, _, error = refused(tmp_path / "kari.xml", "--port", 0)
    assert (status, "--institution NUMBER" in error) == (2, True)


def test_a_port_in_use_is_one_sentence(elmo_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, error = refused(elmo_file, "--port", port)
    assert (status, out) == (2, "")
    assert error == f"Port {port} er i bruk. Velg en annen med --port.\n"
