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
