"""The upgrades that have been: which version of the program took which steps."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def upgrades(db: Database) -> None:
    """`version` is the program's; `steps` is a JSON array of their names. An older program reads `version` of the last
    row, to say what has written the database: the two must never be called otherwise."""
    run(
        db,
        """CREATE TABLE upgrades (
            id INTEGER PRIMARY KEY,
            version TEXT NOT NULL,
            at TEXT NOT NULL,
            steps TEXT NOT NULL
        ) STRICT""",
    )
