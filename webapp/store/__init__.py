"""The only SQL: one SQLite file, a connection per thread, short writing transactions around whole facts."""

import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from webapp.store.schema import migrations

#: How long a writer waits for another process' transaction, in seconds.
BUSY_SECONDS = 30
#: How long the end of a rebuild waits for those who read, in seconds.
REBUILD_BUSY_SECONDS = 2


class Store:
    """The database of one instance."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        # Writers queue here instead of in SQLite's busy handler, which sleeps up to 100 ms a time and lets a run, that
        # writes without end, go before a caseworker: threads at the first, processes at the second.
        self._writing = threading.RLock()
        self._turn = os.open(path.with_name(f"{path.name}-turn"), os.O_CREAT | os.O_WRONLY, 0o600)
        with self._writing:
            migrations.apply(self.db)

    @property
    def db(self) -> Database:
        """This thread's connection; for reading, outside any transaction of its own."""
        if not hasattr(self._local, "db"):
            connection = _connect(self.path)
            self._connections.append(connection)
            self._local.db = Database(connection)
        db: Database = self._local.db
        return db

    def rest(self) -> None:
        """Let go of the pages that this thread's connection keeps, 2 MB at most: for a thread whose work is done."""
        self.db.conn.execute("PRAGMA shrink_memory")

    @contextmanager
    def write(self) -> Iterator[Database]:
        """A transaction that either happens whole or not at all. Never hold one across a network call."""
        db = self.db
        with self._writing, self._my_turn():
            # BEGIN IMMEDIATE: a transaction that reads first and writes later fails at once under contention.
            db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.conn.rollback()
                raise
            db.conn.execute("COMMIT")

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """The system gives the lock to who waits for it the moment it is free, and frees that of a dead process."""
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def rebuild(self, is_stopping: Callable[[], bool]) -> bool:
        """Write the file anew, so that nothing deleted lingers in it: when SQLite moves rows between pages it leaves
        copies, which secure_delete does not reach. Others read meanwhile, and wait to write. Returns whether it came to
        its end; it does not when `is_stopping` says so, or when somebody reads from the write-ahead log for long.

        Rows keep their places (rowid) in tables that have an index: runs know applications by theirs.
        """
        connection = self.db.conn
        with self._writing, self._my_turn():
            connection.set_progress_handler(is_stopping, 1000)
            try:
                connection.execute("VACUUM")
            except sqlite3.OperationalError:
                if not is_stopping():
                    raise
                return False
            finally:
                connection.set_progress_handler(None, 0)
            # All writers wait behind this, and a stop: somebody who takes out a long list is not waited for.
            connection.execute(f"PRAGMA busy_timeout = {1000 * REBUILD_BUSY_SECONDS}")
            (is_busy, *_), *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute(f"PRAGMA busy_timeout = {1000 * BUSY_SECONDS}")
            return not is_busy

    def close(self) -> None:
        """Close every thread's connection; the store is not used after that."""
        if self._turn >= 0:
            os.close(self._turn)
            self._turn = -1
        while self._connections:
            self._connections.pop().close()


def _connect(path: Path) -> sqlite3.Connection:
    # A connection belongs to one thread; only `close` reaches across, when the threads are done.
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    # What is deleted or changed is overwritten at once. Little of it lingers, and that until `rebuild`.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def rows_of(db: Database, sql: str, values: Sequence[object]) -> list[dict[str, Any]]:
    """What a SELECT finds, all of it. On the path of a run this stands for `Database.query`, that puts a savepoint
    around each."""
    cursor = db.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


#: A text, list or object as JSON in a column. One encoder for all: json.dumps makes one for each.
as_json = json.JSONEncoder(ensure_ascii=False).encode


@lru_cache(maxsize=64)  # a run writes one instant many thousand times
def as_text(at: datetime) -> str:
    """An instant as it is stored: ISO 8601 in UTC with milliseconds, so that text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def as_instant(text: str | None) -> datetime | None:
    """A stored instant, or None."""
    return datetime.fromisoformat(text) if text else None
