"""What goes when its time is over: who was admitted, whose results have gone, and the purges that have been."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def retention(db: Database) -> None:
    """`applications.admitted` is J or N, NULL while nobody has told. `purges.purged` is JSON, as model.Purged;
    `rebuilt_at`: when the file was written anew after it, so that nothing of what went lingers."""
    run(
        db,
        "ALTER TABLE applications ADD COLUMN admitted TEXT CHECK (admitted IN ('J', 'N'))",
        "ALTER TABLE people ADD COLUMN emptied_at TEXT",
        """CREATE TABLE purges (
            id INTEGER PRIMARY KEY,
            begun_at TEXT NOT NULL,
            finished_at TEXT,
            by TEXT NOT NULL,
            purged TEXT NOT NULL,
            rebuilt_at TEXT
        ) STRICT""",
    )
