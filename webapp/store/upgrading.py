"""The upgrade of a database: a newer program brings it to its own schema, whole or not at all."""

import json
import logging
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from sqlite_utils import Database

from webapp.errors import N_, Refusal
from webapp.store import former
from webapp.store.schema import migrations
from webapp.store.schema.steps import names, taken, unknown

_log = logging.getLogger(__name__)


class OpenElsewhere(Refusal):
    """Another program has the database open that is to be upgraded."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Databasen må oppgraderes, og er åpen i et annet program: skjermbildene, en kjøring eller en kommando. "
                "Stopp det, og start på nytt."
            )
        )


def bring_up(db: Database, path: Path) -> None:
    """Take the steps of the schema that the database at `path` lacks, all in one transaction. One that holds anything
    is copied first: see `former`. Whoever calls has the turn to write.

    Raises Refusal, and leaves the database as it was, when a newer program has written it, when another program has it
    open (OpenElsewhere), when there is no room or a step fails. The connection may lock the database then: close it.
    """
    before = taken(db)
    if unknown(before):
        raise Refusal(
            "Databasen er skrevet av en nyere versjon av Eksternstudium (%(theirs)s) enn denne (%(ours)s). Start den "
            "nyere, eller legg tilbake kopien fra før oppgraderingen: docs/upgrade.md.",
            theirs=written_by(db) or "?",
            ours=_ours(),
        )
    steps = [name for name in names() if name not in before]
    if steps and db.table_names():
        _upgrade(db, path, steps)
    elif steps:
        _take(db, steps)


def written_by(db: Database) -> str | None:
    """The version of the program that brought the database to its schema; None when it does not say."""
    try:
        found = db.execute("SELECT version FROM upgrades ORDER BY id DESC LIMIT 1").fetchone()
    except sqlite3.OperationalError:  # from before versions were noted
        return None
    return str(found[0]) if found else None


def _ours() -> str:
    return version("eksternstudium")


def _upgrade(db: Database, path: Path, steps: Sequence[str]) -> None:
    began, before = time.monotonic(), written_by(db) or "an earlier version"
    _have_alone(db.conn)
    try:
        with former.kept(db.conn, path, _ours()) as copy:
            _take(db, steps)
    except Refusal:
        raise
    except Exception as wrong:
        _log.exception("the database was not upgraded from %s to %s", before, _ours())
        raise Refusal(
            "Databasen lot seg ikke oppgradere til versjon %(version)s, og er som den var (%(cause)s; loggen sier "
            "mer). Start den forrige versjonen igjen, og meld fra.",
            version=_ours(),
            cause=wrong if isinstance(wrong, sqlite3.Error | OSError) else type(wrong).__name__,
        ) from wrong
    # Who has read holds the file from then on, against a program that is newer still.
    for statement in ("PRAGMA locking_mode = NORMAL", "PRAGMA journal_mode = WAL", "SELECT * FROM upgrades"):
        db.conn.execute(statement).fetchall()
    _log.info(
        "the database was upgraded from %s to %s, %d steps in %.1f s; as it was it is kept in %s for %d days",
        *(before, _ours(), len(steps), time.monotonic() - began, copy.name, former.KEPT_DAYS),
    )


def _have_alone(connection: sqlite3.Connection) -> None:
    """Have the database alone, and lock it: an older program that goes on, or a run of it, would not know its tables
    again. SQLite lets go of the write-ahead log only for whoever has the file to himself."""
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as wrong:
        if wrong.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise OpenElsewhere from wrong
        raise


def _take(db: Database, steps: Sequence[str]) -> None:
    """Take the steps and note them with our version, in one transaction."""
    with db.atomic():
        migrations.apply(db)
        noted = (_ours(), datetime.now(UTC).isoformat(timespec="milliseconds"), json.dumps(steps))
        db.execute("INSERT INTO upgrades (version, at, steps) VALUES (?, ?, ?)", noted)
