"""Whether the database is still there. Linux lets a program write on to a file that was deleted, for nobody to find."""

import os
from pathlib import Path

from webapp.errors import N_, DatabaseGone

_GONE = N_(
    "Databasen %(file)s er borte, eller byttet ut. Stopp programmet, og hent tilbake den siste sikkerhetskopien med "
    "eksternstudium restore FIL. Skal alt begynne på nytt uten den, slett %(file)s-turn."
)


class Presence:
    """Knows the file at `path` again by its place on the disk. `mark` is an open file beside it, that is not empty once
    there has been a database: then none is begun anew by itself, as if nothing had been lost."""

    def __init__(self, path: Path, mark: int) -> None:
        self._path = path
        self._mark = mark
        self._known: tuple[int, int] | None = None

    def expect(self) -> None:
        """Raises DatabaseGone when there was a database once and there is none now."""
        if os.fstat(self._mark).st_size and not self._path.exists():
            raise self._gone()

    def remember(self) -> None:
        """Know the file again from now on."""
        self._known = self._place()
        if not os.fstat(self._mark).st_size:
            os.pwrite(self._mark, b"1", 0)

    def check(self) -> None:
        """Raises DatabaseGone when the file that is remembered is not there any more, or another is."""
        if self._known is not None and self._known != self._place():
            raise self._gone()

    @staticmethod
    def was_there(path: Path) -> bool:
        """Whether there has been a database at a path, by the mark that Store keeps beside it."""
        mark = path.with_name(f"{path.name}-turn")
        return mark.exists() and mark.stat().st_size > 0

    def _place(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _gone(self) -> DatabaseGone:
        return DatabaseGone(_GONE, file=self._path.name)
