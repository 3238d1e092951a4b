"""Answers about many people: JSON lines, made while they are sent."""

import gzip
import json
import re
from collections.abc import Iterator

from webapp.provider.questions import PersonAsked
from webapp.provider.shelf import Entry, Sharer, Shelf

#: Lines are sent in pieces of about this size: one of its own for each would cost more than the line.
PIECE_CHARACTERS = 16_000
_ENCODING = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_BOMS = (b"\xff\xfe", b"\xfe\xff")


def lines(shelf: Shelf, sharer: Sharer, people: list[PersonAsked]) -> Iterator[str]:
    """A line for each of the people, several at a time."""
    numbers = [number for person in people for number in person.identifiers]
    entries = shelf.entries(sharer.number, numbers)
    piece, size = [], 0
    for person in people:
        entry = first_of(entries, person.identifiers)
        line = json.dumps({"ref": person.ref, **_said(shelf, sharer, entry, person.etag)})
        piece.append(line + "\n")
        size += len(line)
        if size > PIECE_CHARACTERS:
            yield "".join(piece)
            piece, size = [], 0
    yield "".join(piece)


def first_of(entries: dict[str, Entry], identifiers: list[str]) -> Entry | None:
    """The entry of the first number that has one: current numbers stand before former ones."""
    return next((entries[number] for number in identifiers if number in entries), None)


def _said(shelf: Shelf, sharer: Sharer, entry: Entry | None, etag: str | None) -> dict[str, str]:
    if entry is None:
        return {"status": "nothing"}
    if sharer.requires_consent and not entry.consent:
        return {"status": "no-consent"}
    if etag is not None and etag.removeprefix("W/").strip('"') == entry.etag:
        return {"status": "unchanged", "etag": entry.etag}
    document = gzip.decompress(shelf.compressed(entry))
    return {"status": "found", "etag": entry.etag, "elmo": text_of(document)}


def text_of(document: bytes) -> str:
    """An XML document as text, by the encoding that it declares (UTF-8 without any)."""
    if document.startswith(_BOMS):
        return document.decode("utf-16")
    declared = _ENCODING.match(document)
    encoding = declared.group(1).decode() if declared else "utf-8-sig"
    try:
        return document.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return document.decode("utf-8", errors="replace")
