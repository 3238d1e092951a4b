"""Files: a folder that holds everybody, and what may be wrong with the file that matters."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from stages import PATIENCE, Stage, Trouble
from webapp.config import Settings
from webapp.errors import SourceFailure
from webapp.model import Transcript
from webapp.source_settings import FileSettings
from webapp.sources.catalogue import open_source
from webapp.sources.elmo import write
from webapp.sources.http import BYTE_LIMIT
from world import NOW, UIO

OLD = NOW.timestamp()


class FileStage(Stage):
    """A folder with a file for each person; numbered, since a name tells of nobody."""

    failures: Mapping[Trouble, frozenset[SourceFailure]] = MappingProxyType(
        {
            # A FIFO that nobody writes to is never opened, so that nobody waits for it.
            Trouble.SILENT: frozenset({SourceFailure.UNSAFE}),
            # A file that is still being written is left for later, not waited for.
            Trouble.DRIPPING: frozenset({SourceFailure.UNAVAILABLE}),
        }
    )

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "files"
        self._beside = folder / "beside"
        self._folder.mkdir()
        self._beside.mkdir()
        self._held: tuple[Transcript, ...] = ()
        settings = FileSettings(institution=UIO, folder=Path("files"), complete=True, timeout_seconds=PATIENCE)
        self.source = open_source(settings, Settings(instance=folder), attempts=1)

    def holds(self, *transcripts: Transcript) -> None:
        self._held = transcripts
        for path in self._folder.iterdir():
            path.unlink()
        for place, each in enumerate(transcripts):
            self.put(f"{place}.xml", write(each, NOW))

    def put(self, name: str, content: bytes, changed: float = OLD) -> None:
        """Put a file into the folder at once, as one does that is careful."""
        path = self._beside / name
        path.write_bytes(content)
        os.utime(path, (changed, changed))
        path.rename(self._folder / name)

    def spoil(self, number: str) -> None:
        for path in self._folder.iterdir():
            content = path.read_bytes()
            if number.encode() in content:
                self.put(path.name, content[: content.index(number.encode()) + 20])

    def suffer(self, trouble: Trouble | None) -> None:
        if trouble is None:
            self._folder.unlink(missing_ok=True) if self._folder.is_symlink() else None
            self._folder.mkdir(exist_ok=True)
            self.holds(*self._held)
            return
        file = self._folder / "0.xml"
        content = file.read_bytes()
        file.unlink()
        match trouble:
            case Trouble.GONE:
                self._folder.rmdir()
            case Trouble.SILENT:
                os.mkfifo(file)
                os.utime(file, (OLD, OLD))
            case Trouble.DRIPPING:
                file.write_bytes(content[:200])
            case Trouble.RUBBISH:
                self.put("0.xml", b"<html><h1>Hei</h1></html>")
            case Trouble.CUT_OFF:
                self.put("0.xml", content[:-40])
            case Trouble.TOO_LARGE:
                self.put("0.xml", b" " * (BYTE_LIMIT + 1))
            case Trouble.UNSAFE:
                self.put("0.xml", b"<!DOCTYPE elmo>" + content[content.index(b"<elmo") :])
            case Trouble.REFUSED:
                (self._beside / "secret.xml").write_bytes(content)
                os.utime(self._beside / "secret.xml", (OLD, OLD))
                file.symlink_to(self._beside / "secret.xml")
            case Trouble.OVERLOADED:
                self.put("0.xml.part", content)
            case Trouble.BROKEN:
                self._folder.rmdir()
                self._folder.symlink_to(self._folder)

    def close(self) -> None:
        self.source.close()


def stage(folder: Path) -> Stage:
    """Opens the stage."""
    return FileStage(folder)
