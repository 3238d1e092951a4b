"""FS GraphQL: the demo's FS over HTTP, and before it a door at which trouble may stand."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask, Response

from door import Door
from misbehaviours import Speech, answer, drips, ends_after, floods, says, says_nothing
from stages import PATIENCE, Stage, Trouble
from webapp.config import Settings
from webapp.demo.fs import Conduct, create_fs_server
from webapp.institutions import REGISTER
from webapp.model import Transcript
from webapp.provider.shelf import Shelf
from webapp.source_settings import FsGraphqlSettings
from webapp.sources.catalogue import open_source
from webapp.sources.elmo import meaning_digest, write
from world import NOW, UIO

#: Smaller than what the contract holds of one person, so that there are pages.
_PAGE = 2
_JSON = "application/json"
_SAID = b'{"data":{"studenterGittFodselsnumre":[]}}'


SPEECHES: dict[Trouble, Speech] = {
    Trouble.SILENT: says_nothing,
    Trouble.DRIPPING: drips(answer(b"{", length=99_999, media_type=_JSON)),
    Trouble.RUBBISH: says(answer(b"<h1>Hei</h1>", media_type="text/html")),
    Trouble.CUT_OFF: ends_after(answer(_SAID[:-10], length=len(_SAID), media_type=_JSON)),
    Trouble.TOO_LARGE: floods(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b" " * 1_000_000),
    Trouble.UNSAFE: says(answer(b"[" * 200_000, media_type=_JSON)),
    Trouble.REFUSED: says(answer(b'{"errors":[]}', 403, _JSON)),
    Trouble.OVERLOADED: says(answer(b"", 429, _JSON, Retry_After="7")),
    Trouble.BROKEN: says(answer(b"", 500, _JSON)),
}


class FsGraphqlStage(Stage):
    """The demo's FS, with a shelf of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shelves = 0
        self._spoilt: set[str] = set()
        self._shelf = self._new_shelf()
        self._app = create_fs_server(self._shelf, Conduct(page=_PAGE))
        _spoils(self._app, self._spoilt)
        self._door = Door(self._app)
        settings = FsGraphqlSettings(institution=UIO, url=f"{self._door.url}/{UIO}/graphql", timeout_seconds=PATIENCE)
        self.source = open_source(settings, Settings(instance=folder), attempts=1)

    def _new_shelf(self) -> Shelf:
        self._shelves += 1
        shelf = Shelf(self._folder / f"shelf-{self._shelves}.sqlite")
        shelf.add_institution(REGISTER[UIO])
        return shelf

    def holds(self, *transcripts: Transcript) -> None:
        self._shelf.close()
        self._spoilt.clear()
        self._shelf = self._app.extensions["fs"].shelf = self._new_shelf()
        for each in transcripts:
            self._shelf.put(UIO, each.learner.national_identifiers, write(each, NOW), etag=meaning_digest(each))

    def spoil(self, number: str) -> None:
        self._spoilt.add(number)

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


def _spoils(app: Flask, spoilt: Iterable[str]) -> None:
    """Puts nonsense in the place of the results of some, which no server that keeps to its schema would."""

    @app.after_request
    def spoil(response: Response) -> Response:
        said = json.loads(response.get_data())
        students: list[Any] = (said.get("data") or {}).get("studenterGittFodselsnumre") or []
        for student in students:
            if (student.get("personProfil") or {}).get("fodselsnummer") in spoilt:
                student["resultaterV2"]["nodes"] = ["tull"]
        response.set_data(json.dumps(said))
        return response


def stage(folder: Path) -> Stage:
    """Opens the stage."""
    return FsGraphqlStage(folder)
