"""Tokens of programs. Whoever reads the database cannot use one: only their hashes are here."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from webapp.model import ApiToken, Right
from webapp.store import as_instant, as_text
from webapp.store.sessions import SEEN_EVERY

#: A token begins so, for people and for programs that look for what should not lie about.
BEGINNING = "eks_"
#: So many letters of a token are kept, its beginning included.
PREFIX_LETTERS = 10


def add(db: Database, name: str, scopes: Iterable[Right], ends_at: datetime, by: str, now: datetime) -> str:
    """Make a token; returns it, for it is told once. Raises sqlite3.IntegrityError for a name that is in use."""
    token = BEGINNING + secrets.token_urlsafe(32)
    db.execute(
        """INSERT INTO api_tokens (name, prefix, token, scopes, ends_at, created_at, created_by)
        VALUES (?, ?, ?, ?, ?, ?, ?)""",
        [
            name,
            token[:PREFIX_LETTERS],
            _hashed(token),
            json.dumps(sorted(scopes)),
            as_text(ends_at),
            as_text(now),
            by,
        ],
    )
    return token


def find(db: Database, token: str, now: datetime) -> ApiToken | None:
    """The token that is shown, if it is one that opens anything now."""
    found = _one(db, "token = ?", _hashed(token))
    return found if found and found.opens(now) else None


def token(db: Database, token_id: int) -> ApiToken | None:
    """The token with this id, or None."""
    return _one(db, "id = ?", token_id)


def token_named(db: Database, name: str) -> ApiToken | None:
    """The token with this name, in letters of any case, that is not revoked; or None."""
    return _one(db, "name = ? AND revoked_at IS NULL", name)


def all_tokens(db: Database) -> list[ApiToken]:
    """All, those in use first, by name."""
    return [_token_of(row) for row in db.query("SELECT * FROM api_tokens ORDER BY revoked_at IS NOT NULL, name, id")]


def in_use(db: Database) -> list[ApiToken]:
    """Those that are not revoked, what ends first first."""
    return [_token_of(row) for row in db.query("SELECT * FROM api_tokens WHERE revoked_at IS NULL ORDER BY ends_at")]


def is_due(token: ApiToken, now: datetime) -> bool:
    """Whether it is to be written down that a token is in use: not at each of a thousand requests."""
    return token.seen_at is None or now - token.seen_at >= SEEN_EVERY


def see(db: Database, token_id: int, now: datetime) -> None:
    """Write down that a token is in use."""
    db.execute("UPDATE api_tokens SET seen_at = ? WHERE id = ?", [as_text(now), token_id])


def revoke(db: Database, token_id: int, by: str, now: datetime) -> bool:
    """Let a token open nothing any more; returns whether it was not revoked before."""
    sql = "UPDATE api_tokens SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at IS NULL"
    return bool(db.execute(sql, [as_text(now), by, token_id]).rowcount)


def _one(db: Database, condition: str, value: object) -> ApiToken | None:
    return next((_token_of(row) for row in db.query(f"SELECT * FROM api_tokens WHERE {condition}", [value])), None)


def _token_of(row: dict[str, Any]) -> ApiToken:
    instant = datetime.fromisoformat
    return ApiToken(
        id=row["id"],
        name=row["name"],
        prefix=row["prefix"],
        scopes=frozenset(map(Right, json.loads(row["scopes"]))),
        ends_at=instant(row["ends_at"]),
        created_at=instant(row["created_at"]),
        created_by=row["created_by"],
        seen_at=as_instant(row["seen_at"]),
        revoked_at=as_instant(row["revoked_at"]),
        revoked_by=row["revoked_by"],
    )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
