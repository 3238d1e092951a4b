"""Sign-ins that go on. Whoever reads the database cannot go on with one: only the hashes of their tokens are here."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlite_utils import Database

from webapp.model import Session
from webapp.store import as_text
from webapp.store.users import user_of

#: A session's last use is written down so often at most: whoever ticks row after row would else write all the time.
SEEN_EVERY = timedelta(minutes=1)


def begin(db: Database, user_id: int, now: datetime, ends_at: datetime, id_token: str | None = None) -> str:
    """Begin a session; returns its token, which is told to the browser alone."""
    token = secrets.token_urlsafe(32)
    db.execute(
        "INSERT INTO sessions (user_id, token, begun_at, seen_at, ends_at, id_token) VALUES (?, ?, ?, ?, ?, ?)",
        [user_id, _hashed(token), as_text(now), as_text(now), as_text(ends_at), id_token],
    )
    db.execute("UPDATE users SET seen_at = ? WHERE id = ?", [as_text(now), user_id])
    return token


def find(db: Database, token: str, now: datetime, idle: timedelta) -> Session | None:
    """The session of a token, unless it has ended, was not used for so long, or its user is not let in any more."""
    row = next(
        db.query(
            """SELECT users.*, sessions.id AS session_id, begun_at, sessions.seen_at AS used_at, ends_at, id_token
            FROM sessions JOIN users ON users.id = user_id
            WHERE token = ? AND is_active AND ends_at > ? AND sessions.seen_at > ?""",
            [_hashed(token), as_text(now), as_text(now - idle)],
        ),
        None,
    )
    if row is None:
        return None
    instant = datetime.fromisoformat
    return Session(
        row["session_id"],
        user_of(row),
        instant(row["begun_at"]),
        instant(row["used_at"]),
        instant(row["ends_at"]),
        row["id_token"],
    )


def is_due(session: Session, now: datetime, idle: timedelta) -> bool:
    """Whether a use is to be written down; so early that one that may be left unused for a minute is kept by use."""
    return now - session.seen_at >= min(SEEN_EVERY, idle / 10)


def see(db: Database, session_id: int, now: datetime) -> None:
    """Write down that a session is in use."""
    db.execute("UPDATE sessions SET seen_at = ? WHERE id = ?", [as_text(now), session_id])


def end(db: Database, session_id: int) -> None:
    """End a session."""
    db.execute("DELETE FROM sessions WHERE id = ?", [session_id])


def end_all_of(db: Database, user_id: int) -> int:
    """End all sessions of a user, wherever they are; returns how many there were."""
    return int(db.execute("DELETE FROM sessions WHERE user_id = ?", [user_id]).rowcount)


def end_all(db: Database) -> None:
    """End all sessions of everybody."""
    db.execute("DELETE FROM sessions")


def forget_ended(db: Database, now: datetime) -> None:
    """Let go of those that have ended by themselves."""
    db.execute("DELETE FROM sessions WHERE ends_at <= ?", [as_text(now)])


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
