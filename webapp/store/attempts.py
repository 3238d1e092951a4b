"""Attempts to sign in, by account and by address: kept here, so that a restart forgets none."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from webapp.store import as_instant, as_text

#: Failures are forgotten when none has come for so long.
FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Bounds:
    """How many attempts may fail before one waits, how long at first, and how long at most; each further failure
    doubles the time."""

    free: int
    first: timedelta
    longest: timedelta


ACCOUNT = Bounds(5, timedelta(minutes=1), timedelta(hours=12))
#: Many people may share an address.
ADDRESS = Bounds(20, timedelta(minutes=1), timedelta(hours=1))


def of_account(name: str) -> str:
    """The subject of an account, by the name that was typed: hashed, for people type all kinds of things there."""
    return "account " + hashlib.sha256(name.casefold().encode()).hexdigest()


def of_address(address: str) -> str:
    """The subject of an address."""
    return f"address {address}"


def take(db: Database, subject: str, bounds: Bounds, now: datetime) -> bool:
    """Take an attempt, within a writing transaction: it counts as failed until `give_back` or `clear`, so that many at
    once get no further than one after the other. False while the subject is locked; that is not counted."""
    row = db.execute(
        "SELECT failures, last_at, locked_until FROM sign_in_attempts WHERE subject = ?", [subject]
    ).fetchone()
    failures, last_at, locked_until = (row[0], as_instant(row[1]), as_instant(row[2])) if row else (0, None, None)
    if locked_until and locked_until > now:
        return False
    failures = 1 if last_at and now - last_at > FORGOTTEN_AFTER else failures + 1
    # The exponent is bounded, for a timedelta is.
    waits = (
        min(bounds.first * (1 << min(failures - bounds.free, 20)), bounds.longest) if failures >= bounds.free else None
    )
    db.execute(
        "INSERT OR REPLACE INTO sign_in_attempts (subject, failures, last_at, locked_until) VALUES (?, ?, ?, ?)",
        [subject, failures, as_text(now), as_text(now + waits) if waits else None],
    )
    return True


def give_back(db: Database, subject: str) -> None:
    """An attempt that was taken did not fail; those before it did."""
    query = (
        "UPDATE sign_in_attempts SET failures = failures - 1, locked_until = NULL WHERE subject = ? AND failures > 0"
    )
    db.execute(query, [subject])


def clear(db: Database, subject: str) -> None:
    """Forget the failures of a subject."""
    db.execute("DELETE FROM sign_in_attempts WHERE subject = ?", [subject])


def locked_until(db: Database, subject: str, now: datetime) -> datetime | None:
    """Until when a subject is locked, or None."""
    return locks(db, [subject], now).get(subject)


def locks(db: Database, subjects: Iterable[str], now: datetime) -> Mapping[str, datetime]:
    """Those of some subjects that are locked, and until when."""
    rows = db.execute(
        """SELECT subject, locked_until FROM sign_in_attempts
        WHERE subject IN (SELECT value FROM json_each(?)) AND locked_until > ?""",
        [json.dumps(list(subjects)), as_text(now)],
    )
    return {subject: datetime.fromisoformat(until) for subject, until in rows}


def forget_old(db: Database, now: datetime) -> None:
    """Let go of what does not count any more."""
    db.execute("DELETE FROM sign_in_attempts WHERE last_at < ?", [as_text(now - FORGOTTEN_AFTER)])
