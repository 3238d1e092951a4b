"""What a purge would take, as it was computed last: with a hundred thousand people that takes seconds."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def purge_preview(db: Database) -> None:
    """One row at most; `preview` is JSON, as model.Preview but for its instant."""
    run(
        db,
        """CREATE TABLE purge_preview (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            at TEXT NOT NULL,
            preview TEXT NOT NULL
        ) STRICT""",
    )
