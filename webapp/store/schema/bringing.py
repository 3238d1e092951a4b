"""Documents that are brought to us: files that wait to be taken in, and what orders were made of them."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def uploads(db: Database) -> None:
    """An order with a row in `deliveries` asked nobody: its fetches are the institutions of one document.

    `under`: the institution under which issuers stand that have no number. In `uploads` a document waits from the
    preview until it is taken in or discarded, a day at most.
    """
    run(
        db,
        """CREATE TABLE deliveries (
            order_id INTEGER PRIMARY KEY REFERENCES orders (id),
            is_selection INTEGER NOT NULL,
            under INTEGER REFERENCES institutions (number),
            signature TEXT NOT NULL,
            signer TEXT,
            algorithm TEXT,
            certificate_until TEXT
        ) STRICT""",
        """CREATE TABLE uploads (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            person_id INTEGER NOT NULL REFERENCES people (id),
            name TEXT NOT NULL,
            body BLOB NOT NULL,
            uploaded_by TEXT NOT NULL,
            uploaded_at TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX uploads_by_time ON uploads (uploaded_at)",
        "CREATE INDEX answers_by_payload ON answers (payload) WHERE payload IS NOT NULL",
        "ALTER TABLE run_sources ADD COLUMN awaited INTEGER NOT NULL DEFAULT 0",
    )
