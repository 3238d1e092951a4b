"""Those who are on the way to an OpenID provider and back."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def openid_visits(db: Database) -> None:
    """`state` and `browser` are hashes (SHA-256, hexadecimal). Without the code that the provider gives the browser,
    `nonce` and `verifier` are of no use."""
    run(
        db,
        """CREATE TABLE openid_visits (
            state TEXT PRIMARY KEY,
            browser TEXT NOT NULL,
            nonce TEXT NOT NULL,
            verifier TEXT NOT NULL,
            next TEXT NOT NULL,
            expires_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID""",
    )
