"""The database looked over: whether it is sound, ours and of a size that goes on."""

import sqlite3
from pathlib import Path

from sqlite_utils import Database

from webapp.errors import N_
from webapp.store import soundness, trace_chain
from webapp.store.presence import Presence
from webapp.troubles import trouble_of
from webapp.upkeep.findings import Area, Finding, Notes, amount

#: A write-ahead log that is larger was not emptied for long, and no smaller one is told of, in bytes.
LARGE_LOG = 200_000_000
#: Free pages are told of from so many bytes on, when they are more than half of the file.
LARGE_FREE = 100_000_000

_RESTORE = N_(
    "Stopp Eksternstudium, ta vare på filen, og hent tilbake den siste sikkerhetskopien (eksternstudium restore FIL)."
)


def look_at_file(db: Database, path: Path, *, is_quick: bool = False) -> list[Finding]:
    """Whether the file is sound, whatever its schema, and of what size; with `is_quick` that alone."""
    notes = Notes(Area.DATABASE)
    try:
        size = soundness.size(db, path)
        faults, strays = ([], []) if is_quick else (soundness.faults(db), soundness.strays(db))
    except sqlite3.Error as wrong:
        return look_at_trouble(wrong)
    if faults:
        notes.wrong(N_("Databasen er skadet: %(faults)s."), _RESTORE, faults="; ".join(faults))
    elif strays:
        what = N_("Rader i %(tables)s peker på rader som ikke fins.")
        notes.wrong(what, _RESTORE, tables=", ".join(strays))
    elif is_quick:
        what = N_("Databasen er på %(size)s, med %(free)s ledig i seg og %(log)s i loggen.")
        notes.fine(what, size=amount(size.file), free=amount(size.free), log=amount(size.log))
    else:
        what = N_("Databasen er hel, på %(size)s, med %(free)s ledig i seg og %(log)s i loggen.")
        notes.fine(what, size=amount(size.file), free=amount(size.free), log=amount(size.log))
    if size.log > LARGE_LOG:
        notes.warn(
            N_("Databasens logg (filen med -wal i navnet) er på %(size)s: noe har lest i databasen lenge."),
            N_("Start skjermbildene på nytt. Er loggen like stor en time etter, leser et annet program i databasen."),
            size=amount(size.log),
        )
    if size.free > max(LARGE_FREE, size.file / 2):
        notes.warn(
            N_("%(free)s av databasens %(size)s er tomme."),
            N_("Den skrives på nytt når noe er slettet om natten. Vil du ha plassen før: eksternstudium purge."),
            free=amount(size.free),
            size=amount(size.file),
        )
    return notes.found


def look_at_none(path: Path) -> list[Finding]:
    """A database that is not there: yet, or any more."""
    notes = Notes(Area.DATABASE)
    if Presence.was_there(path):
        what = N_("Databasen %(file)s er borte.")
        notes.wrong(what, N_("Hent tilbake den siste sikkerhetskopien: eksternstudium restore FIL."), file=path)
    else:
        what = N_("Databasen %(file)s er ikke laget ennå.")
        notes.warn(what, N_("Det skjer når skjermbildene startes første gang."), file=path)
    return notes.found


def look_at_trouble(wrong: sqlite3.Error) -> list[Finding]:
    """A database that cannot be read."""
    notes = Notes(Area.DATABASE)
    if (trouble := trouble_of(wrong)) is not None:
        notes.refused(trouble)
    else:
        notes.wrong(N_("Databasen kan ikke leses (%(why)s)."), _RESTORE, why=wrong)
    return notes.found


def look_at_schema(schema: soundness.Schema) -> list[Finding]:
    """Whether this program and the database are of the same version."""
    notes = Notes(Area.DATABASE)
    if schema.unknown:
        notes.wrong(
            N_("Databasen er skrevet av en nyere versjon av Eksternstudium (den har %(steps)s)."),
            N_("Start den nyere versjonen igjen, eller hent tilbake sikkerhetskopien fra før oppgraderingen."),
            steps=", ".join(schema.unknown),
        )
    elif schema.lacking:
        notes.warn(
            N_("Databasen er fra en eldre versjon, og mangler %(count)d steg."),
            N_("Ta en sikkerhetskopi, og start skjermbildene på nytt: da oppgraderes den."),
            count=len(schema.lacking),
        )
    else:
        notes.fine(N_("Databasen er som denne versjonen vil ha den."))
    return notes.found


def look_at_trace(db: Database) -> list[Finding]:
    """Whether the trace is whole, and still has the entry that the last verification ended at."""
    notes = Notes(Area.DATABASE)
    sound = trace_chain.last_sound(db)
    verdict = trace_chain.verify(db, *([sound] if sound else []))
    if verdict.fault is None:
        what = N_("Sporingen er hel. Kontrollsummen er %(head)s.")
        notes.fine(what, head=f"{verdict.head.number}:{verdict.head.hash}")
    else:
        notes.wrong(
            N_("Sporingen er endret utenom Eksternstudium, ved innføring %(entry)s (%(fault)s)."),
            N_("Ta vare på databasen som den er, og finn ut hvem som har skrevet i filen: docs/trace.md."),
            entry=verdict.fault_at,
            fault=verdict.fault.value,
        )
    return notes.found
