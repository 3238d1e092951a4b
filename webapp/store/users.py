"""Those who use the system."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from webapp.model import Role, User, UserKind, rights_of
from webapp.store import as_text


def add(
    db: Database,
    name: str,
    roles: Iterable[Role],
    kind: UserKind,
    by: str,
    now: datetime,
    display_name: str = "",
    subject: str | None = None,
) -> int:
    """Add a user; returns the id. Raises sqlite3.IntegrityError for a name or subject that is taken."""
    return int(
        db.execute(
            """INSERT INTO users (name, display_name, kind, subject, roles, created_at, created_by)
            VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id""",
            [name, display_name, kind, subject, json.dumps(sorted(roles)), as_text(now), by],
        ).fetchone()[0]
    )


def user(db: Database, user_id: int) -> User | None:
    """The user with this id, or None."""
    return _one(db, "id = ?", user_id)


def user_named(db: Database, name: str) -> User | None:
    """The user with this name, in letters of any case; or None."""
    return _one(db, "name = ?", name)


def user_with_subject(db: Database, subject: str) -> User | None:
    """The user that an OpenID provider knows by this subject ("issuer subject"), or None."""
    return _one(db, "subject = ?", subject)


def all_users(db: Database) -> list[User]:
    """All, by name."""
    return [user_of(row) for row in db.query("SELECT * FROM users ORDER BY name")]


def set_roles(db: Database, user_id: int, roles: Iterable[Role]) -> None:
    """Let a user be this, and nothing else."""
    db.execute("UPDATE users SET roles = ? WHERE id = ?", [json.dumps(sorted(roles)), user_id])


def set_active(db: Database, user_id: int, is_active: bool) -> None:
    """Let a user in, or not any more."""
    db.execute("UPDATE users SET is_active = ? WHERE id = ?", [is_active, user_id])


def user_of(row: dict[str, Any]) -> User:
    """A row of the table as a user."""
    roles = frozenset(map(Role, json.loads(row["roles"])))
    return User(
        name=row["name"],
        roles=roles,
        rights=rights_of(roles),
        kind=UserKind(row["kind"]),
        display_name=row["display_name"],
        id=row["id"],
        is_active=bool(row["is_active"]),
    )


def _one(db: Database, condition: str, value: object) -> User | None:
    row = next(db.query(f"SELECT * FROM users WHERE {condition}", [value]), None)
    return user_of(row) if row else None
