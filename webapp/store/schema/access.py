"""Who uses the system, and their sessions."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def users_and_sessions(db: Database) -> None:
    """`subject` is issuer and subject of an OpenID provider's user, as "issuer subject". Of a session's token only the
    hash is kept (SHA-256, hexadecimal)."""
    run(
        db,
        """CREATE TABLE users (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE COLLATE NOCASE,
            display_name TEXT NOT NULL DEFAULT '',
            kind TEXT NOT NULL,
            subject TEXT UNIQUE,
            roles TEXT NOT NULL,
            is_active INTEGER NOT NULL DEFAULT 1,
            created_at TEXT NOT NULL,
            created_by TEXT NOT NULL,
            seen_at TEXT
        ) STRICT""",
        """CREATE TABLE sessions (
            id INTEGER PRIMARY KEY,
            user_id INTEGER NOT NULL REFERENCES users (id),
            token TEXT NOT NULL UNIQUE,
            begun_at TEXT NOT NULL,
            seen_at TEXT NOT NULL,
            ends_at TEXT NOT NULL,
            id_token TEXT
        ) STRICT""",
        "CREATE INDEX sessions_by_user ON sessions (user_id)",
        "CREATE INDEX sessions_by_end ON sessions (ends_at)",
    )
