"""Local accounts, and the links by which they are set up."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlite_utils import Database

from webapp.model import Account, SetupLink, UserLine
from webapp.store import as_instant, as_text
from webapp.store.users import user_of


def account(db: Database, user_id: int) -> Account | None:
    """What a user signs in with, or None before they have set it up."""
    row = next(db.query("SELECT * FROM accounts WHERE user_id = ?", [user_id]), None)
    return Account(row["user_id"], row["password"], row["one_time_secret"], row["last_step"]) if row else None


def keep(db: Database, wanted: Account, now: datetime) -> None:
    """Let a user sign in with this, and nothing else."""
    db.execute(
        """INSERT INTO accounts (user_id, password, one_time_secret, last_step, changed_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET password = excluded.password, one_time_secret = excluded.one_time_secret,
            last_step = excluded.last_step, changed_at = excluded.changed_at""",
        [wanted.user_id, wanted.password, wanted.one_time_secret, wanted.last_step, as_text(now)],
    )


def set_password(db: Database, user_id: int, password: str, now: datetime) -> None:
    """Let a user have another password, given as its hash."""
    db.execute("UPDATE accounts SET password = ?, changed_at = ? WHERE user_id = ?", [password, as_text(now), user_id])


def use_step(db: Database, user_id: int, step: int) -> bool:
    """Use up the one-time code of a step and all before it; False where that was done already."""
    query = "UPDATE accounts SET last_step = ? WHERE user_id = ? AND last_step < ?"
    return bool(db.execute(query, [step, user_id, step]).rowcount)


def make_link(db: Database, user_id: int, one_time_secret: str, ends_at: datetime) -> str:
    """Make a user's set-up link, in place of the one before; returns its token, which is told once."""
    token = secrets.token_urlsafe(32)
    db.execute(
        "INSERT OR REPLACE INTO setup_links (user_id, token, one_time_secret, ends_at) VALUES (?, ?, ?, ?)",
        [user_id, _hashed(token), one_time_secret, as_text(ends_at)],
    )
    return token


def link(db: Database, token: str, now: datetime) -> SetupLink | None:
    """The set-up link of a token, unless it was used, has ended, or its user is not let in."""
    row = next(
        db.query(
            """SELECT users.*, one_time_secret, ends_at FROM setup_links JOIN users ON users.id = user_id
            WHERE token = ? AND ends_at > ? AND is_active""",
            [_hashed(token), as_text(now)],
        ),
        None,
    )
    if row is None:
        return None
    return SetupLink(row["id"], user_of(row), row["one_time_secret"], datetime.fromisoformat(row["ends_at"]))


def use_link(db: Database, used: SetupLink) -> bool:
    """Use up a set-up link; False where that was done already, or another one has taken its place."""
    query = "DELETE FROM setup_links WHERE user_id = ? AND one_time_secret = ?"
    return bool(db.execute(query, [used.user_id, used.one_time_secret]).rowcount)


def drop_link(db: Database, user_id: int) -> None:
    """Let a user's set-up link, if there is one, not be used any more."""
    db.execute("DELETE FROM setup_links WHERE user_id = ?", [user_id])


def forget_ended_links(db: Database, now: datetime) -> None:
    """Let go of the links that nobody used."""
    db.execute("DELETE FROM setup_links WHERE ends_at <= ?", [as_text(now)])


def lines(db: Database, now: datetime, idle: timedelta, user_id: int | None = None) -> list[UserLine]:
    """All users as administrators see them, by name; or the one with that id. Sessions go on that were used within
    `idle`."""
    rows = db.query(
        """SELECT users.*, accounts.user_id IS NOT NULL AS has_password, setup_links.ends_at AS link_until,
            (SELECT count(*) FROM sessions
                WHERE sessions.user_id = users.id AND sessions.ends_at > :now AND sessions.seen_at > :used) AS sessions
        FROM users LEFT JOIN accounts ON accounts.user_id = users.id
            LEFT JOIN setup_links ON setup_links.user_id = users.id AND setup_links.ends_at > :now
        WHERE :id IS NULL OR users.id = :id ORDER BY name""",
        {"now": as_text(now), "used": as_text(now - idle), "id": user_id},
    )
    return [
        UserLine(
            user_of(row),
            as_instant(row["seen_at"]),
            row["sessions"],
            bool(row["has_password"]),
            as_instant(row["link_until"]),
        )
        for row in rows
    ]


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
