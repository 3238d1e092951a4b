"""An instance for `eksternstudium run`, and the program in processes of their own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest

from run_instance import APPLICATIONS, LIN_NUMBER, RunWorld
from serving import served
from webapp.config import Settings
from webapp.identity import parse
from webapp.model import Admission, Institution, Season
from webapp.provider import create_provider
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import meaning_digest, write
from webapp.store import Store, people
from webapp.store.admissions import remember_admission
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO, UIT, bachelor, course, transcript

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunWorld]:
    shelf = Shelf(tmp_path / "shelf.sqlite")
    for number, shares in ((UIO, True), (UIB, True), (UIT, False)):
        shelf.add_institution(Institution(number, {"nb": f"Institusjon {number}"}), exchanges=shares)
    said = transcript(bachelor(), course("MAT1100", parent=0))
    shelf.put(UIO, [KARI_NUMBER], write(said, NOW), etag=meaning_digest(said))
    answering, asked = Event(), Event()
    answering.set()
    app = create_provider(shelf)
    inner: Callable[..., object] = app.wsgi_app

    def at_leisure(environ: dict[str, str], start_response: object) -> object:
        if environ["REQUEST_METHOD"] == "POST":
            asked.set()
            answering.wait(30)
        return inner(environ, start_response)

    app.wsgi_app = at_leisure  # type: ignore[method-assign, assignment]
    instance = tmp_path / "instance"
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(instance))
    with served(app) as url:
        store = Store(Settings(instance=instance).database)
        (instance / "sources.toml").write_text(
            "\n".join(
                f'[[source]]\ninstitution = {number}\nprotocol = "elmo-pull"\nurl = "{url}/{number}"\n'
                f"shares = {'true' if number != UIT else 'false'}\ntimeout_seconds = 60\n"
                for number in (UIO, UIB, UIT)
            )
        )
        with store.write() as db:
            remember_admission(db, Admission(2027, Season.AUTUMN, "NOM", processing_phase=True))
            remember_admission(db, Admission(2027, Season.SPRING, "LOK"))
            ids = {
                number: people.register(db, [parse(number)], given, "Nordmann", NOW)
                for number, given in ((KARI_NUMBER, "Kari"), (OLA_NUMBER, "Ola"), (LIN_NUMBER, "Lin"))
            }
            db["applications"].insert_all(
                {"applicant_number": n, "person_id": ids[number], "admission": admission, "consent_given_at": consent}
                for n, number, admission, consent in APPLICATIONS
            )
        yield RunWorld(instance, store, answering, asked)
        answering.set()
        store.close()
    shelf.close()


@pytest.fixture
def start(world: RunWorld) -> Iterator[Start]:
    """Starts the program over the instance of `world`."""
    with ExitStack() as stack:

        def start(*arguments: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "webapp", *arguments]
            pipe = subprocess.PIPE
            process = stack.enter_context(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True))
            stack.callback(process.kill)
            return process

        yield start
