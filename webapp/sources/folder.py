"""A folder that an institution puts files into: what is in it, and about whom. Nothing but plain files is opened."""

import os
import re
import stat
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from webapp.errors import SourceError, SourceFailure, UnreadableElmo
from webapp.model import Learner, Signature
from webapp.sources.elmo import read, unwrapped
from webapp.sources.http import BYTE_LIMIT

#: A file that was changed within the last seconds may be half written.
SETTLED_SECONDS = 2.0
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
#: The folder is looked through again after this many seconds, or at once when something came or went.
FRESH_SECONDS = 0.5
#: A folder's own time is coarse: what was changed this short ago may change once more without another time.
COARSE_SECONDS = 0.1
#: How far into a file that cannot be read is looked for a number, so that its person is not told "no file".
HEAD_BYTES = 65_536
_NUMBER = re.compile(rb"(?<!\d)\d{11}(?!\d)")


@dataclass(frozen=True)
class FolderFile:
    """A file of the folder. `payload`: hash (SHA-256, hexadecimal) of the document in it, with its `signature`.
    `failure`: why it cannot be read, None when it can; `waits`: it may be half written, and has not been read."""

    name: str
    changed_at: datetime
    size: int
    learner: Learner = field(default_factory=Learner)
    numbers: tuple[str, ...] = ()
    payload: str | None = None
    signature: Signature | None = None
    failure: SourceFailure | None = None
    waits: bool = False


#: What tells whether a file is as it was: inode, size, time of the contents and of the file.
_Marks = tuple[int, int, int, int]


class Folder:
    """The files of a folder, and the latest about each number. Several threads may share it.

    A file is read when it has come or was changed; what was learnt of it is kept in memory. `check`: what the signature
    of a document is worth.
    """

    def __init__(self, path: Path, check: Callable[[bytes], Signature]) -> None:
        self._path = path
        self._check = check
        self._lock = threading.Lock()
        self._known: dict[str, tuple[_Marks, FolderFile]] = {}
        self._by_number: Mapping[str, FolderFile] = {}
        self._scanned = 0.0
        self._folder_mark = 0

    def files(self, ends: float | None = None) -> Sequence[FolderFile]:
        """The files as they are now, the newest first. `ends`: the instant (time.monotonic) until which it may take.

        Raises SourceError when the folder cannot be read, and TIMEOUT when that takes too long; what was learnt until
        then is kept.
        """
        with self._lock:
            self._look_through(ends)
            return sorted((file for _, file in self._known.values()), key=_age)

    def newest(self, numbers: Iterable[str], ends: float | None = None) -> FolderFile | None:
        """The newest file about somebody with one of these numbers, or None. Raises as `files`."""
        with self._lock:
            self._look_through(ends)
            found = [self._by_number[number] for number in numbers if number in self._by_number]
            return min(found, key=_age, default=None)

    def content(self, name: str) -> bytes:
        """What is in a file. Raises SourceError: FORBIDDEN for a link out of the folder, UNSAFE for what is no plain
        file, TOO_LARGE, NOT_FOUND when it has gone."""
        try:
            inside = self._path.resolve(strict=True)
            path = (inside / name).resolve(strict=True)
            if path.parent != inside:
                raise SourceError(SourceFailure.FORBIDDEN, "a link that leads out of the folder")
            # A FIFO would be waited for, and a device do as it likes: neither is opened for good.
            opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
            with closing(os.fdopen(opened, "rb")) as file:
                found = os.fstat(opened)
                if not stat.S_ISREG(found.st_mode):
                    raise SourceError(SourceFailure.UNSAFE, "not a plain file")
                if found.st_size > BYTE_LIMIT:
                    raise SourceError(SourceFailure.TOO_LARGE, f"more than {BYTE_LIMIT} bytes")
                return file.read(BYTE_LIMIT + 1)
        except OSError as error:
            raise _failed(error) from None

    def _look_through(self, ends: float | None) -> None:
        try:
            mark = self._path.stat().st_mtime_ns
            now = time.time()
            settled = now - mark / 1e9 > COARSE_SECONDS
            if settled and mark == self._folder_mark and now - self._scanned < FRESH_SECONDS:
                return
            with os.scandir(self._path) as entries:
                found = {entry.name: entry for entry in entries if not entry.name.startswith(".")}
        except OSError as error:
            raise _failed(error) from None
        self._known = {name: known for name, known in self._known.items() if name in found}
        for name, entry in found.items():
            if ends is not None and time.monotonic() > ends:
                self._index()
                raise SourceError(SourceFailure.TIMEOUT, "the folder has more new files than can be read in time")
            self._take(name, entry, now)
        self._index()
        self._scanned, self._folder_mark = now, mark

    def _take(self, name: str, entry: os.DirEntry[str], now: float) -> None:
        try:
            if entry.is_dir():
                return
            about = entry.stat()
        except FileNotFoundError:
            # It has gone in the meantime, or is a link to nothing, which is not let in either.
            self._known.pop(name, None)
            if not entry.is_symlink():
                return
            about = entry.stat(follow_symlinks=False)
        marks = (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
        known = self._known.get(name)
        if known is not None and known[0] == marks and not known[1].waits:
            return
        file = FolderFile(name, datetime.fromtimestamp(about.st_mtime, UTC), about.st_size)
        waits = name.endswith(UNFINISHED) or 0 <= now - about.st_mtime < SETTLED_SECONDS
        self._known[name] = marks, replace(file, waits=True) if waits else self._read(file)

    def _read(self, file: FolderFile) -> FolderFile:
        body = b""
        try:
            body = self.content(file.name)
            payload = unwrapped(body)
            learner = read(payload).learner
        except SourceError as error:
            return _unreadable(file, error.failure, body or self._head(file.name, error.failure))
        except UnreadableElmo as error:
            return _unreadable(file, SourceFailure.UNSAFE if error.unsafe else SourceFailure.NOT_UNDERSTOOD, body)
        return replace(
            file,
            learner=learner,
            numbers=learner.national_identifiers,
            payload=sha256(payload).hexdigest(),
            signature=self._check(payload),
        )

    def _head(self, name: str, failure: SourceFailure) -> bytes:
        """The beginning of a file that is too large to be read."""
        if failure is not SourceFailure.TOO_LARGE:
            return b""
        with (self._path / name).open("rb") as file:
            return file.read(HEAD_BYTES)

    def _index(self) -> None:
        """Of each number the newest file; one that waits does not count yet."""
        by_number: dict[str, FolderFile] = {}
        for file in sorted((file for _, file in self._known.values()), key=_age, reverse=True):
            by_number.update(dict.fromkeys(file.numbers, file))
        self._by_number = by_number


def _age(file: FolderFile) -> tuple[float, str]:
    return -file.changed_at.timestamp(), file.name


def _unreadable(file: FolderFile, failure: SourceFailure, body: bytes) -> FolderFile:
    numbers = tuple({found.decode() for found in _NUMBER.findall(body[:HEAD_BYTES])})
    return replace(file, numbers=numbers, failure=failure)


def _failed(error: OSError) -> SourceError:
    """The text of an OSError holds the file's name, and that may be a number: it is not told."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return SourceError(SourceFailure.NOT_FOUND, "the folder or file is not there")
    if isinstance(error, PermissionError):
        return SourceError(SourceFailure.FORBIDDEN, "the folder or file may not be read")
    return SourceError(SourceFailure.UNAVAILABLE, f"the folder or file cannot be read: error {error.errno}")
