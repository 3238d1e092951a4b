"""How the sources fare: their answers and failures by the hour, and how each stands now."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def source_health(db: Database) -> None:
    """Each question to a source counts once, in the hour (UTC) in which its answer came or failed to come.

    `times` counts the answers of that hour by how long they took, as a JSON object: see model.sources.bucket_of. A run
    asks about many people in one question; what it writes is one row an hour and source, whatever it asks.
    """
    run(
        db,
        """CREATE TABLE source_hours (
            hour TEXT NOT NULL,
            institution INTEGER NOT NULL REFERENCES institutions (number),
            answered INTEGER NOT NULL DEFAULT 0,
            failed INTEGER NOT NULL DEFAULT 0,
            times TEXT NOT NULL DEFAULT '{}',
            PRIMARY KEY (hour, institution)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE source_health (
            institution INTEGER PRIMARY KEY REFERENCES institutions (number),
            answered_at TEXT,
            failed_at TEXT,
            failing_since TEXT,
            failure TEXT,
            cause TEXT,
            certificate_until TEXT,
            described_at TEXT
        ) STRICT""",
        # Until when and why a source was switched off, so that a run did not ask it on: see errors.SwitchedOff.
        "ALTER TABLE run_sources ADD COLUMN off TEXT",
    )
