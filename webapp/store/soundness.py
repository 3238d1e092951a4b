"""The database file looked over without writing to it: whether it is sound, how full it is, what it tells of time."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from webapp.store import BUSY_SECONDS, as_instant, as_text
from webapp.store.schema import migrations
from webapp.store.schema.steps import names, taken, unknown

#: So many faults are looked for, each by reading on to the end: one is enough to know what to do.
_MOST_FAULTS = 3
GROWTH_TIME = timedelta(days=30)
_NEWEST = """SELECT max(at) FROM (
    SELECT at FROM (SELECT at FROM trace ORDER BY id DESC LIMIT 1)
    UNION ALL SELECT max(placed_at) FROM orders UNION ALL SELECT dealt_with_until FROM evenings
    UNION ALL SELECT at FROM (SELECT at FROM trace_verifications ORDER BY id DESC LIMIT 1))"""


@dataclass(frozen=True)
class Schema:
    """Steps of the schema that a database lacks, and such as this program does not know; `begun_at`: when its first was
    taken."""

    lacking: Sequence[str]
    unknown: Sequence[str]
    begun_at: datetime | None

    @property
    def is_ours(self) -> bool:
        """Whether this program can read it as it is."""
        return not self.lacking and not self.unknown


@dataclass(frozen=True)
class Size:
    """How large a database is, in bytes: the pages of its file, those of them that are free, and what has not come from
    the write-ahead log into it."""

    file: int
    free: int
    log: int


@contextmanager
def read_only(path: Path) -> Iterator[Database]:
    """The database at a path, to be read while others write. Raises sqlite3.Error."""
    address = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)) as connection:
        yield Database(connection)


def faults(db: Database) -> Sequence[str]:
    """What SQLite finds wrong with pages and indexes, in its words; it reads everything. Raises sqlite3.DatabaseError
    for what it cannot read at all."""
    found = [str(row[0]) for row in db.execute(f"PRAGMA integrity_check({_MOST_FAULTS})")]
    return [] if found == ["ok"] else found


def strays(db: Database) -> Sequence[str]:
    """The tables of which rows point to rows that are not there."""
    return sorted({str(row[0]) for row in db.execute("PRAGMA foreign_key_check")})


def schema(db: Database) -> Schema:
    """How far the schema of a database is from ours."""
    applied = migrations.applied(db)
    before = taken(db)
    begun = min((step.applied_at for step in applied), default=None)
    return Schema(
        [name for name in names() if name not in before],
        unknown(before),
        datetime.fromisoformat(begun) if begun else None,
    )


def size(db: Database, path: Path) -> Size:
    """How large it is."""
    page_bytes, pages, free = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_size", "page_count", "freelist_count")
    )
    log = path.with_name(f"{path.name}-wal")
    return Size(pages * page_bytes, free * page_bytes, log.stat().st_size if log.exists() else 0)


def growth(db: Database, now: datetime) -> float:
    """The share (0 to 1) of all that was ever fetched that came in the last GROWTH_TIME."""
    lately, ever = db.execute(
        "SELECT count(*) FILTER (WHERE finished_at >= ?), count(*) FROM fetches WHERE finished_at IS NOT NULL",
        [as_text(now - GROWTH_TIME)],
    ).fetchone()
    return lately / ever if ever else 0.0


def newest_instant(db: Database) -> datetime | None:
    """The latest instant at which anything was done, by the clock of then; None where nothing ever was."""
    return as_instant(db.execute(_NEWEST).fetchone()[0])
