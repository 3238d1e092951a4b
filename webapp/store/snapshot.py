"""The whole database as it is at one instant, in a file of its own; and what proves that such a file is sound."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

from webapp.model import TraceHead, TraceVerdict
from webapp.store import trace_chain
from webapp.store.schema.steps import taken
from webapp.store.trace import BEGINNING

#: How long a snapshot waits for a database that another holds alone, in seconds.
BUSY_SECONDS = 30.0


@dataclass(frozen=True)
class Proof:
    """What a sound file holds: its steps of the schema, the rows of each table, and how far its trace is whole."""

    steps: tuple[str, ...]
    counts: Mapping[str, int]
    trace: TraceVerdict


def take(database: Path, into: Path) -> None:
    """Write the database to a new file, as it stands at one instant, whoever writes meanwhile; nothing that was deleted
    lingers in it. Rows keep their places, as in Store.rebuild. Raises sqlite3.Error."""
    with _opened(database, "mode=ro") as connection:
        connection.execute("VACUUM INTO ?", [str(into)])


def prove(file: Path) -> Proof:
    """Read all of a file that nobody writes to. Raises sqlite3.DatabaseError when it is not as it must be."""
    with _opened(file, "mode=ro&immutable=1") as connection:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"integrity_check: {found}")
        if astray := connection.execute("PRAGMA foreign_key_check").fetchone():
            raise sqlite3.IntegrityError(f"a row of {astray[0]} leads to one that is not in {astray[2]}")
        db = Database(connection)
        return Proof(taken(db), _counts(connection), _trace(db))


def _counts(connection: sqlite3.Connection) -> Mapping[str, int]:
    tables = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite#_%' ESCAPE '#' ORDER BY name"
    ).fetchall()
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables}


def _trace(db: Database) -> TraceVerdict:
    if "trace_verifications" not in db.table_names():  # from before there was one
        return TraceVerdict(TraceHead(0, BEGINNING))
    sound = trace_chain.last_sound(db)
    return trace_chain.verify(db, *([sound] if sound else []))


@contextmanager
def _opened(file: Path, how: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{quote(str(file))}?{how}", uri=True, timeout=BUSY_SECONDS)) as connection:
        yield connection
