"""ELMO pull: our own provider over HTTP, and before it a door at which trouble may stand."""

from pathlib import Path

from door import Door
from misbehaviours import DOCUMENT, Speech, answer, drips, ends_after, floods, says, says_nothing
from stages import PATIENCE, Stage, Trouble
from webapp.config import Settings
from webapp.institutions import REGISTER
from webapp.model import Transcript
from webapp.provider import create_provider
from webapp.provider.shelf import Shelf
from webapp.source_settings import ElmoPullSettings
from webapp.sources.catalogue import open_source
from webapp.sources.elmo import meaning_digest, write
from world import NOW, UIO

_BATCH = 2


def _answers(body: bytes, status: int = 200, media_type: str = "text/html", **more: str) -> Speech:
    """Says it, and that the connection ends there: the next question must not go the same way."""
    return says(answer(body, status, media_type, Connection="close", **more))


SPEECHES: dict[Trouble, Speech] = {
    Trouble.SILENT: says_nothing,
    Trouble.DRIPPING: drips(answer(b"<", length=99_999)),
    Trouble.RUBBISH: _answers(b"<h1>Hei</h1>"),
    Trouble.CUT_OFF: ends_after(answer(DOCUMENT[:-40], length=len(DOCUMENT))),
    Trouble.TOO_LARGE: floods(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n", b" " * 1_000_000),
    Trouble.UNSAFE: _answers(b"<!DOCTYPE elmo>" + DOCUMENT[DOCUMENT.index(b"<elmo") :], media_type="application/xml"),
    Trouble.REFUSED: _answers(b"<p>Nei</p>", 403),
    Trouble.OVERLOADED: _answers(b"<p>Nei</p>", 429, Retry_After="7"),
    Trouble.BROKEN: _answers(b"<p>Nei</p>", 500),
}


class ElmoPullStage(Stage):
    """The reference provider, with a shelf of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shelves = 0
        self._shelf = self._new_shelf()
        self._app = create_provider(self._shelf)
        self._door = Door(self._app)
        settings = ElmoPullSettings(institution=UIO, url=f"{self._door.url}/{UIO}", timeout_seconds=PATIENCE)
        self.source = open_source(settings, Settings(instance=folder), attempts=1)

    def _new_shelf(self) -> Shelf:
        self._shelves += 1
        shelf = Shelf(self._folder / f"shelf-{self._shelves}.sqlite")
        shelf.add_institution(REGISTER[UIO], batch=_BATCH)
        return shelf

    def holds(self, *transcripts: Transcript) -> None:
        self._shelf.close()
        self._shelf = self._app.extensions["shelf"] = self._new_shelf()
        for each in transcripts:
            self._shelf.put(UIO, each.learner.national_identifiers, write(each, NOW), etag=meaning_digest(each))

    def spoil(self, number: str) -> None:
        self._shelf.put(UIO, [number], b"<elmo>", etag="spoilt")

    def suffer(self, trouble: Trouble | None) -> None:
        self._door.speech = SPEECHES.get(trouble) if trouble else None
        if trouble is Trouble.GONE:
            self._door.shut()
        elif trouble is None:
            self._door.open_again()

    def close(self) -> None:
        self.source.close()
        self._door.close()
        self._shelf.close()


def stage(folder: Path) -> Stage:
    """Opens the stage."""
    return ElmoPullStage(folder)
