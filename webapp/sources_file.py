"""sources.toml, written by the program too: checked before it is replaced, and never over somebody else's change."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from webapp.checked_toml import TomlFile
from webapp.config import checked_sources
from webapp.errors import Refusal
from webapp.source_settings import SourceSettings
from webapp.sources_text import NAME, Sources, rewritten

#: Nobody holds the file for longer than a blink: who waits this long, in seconds, has met a lock that is broken.
LOCK_SECONDS = 10.0


@dataclass(frozen=True)
class BroughtIn:
    """What came of sources that were brought in: the institution numbers of those that were added, of those that
    replaced another, and of those that stood there already as they are."""

    added: tuple[int, ...] = ()
    replaced: tuple[int, ...] = ()
    unchanged: tuple[int, ...] = ()


class SourcesFile:
    """sources.toml of an instance folder.

    A `version` is that of the file over which a change was thought of, None for whatever stands there now. Whatever
    writes raises Refusal, and leaves the file as it was, when it has changed since, cannot be read or written, or would
    be wrong.
    """

    def __init__(self, instance: Path) -> None:
        # Where the file is a link, the link stays, and what it leads to is replaced.
        self._path = (instance / NAME).resolve()
        self._lock = FileLock(instance / f"{NAME}.lock", timeout=LOCK_SECONDS)

    @property
    def version(self) -> str:
        """A short hash of the file as it is now. Raises Refusal when it cannot be read."""
        return _version(self._read())

    def sources(self) -> Sources:
        """The sources as the file has them now. Raises Refusal when it is wrong."""
        return checked_sources(TomlFile(NAME, self._read()))

    def add(self, source: SourceSettings, version: str | None = None) -> None:
        """Add a source at the end. Raises Refusal when its institution has one."""

        def think(before: Sources) -> Sources:
            if any(each.institution == source.institution for each in before):
                raise Refusal(
                    "Institusjon %(number)d har en kilde fra før. Endre den i stedet.", number=source.institution
                )
            return (*before, source)

        self._rewrite(think, version)

    def change(self, source: SourceSettings, version: str | None = None) -> None:
        """Have the source of that institution be as this one. Raises Refusal when there is none."""
        self._rewrite(lambda before: _with(_known(before, source.institution), (source,)), version)

    def remove(self, institution: int, version: str | None = None) -> None:
        """Take a source out. Raises Refusal when there is none."""
        self._rewrite(
            lambda before: tuple(each for each in _known(before, institution) if each.institution != institution),
            version,
        )

    def bring_in(self, text: str) -> BroughtIn:
        """Take in the sources of another such file, all or none: those of institutions that have none are added, the
        others replace what stood there. Raises Refusal when either file is wrong."""
        brought = checked_sources(TomlFile(NAME, text))
        came: list[BroughtIn] = []

        def think(before: Sources) -> Sources:
            there = {source.institution: source for source in before}
            numbers = [(each.institution, there.get(each.institution), each) for each in brought]
            came.append(
                BroughtIn(
                    tuple(number for number, old, _ in numbers if old is None),
                    tuple(number for number, old, new in numbers if old is not None and old != new),
                    tuple(number for number, old, new in numbers if old == new),
                )
            )
            return _with(before, brought)

        self._rewrite(think, None)
        return came[0]

    def _rewrite(self, think: Callable[[Sources], Sources], version: str | None) -> None:
        try:
            with self._lock:
                content = self._read()
                if version is not None and version != _version(content):
                    raise Refusal(
                        "sources.toml er endret siden du åpnet siden. Se over det som står nå, og prøv igjen."
                    )
                before = checked_sources(TomlFile(NAME, content))
                wanted = think(before)
                if wanted != before:
                    self._replace(rewritten(content, before, wanted))
        except Timeout as wrong:
            raise Refusal("sources.toml er låst av en annen prosess. Prøv igjen om litt.") from wrong
        except OSError as wrong:
            raise _not_writable(wrong.strerror or "") from wrong

    def _read(self) -> str:
        try:
            return self._path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError as wrong:
            raise Refusal("sources.toml er ikke skrevet i UTF-8. Lagre filen på nytt som UTF-8.") from wrong
        except OSError as wrong:
            raise Refusal("sources.toml kan ikke leses: %(why)s.", why=wrong.strerror) from wrong

    def _replace(self, content: str) -> None:
        """Whoever reads meanwhile reads the old file or the new one, also where the machine stops in between."""
        mode = self._path.stat().st_mode & 0o7777 if self._path.exists() else None
        if mode is not None and not mode & 0o222:
            # The folder would let it be replaced; whoever took the right to write meant what they did.
            raise _not_writable("filen er skrivebeskyttet")
        new = self._path.with_name(f".{NAME}.new")
        try:
            with new.open("wb") as file:
                file.write(content.encode())
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                new.chmod(mode)
            new.replace(self._path)
        finally:
            new.unlink(missing_ok=True)


def _not_writable(why: str) -> Refusal:
    return Refusal(
        "sources.toml kan ikke skrives (%(why)s). Drift må gi skriverett, eller endre filen et annet sted.", why=why
    )


def _version(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _known(before: Sources, institution: int) -> Sources:
    if all(each.institution != institution for each in before):
        raise Refusal("Institusjon %(number)d har ingen kilde i sources.toml lenger.", number=institution)
    return before


def _with(before: Sources, wanted: Sequence[SourceSettings]) -> Sources:
    """The sources with those that are wanted in place of their institutions' own, or at the end."""
    there = {each.institution: each for each in before} | {each.institution: each for each in wanted}
    return tuple(there.values())
