"""The trace: entries that only ever are added, each chained to the one before."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def trace(db: Database) -> None:
    """`hash` is over the entry and `previous`, the hash of the one before; `digest` is over salt and content, which lie
    apart, so that the content can go while the chain holds. `people` is a JSON list; `trace_people` finds by it."""
    run(
        db,
        """CREATE TABLE trace (
            id INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            by TEXT NOT NULL,
            act TEXT NOT NULL,
            door TEXT NOT NULL,
            people TEXT NOT NULL,
            digest TEXT NOT NULL,
            previous TEXT NOT NULL,
            hash TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX trace_by_time ON trace (at, id)",
        "CREATE INDEX trace_by_user ON trace (by, id)",
        """CREATE TABLE trace_people (
            person_id INTEGER NOT NULL,
            entry_id INTEGER NOT NULL REFERENCES trace (id),
            PRIMARY KEY (person_id, entry_id)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE trace_contents (
            entry_id INTEGER PRIMARY KEY REFERENCES trace (id),
            salt TEXT NOT NULL,
            content TEXT NOT NULL
        ) STRICT""",
        *(
            f"""CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table} BEGIN
                SELECT RAISE(ABORT, 'the trace is append-only');
            END"""
            for table in ("trace", "trace_people")
            for event in ("UPDATE", "DELETE")
        ),
    )
