"""How it goes, in figures for those who look after the machine: about nobody, and cheap however many people there are.

What is counted here either has few rows or an index of its own: a database of 120,000 applications is told of in
milliseconds, and is asked every fifteen seconds.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database

from webapp.model import Run, RunKind
from webapp.store import as_instant, as_text
from webapp.store.runs import run_of

#: What waits, by its name: each counted from an index that has little else in it. SQLite would not choose it for the
#: fetches, for it does not know how few they are.
_WAITING: Mapping[str, str] = {
    "orders_open": "SELECT count(*) FROM orders WHERE state = 'open'",
    "fetches_queued": "SELECT count(*) FROM fetches INDEXED BY fetches_queued WHERE state = 'queued'",
    "fetches_running": "SELECT count(*) FROM fetches INDEXED BY fetches_running WHERE state = 'running'",
    "fetches_to_retry": "SELECT count(*) FROM fetches WHERE retry_at IS NOT NULL",
    "runs": "SELECT count(*) FROM runs WHERE state IN ('waiting', 'running')",
    "answers_set_aside": "SELECT count(*) FROM answers WHERE outcome = 'mismatch' AND decision IS NULL",
    "notices_unseen": "SELECT count(*) FROM notices WHERE seen_at IS NULL",
    "applications_unhandled": "SELECT count(*) FROM applications WHERE unhandled = 1",
}


def waiting(db: Database) -> Mapping[str, int]:
    """How much waits, for us or for caseworkers, by what it is."""
    return {name: int(db.execute(sql).fetchone()[0]) for name, sql in _WAITING.items()}


def oldest_notice(db: Database) -> datetime | None:
    """Since when a notice has been unseen, the oldest; None where all have been seen."""
    (raised_at,) = db.execute("SELECT min(raised_at) FROM notices WHERE seen_at IS NULL").fetchone()
    return as_instant(raised_at)


def sessions_open(db: Database, now: datetime, idle: timedelta) -> int:
    """How many sessions go on that would be let in now; one that was not used for `idle` would not."""
    sql = "SELECT count(*) FROM sessions WHERE ends_at > ? AND seen_at > ?"
    return int(db.execute(sql, [as_text(now), as_text(now - idle)]).fetchone()[0])


def runs_ended(db: Database) -> Mapping[tuple[str, str], int]:
    """How many runs have ended, by their kind and the state that they ended in."""
    rows = db.execute("SELECT kind, state, count(*) FROM runs WHERE finished_at IS NOT NULL GROUP BY kind, state")
    return {(kind, state): count for kind, state, count in rows}


def last_runs(db: Database) -> Mapping[RunKind, Run]:
    """The last run of each kind that worked and has ended, whatever it came to."""
    rows = db.query(
        """SELECT * FROM runs WHERE id IN (SELECT max(id) FROM runs
            WHERE finished_at IS NOT NULL AND begun_at IS NOT NULL GROUP BY kind)"""
    )
    return {run.kind: run for run in map(run_of, rows)}


def last_begun(db: Database) -> Run | None:
    """The run that works just now, or else the one that worked last."""
    rows = db.query("SELECT * FROM runs WHERE begun_at IS NOT NULL ORDER BY id DESC LIMIT 1")
    return next(map(run_of, rows), None)


def last_purge(db: Database, by: str) -> datetime | None:
    """When a purge by somebody last came to its end."""
    (finished_at,) = db.execute("SELECT max(finished_at) FROM purges WHERE by = ?", [by]).fetchone()
    return as_instant(finished_at)


def circuits_open(db: Database) -> Sequence[int]:
    """The institutions that the run which is going on does not ask just now, because they are down."""
    rows = db.execute(
        """SELECT institution FROM run_sources WHERE down_since IS NOT NULL
        AND run_id IN (SELECT id FROM runs WHERE state IN ('waiting', 'running'))"""
    )
    return [institution for (institution,) in rows]
