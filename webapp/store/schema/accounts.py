"""What local users sign in with, and the attempts at it."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def local_accounts(db: Database) -> None:
    """Of a set-up link only the hash of its token is kept; `subject` of attempts is a hash too: what somebody typed as
    their name may be anything."""
    run(
        db,
        """CREATE TABLE accounts (
            user_id INTEGER PRIMARY KEY REFERENCES users (id),
            password TEXT NOT NULL,
            one_time_secret TEXT NOT NULL,
            last_step INTEGER NOT NULL,
            changed_at TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE setup_links (
            user_id INTEGER PRIMARY KEY REFERENCES users (id),
            token TEXT NOT NULL UNIQUE,
            one_time_secret TEXT NOT NULL,
            ends_at TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE sign_in_attempts (
            subject TEXT PRIMARY KEY,
            failures INTEGER NOT NULL,
            last_at TEXT NOT NULL,
            locked_until TEXT
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX sign_in_attempts_by_time ON sign_in_attempts (last_at)",
    )
