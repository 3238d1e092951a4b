"""No identity number where others than caseworkers look: a plugin that collects those places during the whole suite.

Log records, addresses that our applications answered, pages of errors, addresses led on to, names of files sent and
kept, and e-mails. What is found fails the suite at its end, with the test that it came from; a browser's or another
program's own process is not seen into.
"""

import logging
import os
import re
import smtplib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request, request_finished

from webapp.errors import Refusal
from webapp.identity import parse

#: Digits that are a part of a longer number, a word, or the decimals of one are no identity number.
_ELEVEN = re.compile(r"(?<![^\W_])(?<!\d[.,])\d{6}[ .\u00a0-]?\d{5}(?![^\W_])", re.ASCII)
#: An answer of this status was refused: the number in its address is the asker's doing, and the page tells so.
_REFUSED = 400
#: Pages of errors that hold a number, and why they may.
MAY_HOLD = {
    "search.register": "the form of somebody new is shown again, with the number that was typed and not sent on"
}
_FOUND: list[str] = []
_OF_EVERY_RECORD = vars(logging.makeLogRecord({})).keys()


def numbers_in(text: str) -> list[str]:
    """What in a text is a valid identity number, of whatever kind."""
    return [found for found in _ELEVEN.findall(text) if _is_valid(found)]


def _is_valid(digits: str) -> bool:
    try:
        parse(digits)
    except Refusal:
        return False
    return True


def look(place: str, text: str, found: list[str] = _FOUND) -> None:
    """Remember a number in a text, with the place and the test at hand; the number itself is not told on."""
    if numbers := numbers_in(text):
        begin = max(0, text.index(numbers[0]) - 80)
        shown = _ELEVEN.sub("[number]", text[begin:])
        found.append(f"{place}: {shown[:160]} ({os.environ.get('PYTEST_CURRENT_TEST', 'outside a test')})")


class Watching(logging.Handler):
    """Looks at every log record, with its exception and the facts beside its words."""

    def __init__(self, found: list[str] = _FOUND) -> None:
        super().__init__(logging.NOTSET)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        facts = {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
        look(f"log of {record.name}", f"{self.format(record)} {facts}", self._found)


def watch_answer(sender: Flask, response: Response, found: list[str] = _FOUND, **_: Any) -> None:
    """Look at a request that was answered, and at what of the answer travels further than its page."""
    name = f"{sender.name}, {request.endpoint}"
    if response.status_code < _REFUSED:
        look(f"address of {name}", request.full_path, found)
    elif request.endpoint not in MAY_HOLD and not response.direct_passthrough and not response.is_streamed:
        look(f"error {response.status_code} of {name}", response.get_data(as_text=True), found)
    for header in ("Content-Disposition", "Location", "HX-Redirect", "HX-Push-Url"):
        look(f"{header} of {name}", response.headers.get(header, ""), found)


def look_at_names(folder: Path, found: list[str] = _FOUND) -> None:
    """Look at the names of all that lies in the instance folders below a folder."""
    for instance in {database.parent for database in folder.rglob("eksternstudium.sqlite")}:
        for path in instance.rglob("*"):
            look("file", str(path.relative_to(instance)), found)


@pytest.fixture(scope="session", autouse=True)
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Watches from the first test to the last, and fails after it."""
    handler = Watching()
    logging.getLogger().addHandler(handler)
    # What serve and run log is looked at too, which a test alone would not log.
    logging.getLogger("webapp").setLevel(logging.INFO)
    request_finished.connect(watch_answer)
    patch = pytest.MonkeyPatch()
    patch.setattr(smtplib.SMTP, "sendmail", _watched_mail(smtplib.SMTP.sendmail))
    yield
    patch.undo()
    request_finished.disconnect(watch_answer)
    logging.getLogger().removeHandler(handler)
    look_at_names(tmp_path_factory.getbasetemp())
    assert not _FOUND, "identity numbers stand where they must not:\n" + "\n".join(_FOUND)


def _watched_mail(send: Any) -> Any:
    def sendmail(self: smtplib.SMTP, sender: str, to: Any, message: Any, *more: Any, **others: Any) -> Any:
        look("e-mail", message if isinstance(message, str) else bytes(message).decode("utf-8", "replace"))
        return send(self, sender, to, message, *more, **others)

    return sendmail
