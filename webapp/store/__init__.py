"""The only SQL: one SQLite file, a connection per thread, short writing transactions around whole facts."""

import fcntl
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from webapp.store.presence import Presence
from webapp.store.upgrading import OpenElsewhere, bring_up

#: How long a writer waits for another process' transaction, in seconds.
BUSY_SECONDS = 30
#: How long the end of a rebuild waits for those who read, in seconds.
REBUILD_BUSY_SECONDS = 2
#: Who has queued longer than this has that taken off, but for this: of ten who wait for a program that holds the
#: database, the last would wait ten times as long.
QUEUED_SECONDS = 1.0
#: How long somebody who only asks whether it could write waits for that, in seconds.
PROBE_SECONDS = 1
#: How long others may take to let go of a database that is to be upgraded, and how often is looked, in seconds: a run
#: ends within ten.
OTHERS_SECONDS, LOOK_SECONDS = 12.0, 0.1


class Store:
    """The database of one instance, brought up to date when it is opened. Raises Refusal as `bring_up`, and
    DatabaseGone when its file is not there any more, or is another."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        # Writers queue here instead of in SQLite's busy handler, which sleeps up to 100 ms a time and lets a run, that
        # writes without end, go before a caseworker: threads at the first, processes at the second.
        self._writing = threading.RLock()
        self._turn = os.open(path.with_name(f"{path.name}-turn"), os.O_CREAT | os.O_WRONLY, 0o600)
        self._presence = Presence(path, self._turn)
        patience = stop_after_delay(OTHERS_SECONDS)
        try:
            Retrying(
                retry=retry_if_exception_type(OpenElsewhere), stop=patience, wait=wait_fixed(LOOK_SECONDS), reraise=True
            )(self._bring_up)
        except BaseException:
            self.close()
            raise

    def _bring_up(self) -> None:
        # The turn comes before the connection: of several that start at once, one has the database alone. Whoever waits
        # for others has neither: a run needs turns to end in good order.
        with self._writing, self._my_turn():
            self._presence.expect()
            # For nobody else on the machine to read; SQLite gives its files beside the same mode. Only where it is new:
            # to close another handle of a file drops the locks that SQLite has on it.
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))
            try:
                bring_up(self.db, self.path)
            except OpenElsewhere:
                self._connections.pop().close()
                del self._local.db
                raise
            self._presence.remember()

    @property
    def db(self) -> Database:
        """This thread's connection; for reading, outside any transaction of its own."""
        if not hasattr(self._local, "db"):
            self.check()
            connection = _connect(self.path)
            self._connections.append(connection)
            self._local.db = Database(connection)
        db: Database = self._local.db
        return db

    def rest(self) -> None:
        """Let go of the pages that this thread's connection keeps, 2 MB at most: for a thread whose work is done."""
        self.db.conn.execute("PRAGMA shrink_memory")

    def check(self) -> None:
        """Raises DatabaseGone when the file is not there any more, or is another: what is read on is of before."""
        self._presence.check()

    @contextmanager
    def write(self) -> Iterator[Database]:
        """A transaction that either happens whole or not at all. Never hold one across a network call."""
        db, came = self.db, time.monotonic()
        with self._writing, self._my_turn():
            self.check()
            # BEGIN IMMEDIATE: a transaction that reads first and writes later fails at once under contention.
            waited = time.monotonic() - came
            with _patient(db.conn, BUSY_SECONDS - waited) if waited > QUEUED_SECONDS else nullcontext():
                db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.conn.execute("COMMIT")
            except BaseException:
                db.conn.rollback()
                raise

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """The system gives the lock to who waits for it the moment it is free, and frees that of a dead process."""
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def probe(self) -> Database:
        """Read the database by a new connection, which sees what has become of the file, and begin to write unless
        somebody else does just now, who shows that it can be done. Returns the connection, to be closed.

        Raises DatabaseGone as `check`, and sqlite3.Error where the file is damaged, cannot be written to, or is locked
        by a program that knows nothing of turns.
        """
        self.check()
        connection = sqlite3.connect(f"{self.path.as_uri()}?mode=rw", uri=True, timeout=PROBE_SECONDS)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            with suppress(BlockingIOError), self._turn_at_once():
                connection.execute("BEGIN IMMEDIATE")
                connection.rollback()
        except sqlite3.Error:
            connection.close()
            raise
        return Database(connection)

    @contextmanager
    def _turn_at_once(self) -> Iterator[None]:
        """The turn to write, or BlockingIOError while it is somebody else's."""
        if not self._writing.acquire(blocking=False):
            raise BlockingIOError
        try:
            fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                yield
            finally:
                fcntl.flock(self._turn, fcntl.LOCK_UN)
        finally:
            self._writing.release()

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


@contextmanager
def _patient(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Have a connection wait for other processes for so long, at least QUEUED_SECONDS."""
    connection.execute(f"PRAGMA busy_timeout = {1000 * max(seconds, QUEUED_SECONDS):.0f}")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout = {1000 * BUSY_SECONDS:.0f}")


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
