"""EMREX: nobody is asked, so the journey is played: the registry is read, and the portal's form comes back."""

import base64
from collections.abc import Generator, Mapping
from pathlib import Path
from types import MappingProxyType

from flask import Flask, Response

from door import Door
from misbehaviours import DOCUMENT, Speech, answer, bomb, drips, says, says_nothing
from portal import catalogue, entry, keys, packed, signed
from stages import PATIENCE, Stage, Trouble
from webapp.config import Settings
from webapp.errors import SourceError, SourceFailure
from webapp.model import Description, Outcome, Question, Reply, Transcript
from webapp.source_settings import EmrexSettings
from webapp.sources.catalogue import open_source
from webapp.sources.elmo import write
from webapp.sources.emrex.receiving import received
from webapp.sources.emrex.register import Register
from webapp.store.answers import hash_of
from world import NOW

#: Trouble with the registry; all other is the portal's.
REGISTRY: Mapping[Trouble, Speech] = {
    Trouble.SILENT: says_nothing,
    Trouble.DRIPPING: drips(answer(b"<", length=99_999)),
    Trouble.REFUSED: says(answer(b"<p>Nei</p>", 403, "text/html")),
    Trouble.OVERLOADED: says(answer(b"<p>Nei</p>", 429, "text/html", Retry_After="7")),
}
SESSION = "0123456789abcdef0123456789abcdef"


class Journey:
    """A student's way to the portal and back, looked at as a source."""

    batch = 1

    def __init__(self, register: Register) -> None:
        self._register = register
        self.held: dict[str, bytes] = {}
        self.trouble: Trouble | None = None

    def look_up(self, question: Question) -> Reply:
        """The registry is read, and the portal that it names sends the student back. Each student is the first one:
        a registry that was read before would be remembered."""
        portal = self._register.look().portals[0]
        reply = received(self._form(question.identifiers), portal, NOW).reply
        if question.payload and reply.payload and hash_of(reply.payload) == question.payload:
            return Reply(Outcome.UNCHANGED)
        return reply

    def look_up_many(self, questions: Mapping[str, Question]) -> Generator[tuple[str, Reply | SourceError], None, None]:
        for ref, question in questions.items():
            try:
                yield ref, self.look_up(question)
            except SourceError as error:
                yield ref, error

    def prepare(self) -> int:
        return self._register.prepare()

    def describe(self) -> Description:
        return self._register.describe()

    def close(self) -> None:
        self._register.close()

    def _form(self, numbers: tuple[str, ...]) -> dict[str, str]:
        xml = next((self.held[number] for number in numbers if number in self.held), None)
        if self.trouble is Trouble.BROKEN:
            return {"sessionId": SESSION, "returnCode": "EMP_ERROR", "returnMessage": "Noe gikk galt"}
        if xml is None:
            return {"sessionId": SESSION, "returnCode": "NCP_NO_RESULTS"}
        return {"sessionId": SESSION, "returnCode": "EMP_OK", "elmo": self._elmo(xml)}

    def _elmo(self, xml: bytes) -> str:
        match self.trouble:
            case Trouble.RUBBISH:
                return base64.b64encode(b"<h1>Hei</h1>").decode()
            case Trouble.CUT_OFF:
                return packed(xml)[:-40]
            case Trouble.TOO_LARGE:
                return base64.b64encode(bomb()).decode()
            case Trouble.UNSAFE:
                return packed(b"<!DOCTYPE elmo>" + DOCUMENT[DOCUMENT.index(b"<elmo") :])
        return packed(xml)


class EmrexStage(Stage):
    """A portal whose students are everybody, and its registry over HTTP."""

    #: A document is opened in one place, whatever brings it, and that refuses a bomb as all else that is not let in.
    failures = MappingProxyType({Trouble.TOO_LARGE: frozenset({SourceFailure.UNSAFE})})

    def __init__(self, folder: Path) -> None:
        app = Flask("registry")
        app.add_url_rule(
            "/", view_func=lambda: Response(catalogue(entry("https://portal.example/init")), mimetype="text/xml")
        )
        self._door = Door(app)
        settings = EmrexSettings(institution=99, registry=self._door.url, timeout_seconds=PATIENCE)
        register = open_source(settings, Settings(instance=folder), attempts=1)
        assert isinstance(register, Register)
        self.source = self._journey = Journey(register)

    def holds(self, *transcripts: Transcript) -> None:
        self._journey.held = {
            number: signed(write(each, NOW), keys())
            for each in transcripts
            for number in each.learner.national_identifiers
        }

    def spoil(self, number: str) -> None:
        self._journey.held[number] = b"<elmo>"

    def suffer(self, trouble: Trouble | None) -> None:
        self._journey.trouble = trouble
        self._door.speech = REGISTRY.get(trouble) if trouble else None
        if trouble is Trouble.GONE:
            self._door.shut()
        elif trouble is None:
            self._door.open_again()

    def close(self) -> None:
        self._journey.close()
        self._door.close()


def stage(folder: Path) -> Stage:
    """Opens the stage."""
    return EmrexStage(folder)
