"""The shelf of a provider: documents ready to hand out, found by institution and identity number."""

import gzip
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from webapp.model import Institution, Text
from webapp.provider.schema import migrations

BUSY_SECONDS = 10.0
_TABLES = frozenset({"institutions", "documents", "identifiers"})


@dataclass(frozen=True)
class Sharer:
    """An institution on the shelf. `exchanges` and `reserved` are its switches in FS, RESUTVEKSL and RESERVER;
    `batch`: how many people may be asked about at once."""

    number: int
    name: Text
    exchanges: bool
    batch: int
    requires_consent: bool
    reserved: bool = False

    @property
    def shares(self) -> bool:
        """Whether it answers at all."""
        return self.exchanges and not self.reserved


@dataclass(frozen=True)
class Holding:
    """A document to be put on the shelf, with the identity numbers (11 digits) it shall be found by.

    `etag` tags its meaning; `consent`: whether its person has consented to the institution's sharing it.
    """

    institution: int
    identifiers: Sequence[str]
    elmo: bytes
    etag: str
    consent: bool = True


@dataclass(frozen=True)
class Entry:
    """A document on the shelf, without its body."""

    id: int
    etag: str
    consent: bool


class Shelf:
    """A provider's SQLite file; made when it is not there. Each thread has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        # A new file is for nobody else on the machine to read; SQLite gives those beside it the same mode.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        db = self.db
        db.enable_wal()
        migrations.apply(db)

    @staticmethod
    def recognises(path: Path) -> bool:
        """Whether a file is a shelf already; nothing is written to it."""
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            try:
                names = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
            finally:
                connection.close()
        except sqlite3.Error:
            return False
        return names >= _TABLES

    def close(self) -> None:
        """Closes the connections of all threads; none of them may be at work."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        self._own = threading.local()

    def add_institution(
        self,
        institution: Institution,
        *,
        exchanges: bool = True,
        batch: int = 250,
        requires_consent: bool = False,
        reserved: bool = False,
    ) -> None:
        """Adds an institution, or changes what is said of it. With `requires_consent` only what has a consent
        of its person is handed out, whatever the asker's basis. Raises ValueError without a number."""
        if institution.number is None:
            raise ValueError("an institution that shares needs a number")
        row = {
            "number": institution.number,
            "name": json.dumps(dict(institution.name), ensure_ascii=False),
            "exchanges": exchanges,
            "batch": batch,
            "requires_consent": requires_consent,
            "reserved": reserved,
        }
        self.db.table("institutions").upsert(row, pk="number")

    def switch(self, institution: int, *, exchanges: bool | None = None, reserved: bool | None = None) -> None:
        """Turns an institution's switches, RESUTVEKSL and RESERVER; None leaves one as it is."""
        with self.write() as db:
            db.execute(
                """UPDATE institutions SET exchanges = ifnull(?, exchanges), reserved = ifnull(?, reserved)
                WHERE number = ?""",
                [exchanges, reserved, institution],
            )

    def put(
        self,
        institution: int,
        identifiers: Sequence[str],
        elmo: bytes,
        *,
        etag: str,
        consent: bool = True,
    ) -> None:
        """Puts one person's document on the shelf, in place of what lay there under any of the numbers."""
        self.put_many([Holding(institution, identifiers, elmo, etag, consent)])

    def put_many(self, holdings: Iterable[Holding]) -> None:
        """Puts many documents on the shelf at once: all of them or, after an error, none."""
        with self.write() as db:
            for holding in holdings:
                _put(db, holding)

    @contextmanager
    def write(self) -> Iterator[Database]:
        """A transaction that happens whole or not at all. Threads queue here: SQLite would have them sleep."""
        db = self.db
        with self._writing:
            # At once: one that reads first and writes later fails when another process has written meanwhile.
            db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.conn.rollback()
                raise
            db.conn.execute("COMMIT")

    def rebuild(self) -> bool:
        """Writes the file anew, so that nothing deleted lingers in it; whether nobody was in the way."""
        try:
            with self._writing:
                self.db.execute("VACUUM")
                [(is_busy, *_)] = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.OperationalError:
            return False
        return not is_busy

    def sharers(self) -> list[Sharer]:
        """The institutions, by number."""
        rows = self.db.query("SELECT * FROM institutions ORDER BY number")
        return [
            Sharer(
                row["number"],
                json.loads(row["name"]),
                bool(row["exchanges"]),
                row["batch"],
                bool(row["requires_consent"]),
                bool(row["reserved"]),
            )
            for row in rows
        ]

    def entries(self, institution: int, identifiers: Iterable[str]) -> dict[str, Entry]:
        """What the institution has, by identity number."""
        rows = self.db.execute(
            """
            SELECT identifiers.identifier, documents.id, documents.etag, documents.consent
            FROM identifiers JOIN documents ON documents.id = identifiers.document
            WHERE identifiers.institution = ? AND identifiers.identifier IN (SELECT value FROM json_each(?))
            """,
            [institution, json.dumps(list(identifiers))],
        )
        return {identifier: Entry(id, etag, bool(consent)) for identifier, id, etag, consent in rows}

    def documents(self, institution: int) -> Iterator[tuple[tuple[str, ...], bytes]]:
        """All documents of an institution in the order in which they came, each with the numbers it is found by."""
        rows = self.db.execute(
            """
            SELECT documents.body, (SELECT json_group_array(identifier) FROM (SELECT identifier FROM identifiers
                WHERE identifiers.document = documents.id ORDER BY identifier))
            FROM documents WHERE documents.institution = ? ORDER BY documents.id
            """,
            [institution],
        )
        yield from ((tuple(json.loads(numbers)), gzip.decompress(body)) for body, numbers in rows)

    def compressed(self, entry: Entry) -> bytes:
        """An entry's document, compressed with gzip; empty when it has left the shelf meanwhile."""
        rows = self.db.execute("SELECT body FROM documents WHERE id = ?", [entry.id])
        return bytes((rows.fetchone() or (b"",))[0])

    def numbers(self, entry: Entry) -> Sequence[str]:
        """The identity numbers that an entry is found by, in no order."""
        rows = self.db.execute("SELECT identifier FROM identifiers WHERE document = ? ORDER BY 1", [entry.id])
        return tuple(identifier for (identifier,) in rows)

    @property
    def db(self) -> Database:
        """This thread's connection, for reading."""
        if not hasattr(self._own, "db"):
            # The check is off so that close() may close what other threads opened.
            connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, check_same_thread=False)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            # What is deleted is overwritten at once; what lingers of it when rows move, `rebuild` takes.
            connection.execute("PRAGMA secure_delete = ON")
            self._opened.append(connection)
            self._own.db = Database(connection)
        db: Database = self._own.db
        return db


def _put(db: Database, holding: Holding) -> None:
    numbers = json.dumps(list(holding.identifiers))
    db.execute(
        """
        DELETE FROM documents WHERE id IN (
            SELECT document FROM identifiers
            WHERE institution = ? AND identifier IN (SELECT value FROM json_each(?)))
        """,
        [holding.institution, numbers],
    )
    document = db.execute(
        "INSERT INTO documents (institution, etag, consent, body) VALUES (?, ?, ?, ?) RETURNING id",
        [holding.institution, holding.etag, holding.consent, gzip.compress(holding.elmo, mtime=0)],
    ).fetchone()[0]
    db.execute(
        "INSERT OR IGNORE INTO identifiers SELECT ?, value, ? FROM json_each(?)",
        [holding.institution, document, numbers],
    )
