"""The sources: what was done to them."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def source_changes(db: Database) -> None:
    """sources.toml says what the sources are; here stands who changed it by the program. `fields` is a JSON array of
    field, before and after."""
    run(
        db,
        """CREATE TABLE source_changes (
            id INTEGER PRIMARY KEY,
            institution INTEGER NOT NULL,
            changed_at TEXT NOT NULL,
            changed_by TEXT NOT NULL,
            kind TEXT NOT NULL,
            fields TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX source_changes_by_institution ON source_changes (institution, id)",
    )
