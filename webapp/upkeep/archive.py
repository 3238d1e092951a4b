"""The one file of a backup: a gzipped tar, its manifest first, that may be encrypted with age. Any tar and age open it.

What comes out of such a file is believed only as far as the manifest's hashes go, and lands below one folder.
"""

import gzip
import hashlib
import io
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Literal

import pyrage
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pyrage import x25519

from webapp.disk import for_us_alone
from webapp.errors import Refusal

MANIFEST = "manifest.json"
_AGE = b"age-encryption.org/"
_GZIP = b"\x1f\x8b"
#: A manifest that is larger is none of ours.
_MOST_MANIFEST_BYTES = 4 * 1024**2
#: Level 1 takes a third of the time of the usual 6, for a file that is a tenth larger.
_COMPRESSION = 1
_BLOCK = 1024**2


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or str(path) != name:
        raise ValueError("not a name below a folder")
    return name


class Packed(BaseModel):
    """A file in the backup: its name below the instance folder, its size and hash."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, AfterValidator(_inside)]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Trace(BaseModel):
    """How far the trace was whole: its last entry's number and hash, and what was wrong with it, if anything was."""

    model_config = ConfigDict(frozen=True)

    entries: int
    head: str
    fault: str | None = None


class Manifest(BaseModel):
    """What a backup holds. `steps` and `counts`: the steps of the schema, and the rows of each table; `left_out`: files
    that the instance needs and that are not here."""

    model_config = ConfigDict(frozen=True)

    format: Literal["eksternstudium-backup/1"] = "eksternstudium-backup/1"
    made_at: datetime
    program: str
    steps: tuple[str, ...]
    counts: Mapping[str, int]
    trace: Trace
    files: tuple[Packed, ...]
    left_out: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of all that is in it, unpacked."""
        return sum(each.bytes for each in self.files)


def packed(name: str, path: Path) -> Packed:
    """A file as the manifest has it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Packed(name=name, bytes=file.tell(), sha256=digest)


def pack(manifest: Manifest, files: Mapping[str, Path], into: Path) -> None:
    """Write the files of a manifest, by their names, into a new archive. Raises OSError."""
    with (
        open(into, "xb", opener=for_us_alone) as raw,
        gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|") as tar,
    ):
        said = manifest.model_dump_json(indent=1).encode()
        tar.addfile(_head(MANIFEST, len(said), manifest.made_at), io.BytesIO(said))
        for each in manifest.files:
            with files[each.name].open("rb") as file:
                tar.addfile(_head(each.name, each.bytes, manifest.made_at), file)


def encrypt(archive: Path, into: Path, recipients: Sequence[str]) -> None:
    """Encrypt an archive to those who have the keys to these, into a new file. Raises OSError."""
    keys = [x25519.Recipient.from_str(each) for each in recipients]
    with archive.open("rb") as clear, open(into, "xb", opener=for_us_alone) as file:
        try:
            pyrage.encrypt_io(clear, file, keys)
        except pyrage.EncryptError as wrong:  # the words of an OSError
            raise OSError(str(wrong)) from wrong


def is_encrypted(file: Path) -> bool:
    """Whether it takes a key to read a file. Raises Refusal when it is no backup at all."""
    with file.open("rb") as opened:
        begin = opened.read(len(_AGE))
    if begin == _AGE or begin.startswith(_GZIP):
        return begin == _AGE
    raise Refusal("%(file)s er ikke en sikkerhetskopi fra Eksternstudium.", file=file.name)


def decrypt(file: Path, into: Path, identities: Sequence[str]) -> None:
    """Decrypt a file with one of these secret keys, into a new one.

    Raises Refusal when none of them opens it, or when it is damaged; OSError when `into` cannot be written.
    """
    keys = [x25519.Identity.from_str(each) for each in identities]
    with file.open("rb") as sealed, open(into, "xb", opener=for_us_alone) as clear:
        try:
            pyrage.decrypt_io(sealed, clear, keys)
        except pyrage.DecryptError as wrong:
            raise Refusal("Nøkkelen åpner ikke %(file)s. Er det nøkkelen til en annen?", file=file.name) from wrong
        except OSError as wrong:
            if wrong.errno is not None:
                raise
            raise _damaged(file) from wrong


def identities_in(file: Path) -> Sequence[str]:
    """The secret keys in a file as age-keygen writes it. Raises Refusal when there are none."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        found = [line for line in lines if line and not line.startswith("#")]
        for each in found:
            x25519.Identity.from_str(each)
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as wrong:
        raise Refusal("%(file)s er ikke en fil med hemmelige age-nøkler.", file=file.name) from wrong
    if not found:
        raise Refusal("%(file)s er ikke en fil med hemmelige age-nøkler.", file=file.name)
    return found


def manifest_of(archive: Path) -> Manifest:
    """What an archive says that it holds. Raises Refusal when it is no backup, or is damaged."""
    with _opened(archive) as (tar, _):
        return _manifest(tar)


def unpack(archive: Path, folder: Path | None) -> Manifest:
    """Read the whole archive and compare it with its manifest; with a folder, put the files there, for us alone.

    Raises Refusal when it is damaged or holds anything else than the manifest says; OSError when the folder cannot be
    written.
    """
    with _opened(archive) as (tar, zipped):
        manifest = _manifest(tar)
        missing = {each.name: each for each in manifest.files}
        while member := tar.next():
            expected = missing.pop(member.name, None)
            content = tar.extractfile(member) if member.isreg() else None
            if expected is None or content is None or member.size != expected.bytes:
                raise _damaged(archive)
            if _read(content, folder / member.name if folder else None) != expected.sha256:
                raise _damaged(archive)
        if missing:
            raise _damaged(archive)
        while zipped.read(_BLOCK):  # to its end, where gzip has a checksum of all
            pass
    return manifest


def _read(content: IO[bytes], into: Path | None) -> str:
    """Read a file in the archive to its end, and perhaps write it; returns its hash."""
    digest = hashlib.sha256()
    if into is None:
        while block := content.read(_BLOCK):
            digest.update(block)
        return digest.hexdigest()
    into.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(into, "xb", opener=for_us_alone) as file:
        shutil.copyfileobj(content, file, _BLOCK)
    with into.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(tar: tarfile.TarFile) -> Manifest:
    member = tar.next()
    content = tar.extractfile(member) if member and member.name == MANIFEST and member.isreg() else None
    if member is None or content is None or member.size > _MOST_MANIFEST_BYTES:
        raise _damaged(Path(str(tar.name or "")))
    try:
        return Manifest.model_validate_json(content.read())
    except ValidationError as wrong:
        raise Refusal("Sikkerhetskopien har et format som denne versjonen ikke kan lese. Bruk en nyere.") from wrong


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[tarfile.TarFile, gzip.GzipFile]]:
    try:
        with gzip.open(archive, "rb") as zipped, tarfile.open(archive.name, "r|", zipped) as tar:
            yield tar, zipped
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as wrong:
        raise _damaged(archive) from wrong


def _head(name: str, size: int, made_at: datetime) -> tarfile.TarInfo:
    head = tarfile.TarInfo(name)
    head.size, head.mode, head.mtime = size, 0o600, int(made_at.timestamp())
    return head


def _damaged(file: Path) -> Refusal:
    return Refusal(
        "Sikkerhetskopien %(file)s er skadet: innholdet er ikke det som ble lagret. Bruk en annen.", file=file.name
    )
