"""The tables of a provider's file, step by step."""

from sqlite_utils import Database, Migrations

migrations = Migrations("provider")


@migrations()
def first_shelf(db: Database) -> None:
    """Institutions, the documents that each shares, and the numbers by which they are found."""
    db.execute(
        """
        CREATE TABLE institutions (
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            shares INTEGER NOT NULL,
            batch INTEGER NOT NULL,
            requires_consent INTEGER NOT NULL
        )
        """
    )
    db.execute(
        """
        CREATE TABLE documents (
            id INTEGER PRIMARY KEY,
            institution INTEGER NOT NULL REFERENCES institutions(number),
            etag TEXT NOT NULL,
            consent INTEGER NOT NULL,
            body BLOB NOT NULL
        )
        """
    )
    db.execute(
        """
        CREATE TABLE identifiers (
            institution INTEGER NOT NULL,
            identifier TEXT NOT NULL,
            document INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
            PRIMARY KEY (institution, identifier)
        ) WITHOUT ROWID
        """
    )
    db.execute("CREATE INDEX identifiers_document ON identifiers(document)")


@migrations()
def switches(db: Database) -> None:
    """An institution's two switches in FS: RESUTVEKSL (it exchanges results) and RESERVER (it has opted out)."""
    db.execute("ALTER TABLE institutions RENAME COLUMN shares TO exchanges")
    db.execute("ALTER TABLE institutions ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0")


@migrations()
def askers_and_opt_outs(db: Database) -> None:
    """Who may ask, and about whom nothing is said. `key`: a token's hash, a fingerprint or an organisation number."""
    db.execute(
        """
        CREATE TABLE askers (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            institution INTEGER NOT NULL,
            known_by TEXT NOT NULL,
            key TEXT NOT NULL,
            until TEXT,
            only_asks TEXT NOT NULL,
            revoked_at TEXT
        )
        """
    )
    db.execute("CREATE UNIQUE INDEX askers_key ON askers(known_by, key) WHERE revoked_at IS NULL")
    db.execute(
        """
        CREATE TABLE opt_outs (
            institution INTEGER NOT NULL,
            identifier TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (institution, identifier)
        ) WITHOUT ROWID
        """
    )


@migrations()
def trace(db: Database) -> None:
    """Who asked about whom, and what was answered: an entry for each question, chained as the trace of the house is.

    An entry's `digest` is over those of its parts, one for each person asked about. A part's is over salt and content,
    which can go while the chain holds; its numbers in trace_people can go after them, and nothing else.
    """
    db.execute(
        """
        CREATE TABLE trace (
            id INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            asker TEXT NOT NULL,
            institution TEXT NOT NULL,
            purpose TEXT NOT NULL,
            basis TEXT NOT NULL,
            request TEXT NOT NULL,
            digest TEXT NOT NULL,
            previous TEXT NOT NULL,
            hash TEXT NOT NULL
        )
        """
    )
    db.execute(
        """
        CREATE TABLE trace_parts (
            entry_id INTEGER NOT NULL REFERENCES trace(id),
            place INTEGER NOT NULL,
            digest TEXT NOT NULL,
            salt TEXT,
            content TEXT,
            PRIMARY KEY (entry_id, place)
        ) WITHOUT ROWID
        """
    )
    db.execute(
        """
        CREATE TABLE trace_people (
            identifier TEXT NOT NULL,
            entry_id INTEGER NOT NULL,
            place INTEGER NOT NULL,
            PRIMARY KEY (identifier, entry_id, place),
            FOREIGN KEY (entry_id, place) REFERENCES trace_parts(entry_id, place)
        ) WITHOUT ROWID
        """
    )
    is_forgotten = "NEW.content IS NULL AND NEW.salt IS NULL AND NEW.digest = OLD.digest"
    is_same = "NEW.entry_id = OLD.entry_id AND NEW.place = OLD.place"
    is_there = "SELECT 1 FROM trace_parts WHERE entry_id = OLD.entry_id AND place = OLD.place AND content IS NOT NULL"
    for table, event, when in (
        ("trace", "UPDATE", "1"),
        ("trace", "DELETE", "1"),
        ("trace_parts", "UPDATE", f"NOT ({is_forgotten} AND {is_same})"),
        ("trace_parts", "DELETE", "1"),
        ("trace_people", "UPDATE", "1"),
        ("trace_people", "DELETE", f"EXISTS ({is_there})"),
    ):
        db.execute(
            f"""
            CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table} WHEN {when} BEGIN
                SELECT RAISE(ABORT, 'the trace is append-only');
            END
            """
        )
