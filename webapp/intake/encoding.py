"""Whether a file is text at all, and in which encoding."""

import codecs
import re
import zipfile
from pathlib import Path

from webapp.errors import Refusal

UTF_8, WINDOWS = "utf-8-sig", "cp1252"
_CHUNK_BYTES = 1 << 16
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Bytes that no text file has, and those that Windows-1252 gives no meaning.
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def encoding_of(path: Path) -> str:
    """UTF-8 or Windows-1252, read through once. Raises Refusal when the file is neither, with what to do instead."""
    with path.open("rb") as file:
        _refuse_other_kinds(path, file.read(8))
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        encoding, beyond_ascii, chunk = UTF_8, False, b" "
        while chunk:
            chunk = file.read(_CHUNK_BYTES)
            if _BINARY.search(chunk):
                raise Refusal("Filen er ikke en tekstfil. Lagre den som «CSV UTF-8 (semikolondelt)», og prøv igjen.")
            if encoding == UTF_8:
                try:
                    beyond_ascii |= not decoder.decode(chunk, final=not chunk).isascii()
                except UnicodeDecodeError as wrong:
                    # A file that was UTF-8 so far, or says that it is, has been put together from two.
                    if beyond_ascii or not wrong.object[: wrong.start].isascii():
                        raise _mixed() from wrong
                    encoding = WINDOWS
            if encoding == WINDOWS and _UNDEFINED.search(chunk):
                raise Refusal("Tegnsettet i filen er ukjent. Lagre den som UTF-8, og prøv igjen.")
    return encoding


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    if not head:
        raise Refusal("Filen er tom.")
    if head.startswith(_OLD_EXCEL) or _is_new_excel(path):
        raise Refusal(
            "Dette er en Excel-fil, hva den enn heter. Åpne den i Excel, velg «Lagre som» og "
            "«CSV UTF-8 (semikolondelt)», og les inn den filen."
        )
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        raise Refusal("Filen er pakket (ZIP eller GZIP). Pakk den ut, og les inn filen som er inni.")
    if head.startswith(_UTF_16):
        raise Refusal("Filen er lagret som UTF-16. Lagre den som UTF-8, og prøv igjen.")


def _is_new_excel(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as packed:
        return any(name.startswith("xl/") for name in packed.namelist())


def _mixed() -> Refusal:
    return Refusal("Filen blander tegnsett: noe er UTF-8, og noe er ikke. Lagre hele filen som UTF-8, og prøv igjen.")
