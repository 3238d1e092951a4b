"""The disk looked over: room for the database to grow, and who may read and write what lies there."""

import shutil
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from webapp.errors import N_
from webapp.store.former import ROOM
from webapp.store.soundness import GROWTH_TIME
from webapp.troubles import trouble_of
from webapp.upkeep.findings import Area, Finding, Notes, amount

#: With less free the next evening may not get through; with less than LITTLE_FREE it is time to see to it, in bytes.
LEAST_FREE, LITTLE_FREE = 200_000_000, 1_000_000_000
#: A disk that is full within so many days is told of.
SOON_DAYS = 90
_MAY_READ, _MAY_WRITE = stat.S_IRGRP | stat.S_IROTH, stat.S_IWGRP | stat.S_IWOTH


def look_at_room(instance: Path, database_bytes: int, growth: float) -> list[Finding]:
    """Whether there is room. `growth`: the share of the database that came in the last 30 days."""
    notes = Notes(Area.DISK)
    free = shutil.disk_usage(instance).free
    lately = database_bytes * growth
    days = round(free / lately * GROWTH_TIME.days) if lately else None
    values = {"free": amount(free), "folder": instance, "size": amount(database_bytes)}
    mend = N_("Frigjør plass, eller flytt instansmappen til en større disk.")
    if free < max(LEAST_FREE, database_bytes):
        notes.wrong(N_("Bare %(free)s er ledig der %(folder)s ligger, og databasen er på %(size)s."), mend, **values)
    # The night writes the file anew beside itself, and an upgrade, that needs most, keeps a copy.
    elif free < max(LITTLE_FREE, ROOM * database_bytes):
        what = N_("%(free)s er ledig der %(folder)s ligger. Oppgradering og opprydding trenger mer enn to databaser.")
        notes.warn(what, mend, **values)
    elif days is not None and days < SOON_DAYS:
        what = N_("Vokser databasen som de siste 30 dagene, er disken full om %(days)d dager.")
        notes.warn(what, mend, days=days)
    else:
        notes.fine(N_("%(free)s er ledig der instansmappen ligger."), free=values["free"])
    return notes.found


def look_at_folder(instance: Path, database: Path) -> list[Finding]:
    """Whether the instance folder can be written in, by us alone, and the database be read by nobody else."""
    notes = Notes(Area.DISK)
    try:
        with tempfile.TemporaryFile(dir=instance) as file:
            file.write(b"?")
            file.flush()
    except OSError as wrong:
        if (trouble := trouble_of(wrong)) is not None:
            notes.refused(trouble)
        else:
            what = N_("Det går ikke å skrive i %(folder)s (%(why)s).")
            notes.wrong(what, N_("Kontroller disken."), folder=instance, why=wrong.strerror)
    if instance.stat().st_mode & _MAY_WRITE:
        what = N_("Andre enn programmets bruker kan skrive i %(file)s, og bytte ut databasen.")
        notes.wrong(what, "chmod 700 %(file)s", file=instance)
    read_by_others = [each for each in _files_of(database) if reached_by(each, _MAY_READ | _MAY_WRITE)]
    if read_by_others:
        what = N_("Andre enn programmets bruker kan lese databasen.")
        notes.wrong(what, "chmod 600 %(files)s", files=" ".join(map(str, read_by_others)))
    if not notes.found:
        notes.fine(N_("Programmet kan skrive i instansmappen, og ingen andre kan lese databasen."))
    return notes.found


def reached_by(path: Path, bits: int) -> bool:
    """Whether group or others (`bits` of a mode) may do something with a file: its own mode and that of every folder
    above say so. False for what is not there."""
    try:
        mine = path.stat().st_mode & bits
        way = stat.S_IXGRP if mine & stat.S_IRWXG else 0
        way |= stat.S_IXOTH if mine & stat.S_IRWXO else 0
        return bool(mine) and all(folder.stat().st_mode & way for folder in path.resolve().parents)
    except OSError:
        return False


def _files_of(database: Path) -> Iterable[Path]:
    return (database.with_name(f"{database.name}{end}") for end in ("", "-wal", "-shm"))
