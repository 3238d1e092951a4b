"""A single ELMO file as a shelf: shared as it is, found by the identity numbers in it."""

import base64
import gzip

from webapp.errors import Refusal, UnreadableElmo
from webapp.model import Institution, Transcript
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import meaning_digest, read

_NO_NUMBER = "Filen sier ikke hvilken institusjon den er fra. Oppgi institusjonsnummeret med --institution NUMBER."
_NO_PERSON = "Filen har ikke noe fødselsnummer, så ingen kan spørre etter det som står i den."
_GZIP_MAGIC = b"\x1f\x8b"


def put_file(shelf: Shelf, data: bytes, institution: int | None = None) -> None:
    """Puts an ELMO file on a shelf: XML, or the same in base64, with or without gzip.

    The institution is that of the first report, or `institution`. Raises Refusal with a Norwegian sentence.
    """
    try:
        transcript = read(data)
    except UnreadableElmo as error:
        raise Refusal(f"Filen er verken resultatdelerens egen eller en ELMO-fil. {error}") from None
    numbers = _identifiers(transcript)
    if not numbers:
        raise Refusal(_NO_PERSON)
    issuer = transcript.studies[0].institution if transcript.studies else Institution(None)
    number = institution or issuer.number
    if number is None:
        raise Refusal(_NO_NUMBER)
    if all(sharer.number != number for sharer in shelf.sharers()):
        # One that is there already keeps its switches.
        shelf.add_institution(Institution(number, issuer.name))
    shelf.put(number, numbers, _unwrapped(data), etag=meaning_digest(transcript))


def _identifiers(transcript: Transcript) -> list[str]:
    """Norwegian national identity numbers, with the leading zero that many a file has lost."""
    values = (i.value.strip() for i in transcript.learner.identifiers if i.type == "nationalIdentifier")
    return [value.zfill(11) for value in values if value.isascii() and value.isdigit() and len(value) in (10, 11)]


def _unwrapped(data: bytes) -> bytes:
    """The XML itself. That it can be unwrapped, and how large it gets, has been seen to by reading it."""
    if data.startswith(_GZIP_MAGIC):
        return _unwrapped(gzip.decompress(data))
    if data.lstrip()[:1] in (b"<", b"\xef", b"\xff", b"\xfe", b"\x00"):
        return data
    return _unwrapped(base64.b64decode(b"".join(data.split())))
