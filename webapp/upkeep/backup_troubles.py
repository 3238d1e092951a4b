"""What can go wrong with a disk or a database while a backup is taken or brought back, as sentences."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.errors import N_, Refusal

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SHUT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

FULL = N_("Det er ikke plass til sikkerhetskopien i %(folder)s. Frigjør plass, og prøv igjen.")
_NOT_WRITABLE = N_("%(folder)s kan ikke skrives i. Gi brukeren som kjører programmet skriverett, og prøv igjen.")
_NOT_THERE = N_("%(folder)s fins ikke. Lag mappen, eller koble til disken som den ligger på, og prøv igjen.")
_OTHER = N_("%(folder)s kan ikke brukes: %(why)s.")
_DAMAGED = N_(
    "Databasen kan ikke leses til ende (%(why)s), så ingen sikkerhetskopi ble tatt. De som fins, blir liggende. Ta "
    "vare på databasen, og hent tilbake den siste sikkerhetskopien med eksternstudium restore."
)
_LOCKED = N_("Databasen er låst av et annet program. Stopp det, eller vent, og prøv igjen.")


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """What goes wrong with the disk of a folder, or with the database, becomes a Refusal."""
    try:
        yield
    except sqlite3.Error as wrong:
        raise _of_database(wrong, folder) from wrong
    except OSError as wrong:
        raise _of_disk(wrong, folder) from wrong


def _of_disk(wrong: OSError, folder: Path) -> Refusal:
    if wrong.errno in _FULL:
        return Refusal(FULL, folder=folder)
    if wrong.errno in _SHUT:
        return Refusal(_NOT_WRITABLE, folder=folder)
    if wrong.errno in (errno.ENOENT, errno.ENOTDIR):
        return Refusal(_NOT_THERE, folder=folder)
    return Refusal(_OTHER, folder=folder, why=wrong.strerror or wrong)


def _of_database(wrong: sqlite3.Error, folder: Path) -> Refusal:
    name = getattr(wrong, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_TRUNCATE", "SQLITE_IOERR_FSYNC")):
        return Refusal(FULL, folder=folder)
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
        return Refusal(_NOT_WRITABLE, folder=folder)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Refusal(_LOCKED)
    return Refusal(_DAMAGED, why=wrong)
