"""When the trace was verified, and how far its chain went then."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def trace_verifications(db: Database) -> None:
    """`entries` and `head`: the number and the hash of the last entry; `fault`: what was found first, and at which
    entry (`fault_at`), both NULL when nothing was."""
    run(
        db,
        """CREATE TABLE trace_verifications (
            id INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            entries INTEGER NOT NULL,
            head TEXT NOT NULL,
            fault TEXT,
            fault_at INTEGER
        ) STRICT""",
        "CREATE INDEX trace_by_act ON trace (act, id)",
    )
