"""Answers about many people: JSON lines, made while they are sent."""

import gzip
import json
import re
from collections.abc import Iterator

from webapp.provider.decisions import Decision, Said
from webapp.provider.questions import PersonAsked
from webapp.provider.shelf import Shelf

#: Lines are sent in pieces of about this size: one of its own for each would cost more than the line.
PIECE_CHARACTERS = 16_000
_ENCODING = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_BOMS = (b"\xff\xfe", b"\xfe\xff")


def lines(shelf: Shelf, people: list[PersonAsked], decisions: list[Decision]) -> Iterator[str]:
    """A line for each of the people with what was decided, several at a time."""
    piece, size = [], 0
    for person, decision in zip(people, decisions, strict=True):
        line = json.dumps({"ref": person.ref, **_told(shelf, decision, person.etag)})
        piece.append(line + "\n")
        size += len(line)
        if size > PIECE_CHARACTERS:
            yield "".join(piece)
            piece, size = [], 0
    yield "".join(piece)


def _told(shelf: Shelf, decision: Decision, etag: str | None) -> dict[str, str]:
    entry = decision.entry
    if entry is None:
        return {"status": "no-consent" if decision.said is Said.NO_CONSENT else "nothing"}
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
