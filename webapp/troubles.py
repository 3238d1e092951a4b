"""What can go wrong below the program, with the disk and the database file, in a sentence, read out of the errors of
SQLite and of the system: for screens, commands and what goes on by itself. Of a backup's own folder
upkeep.backup_troubles tells."""

import errno
import sqlite3
from pathlib import Path

from webapp.errors import N_, DatabaseGone, Refusal

_FULL = N_("Disken er full, og det siste ble ikke lagret. Drift må frigjøre plass der instansmappen ligger.")
_READ_ONLY = N_("Instansmappen kan bare leses, og det siste ble ikke lagret. Drift må gi programmet skriverett i den.")
_BUSY = N_(
    "Databasen er opptatt av et annet program, og det siste ble ikke lagret. Prøv igjen om litt. Varer det, må drift "
    "finne programmet og stoppe det."
)
_DAMAGED = N_(
    "Databasen er skadet, eller er ikke en database. Drift må stoppe Eksternstudium, ta vare på filen, og legge "
    "tilbake den siste sikkerhetskopien."
)
_NOT_OPENED = N_(
    "Databasen kan ikke åpnes. Drift må kontrollere at instansmappen fins, og at programmet kan lese og skrive i den."
)
_DISK = N_(
    "Disken tok ikke imot eller ga ikke fra seg det den skulle, og det siste ble ikke lagret. Drift må kontrollere at "
    "den virker, og at det er plass der instansmappen ligger."
)
_TOO_MANY_FILES = N_(
    "Programmet har så mange filer åpne som det får ha. Drift må øke grensen (LimitNOFILE i systemd, ellers ulimit -n) "
    "og starte på nytt."
)

#: By the primary result code (https://sqlite.org/rescode.html). Others, as SQLITE_CONSTRAINT, are slips of ours.
_OF_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: _NOT_OPENED,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
}
_OF_THE_SYSTEM = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EIO: _DISK,
    errno.EMFILE: _TOO_MANY_FILES,
    errno.ENFILE: _TOO_MANY_FILES,
}
_PRIMARY = 0xFF


def trouble_of(wrong: BaseException | None) -> Refusal | None:
    """What an error of SQLite or of the system means for whoever wanted something, and what is to be done; None for an
    error that is no such trouble."""
    if isinstance(wrong, DatabaseGone):
        return wrong
    if isinstance(wrong, sqlite3.Error):
        # Errors of the module itself, as for a connection that is closed, have no code.
        sentence = _OF_SQLITE.get(getattr(wrong, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY)
    elif isinstance(wrong, PermissionError) and wrong.filename is not None:
        return Refusal(
            "%(file)s kan ikke leses eller skrives. Drift må kontrollere hvem som eier den, og hvilke rettigheter "
            "programmet har.",
            # A student may read it: where on the machine it lies is nobody's business.
            file="/".join(Path(str(wrong.filename)).parts[-2:]),
        )
    else:
        sentence = _OF_THE_SYSTEM.get(wrong.errno or 0) if isinstance(wrong, OSError) else None
    return Refusal(sentence) if sentence else None
