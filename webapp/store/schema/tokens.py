"""The tokens that programs show."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def api_tokens(db: Database) -> None:
    """Of a token only the hash is kept (SHA-256, hexadecimal), and its beginning, by which it is known again. Of those
    with the same name at most one is not revoked."""
    run(
        db,
        """CREATE TABLE api_tokens (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL COLLATE NOCASE,
            prefix TEXT NOT NULL,
            token TEXT NOT NULL UNIQUE,
            scopes TEXT NOT NULL,
            ends_at TEXT NOT NULL,
            created_at TEXT NOT NULL,
            created_by TEXT NOT NULL,
            seen_at TEXT,
            revoked_at TEXT,
            revoked_by TEXT
        ) STRICT""",
        "CREATE UNIQUE INDEX api_tokens_in_use ON api_tokens (name) WHERE revoked_at IS NULL",
    )
