"""What happens by the clock looked over: whether it happened, and whether the clock can be believed."""

import fcntl
from datetime import datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from webapp.config import Settings
from webapp.errors import N_
from webapp.fetching.evenings import evenings
from webapp.model import RunState
from webapp.store import retention, runs, soundness, trace_chain
from webapp.upkeep.findings import Area, Finding, Notes, moment

#: An instant in the database may be so far ahead of the clock: another process has just written it.
SLACK = timedelta(minutes=1)
#: The evening may be so late: the screens look every five seconds.
LATE = timedelta(minutes=10)
#: A night may have been missed; two in a row are told of.
TWO_NIGHTS = timedelta(hours=50)
#: A run takes hours at most, a day when many sources are slow.
LONG_RUN = timedelta(hours=24)
#: How far back the latest runs are looked for.
_LATEST = 20


def look_at_clock(settings: Settings, db: Database, now: datetime) -> list[Finding]:
    """Whether anything in the database is from a time to come."""
    notes = Notes(Area.CLOCK)
    newest = soundness.newest_instant(db)
    values = {"now": moment(now, settings), "zone": settings.settings.time_zone}
    if newest is not None and newest > now + SLACK:
        notes.wrong(
            N_("Klokken er %(now)s (%(zone)s), men noe i databasen er fra %(newest)s: den har vært stilt."),
            N_("Kontroller klokken (timedatectl). Er den rett nå, går det over av seg selv når tiden er der."),
            newest=moment(newest, settings),
            **values,
        )
    else:
        notes.fine(N_("Klokken er %(now)s (%(zone)s)."), **values)
    return notes.found


def look_at_runs(settings: Settings, db: Database, now: datetime) -> list[Finding]:
    """Whether the evenings were run, and no run stands still."""
    notes = Notes(Area.SCHEDULE)
    mark = runs.dealt_with_until(db)
    missed = list(evenings(settings, mark, now - LATE)) if mark is not None else []
    if missed:
        notes.warn(
            N_("%(count)d kvelder er ikke kjørt, den siste %(when)s."),
            N_("Start skjermbildene: de tar igjen det som mangler, i én kjøring."),
            count=len(missed),
            when=moment(missed[-1].at, settings),
        )
    latest = runs.latest(db, _LATEST)
    for run in latest:
        if run.state is RunState.RUNNING and run.begun_at is not None and now - run.begun_at > LONG_RUN:
            notes.warn(
                N_("Kjøring %(run)d har vært i gang siden %(when)s."),
                N_("Se på siden Jobber hvilken kilde den venter på, og stopp den der om den ikke kommer videre."),
                run=run.id,
                when=moment(run.begun_at, settings),
            )
    ended = next((run for run in latest if run.finished_at is not None and run.state is not RunState.SKIPPED), None)
    if not missed and ended is not None and ended.finished_at is not None:
        what = N_("Siste kjøring (%(run)d) ble ferdig %(when)s.")
        notes.fine(what, run=ended.id, when=moment(ended.finished_at, settings))
    elif not missed:
        notes.fine(N_("Ingen kveld er gått uten kjøring."))
    return notes.found


def look_at_nights(settings: Settings, db: Database, begun_at: datetime | None, now: datetime) -> list[Finding]:
    """Whether the nights' work is done: the purge, and the verification of the trace."""
    notes = Notes(Area.SCHEDULE)
    purged = next((each.finished_at for each in retention.latest_purges(db, _LATEST) if each.finished_at), None)
    noted = trace_chain.last_noted(db)
    since = begun_at or now
    mend = N_("La skjermbildene stå på om natten, eller gi kommandoen eksternstudium purge.")
    if now - (purged or since) > TWO_NIGHTS:
        what = N_("Ingen opprydding etter reglene for lagring er gjort siden %(when)s.")
        notes.warn(what, mend, when=moment(purged or since, settings))
    if now - (noted[0] if noted else since) > TWO_NIGHTS:
        notes.warn(
            N_("Sporingen er ikke kontrollert siden %(when)s."),
            N_("La skjermbildene stå på om natten, eller gi kommandoen eksternstudium audit verify."),
            when=moment(noted[0] if noted else since, settings),
        )
    if not notes.found and purged is not None:
        notes.fine(N_("Siste opprydding etter reglene for lagring ble ferdig %(when)s."), when=moment(purged, settings))
    return notes.found


def look_at_screens(instance: Path) -> list[Finding]:
    """Whether the screens run, and with them what happens by the clock."""
    notes = Notes(Area.SCHEDULE)
    if _is_held(instance / "serve.lock"):
        notes.fine(N_("Skjermbildene kjører."))
    else:
        notes.warn(
            N_("Skjermbildene kjører ikke, og ingenting skjer av seg selv."),
            N_("Start dem: systemctl start eksternstudium, eller eksternstudium serve."),
        )
    return notes.found


def _is_held(lock: Path) -> bool:
    """Whether a process holds a lock; asking makes no file."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
