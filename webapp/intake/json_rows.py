"""JSON: the objects of an array or of lines, one by one, in memory that does not grow with the file."""

import json
from collections.abc import Iterator
from typing import TextIO

from webapp.errors import Refusal
from webapp.intake.columns import Columns
from webapp.intake.complaints import quoted
from webapp.model import Complaint

_CHUNK = 1 << 16
#: An object of more characters is none of ours.
LONGEST_OBJECT = 1 << 20


def json_rows(text: TextIO, columns: Columns) -> Iterator[tuple[int, dict[str, str]] | Complaint]:
    """Each object as its number in the file, from 1, and the record's fields, or what is wrong with it. Raises
    Refusal where the file is not JSON."""
    for place, found in enumerate(_Objects(text).values(), 1):
        try:
            yield place, _fields(found, columns)
        except Refusal as refusal:
            yield Complaint(place, "", refusal.sentence, refusal.values)


def _fields(found: object, columns: Columns) -> dict[str, str]:
    if not isinstance(found, dict):
        raise Refusal("Dette er ikke et objekt. Filen skal være en liste av objekter, eller ett objekt på hver linje.")
    for name in found:
        if name not in columns.fields:
            allowed = ", ".join(columns.fields)
            raise Refusal("«%(name)s» er ukjent. Navnene kan være: %(allowed)s.", name=quoted(name), allowed=allowed)
    for name in columns.needed:
        if name not in found:
            raise Refusal("«%(name)s» mangler.", name=name)
    return {columns.fields[name]: _text(name, value) for name, value in found.items()}


def _text(name: str, value: object) -> str:
    """A value as a cell of a file would have it."""
    match value:
        case None:
            return ""
        case bool():
            return "J" if value else "N"
        case str():
            return value
        case int():
            return str(value)
        case list() if all(isinstance(each, str) for each in value):
            return " ".join(value)
    raise Refusal("«%(name)s» skal være tekst.", name=name)


class _Objects:
    """A text that is read on as its values are asked for."""

    def __init__(self, text: TextIO) -> None:
        self._file = text
        self._rest, self._at, self._line = "", 0, 1

    def values(self) -> Iterator[object]:
        """The values of an array, or those that stand one after another."""
        if self._next() != "[":
            while self._next():
                yield self._value()
            return
        self._at += 1
        if self._next() != "]":
            yield self._value()
            while self._next() == ",":
                self._at += 1
                yield self._value()
        if self._next() != "]":
            raise self._refusal()
        self._at += 1
        if self._next():
            raise self._refusal()

    def _next(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            while self._at < len(self._rest):
                if not (character := self._rest[self._at]).isspace():
                    return character
                self._at += 1
            if not self._more():
                return ""

    def _value(self) -> object:
        self._next()
        while True:
            try:
                value, self._at = json.JSONDecoder().raw_decode(self._rest, self._at)
            except (ValueError, RecursionError) as wrong:
                if len(self._rest) - self._at > LONGEST_OBJECT or not self._more():
                    raise self._refusal() from wrong
            else:
                return value

    def _more(self) -> bool:
        """Read on, and forget what was read before."""
        chunk = self._file.read(_CHUNK)
        self._line += self._rest.count("\n", 0, self._at)
        self._rest, self._at = self._rest[self._at :] + chunk, 0
        return bool(chunk)

    def _refusal(self) -> Refusal:
        line = self._line + self._rest.count("\n", 0, self._at)
        return Refusal("Filen er ikke gyldig JSON fra linje %(line)d.", line=line)
