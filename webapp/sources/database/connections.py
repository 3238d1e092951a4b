"""Connections to a database: read-only, and with limits on both sides."""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import ceil
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, ExceptionContext, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from webapp.errors import SourceError, SourceFailure
from webapp.sources.addresses import Network
from webapp.sources.database.ways import CheckedWay, deny_other_files

T = TypeVar("T")

#: A connection is made anew after this time: those before it may have come to a server that is to go.
RECYCLE_SECONDS = 1800
#: How many steps of its machine SQLite takes between two looks at whether anybody still waits.
PROGRESS_STEPS = 10_000


class Call(Generic[T]):
    """Work with a connection in a thread of its own, so that no driver, and no server that says nothing, is waited for
    beyond the limit. What is given up is broken off."""

    def __init__(self, work: Callable[["Call[T]"], T]) -> None:
        self._work = work
        self._done: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._connection: Any = None
        self.is_given_up = False

    def answer(self, seconds: float) -> T:
        """What the work gives. Raises what it raises; TIMEOUT when it has not ended by then."""
        # Daemons: a driver that hangs must not keep the process from its end.
        threading.Thread(target=self._run, name="database", daemon=True).start()
        try:
            value, error = self._done.get(timeout=seconds)
        except Empty:
            self.give_up()
            raise SourceError(SourceFailure.TIMEOUT, "no whole answer within the limit") from None
        if error is not None:
            raise error
        return value  # type: ignore[return-value]

    def hold(self, connection: Any) -> None:
        """This connection of the driver is what the work waits for now, or none."""
        with self._lock:
            self._connection = connection
            if self.is_given_up and connection is not None:
                _break_off(connection)

    def demand(self) -> None:
        """Raises SourceError when nobody waits any more."""
        if self.is_given_up:
            raise SourceError(SourceFailure.TIMEOUT, "given up")

    def give_up(self) -> None:
        """Break off what is waited for; whoever waits for an answer gets a failure."""
        with self._lock:
            self.is_given_up = True
            if self._connection is not None:
                _break_off(self._connection)
        self._done.put((None, SourceError(SourceFailure.BROKEN_OFF, "given up")))

    def _run(self) -> None:
        try:
            self._done.put((self._work(self), None))
        except BaseException as error:
            self._done.put((None, error))


def _break_off(connection: Any) -> None:
    """Wake the thread that waits for a connection, by closing the socket beneath. Drivers that do not show theirs have
    limits of their own; SQLite has none to show."""
    if hasattr(connection, "fileno"):
        with suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as beneath:
            beneath.shutdown(socket.SHUT_RDWR)


def _close_cursor(context: ExceptionContext) -> None:
    """SQLAlchemy leaves a cursor as it is when its connection has ended; psycopg complains of one that is left."""
    work = context.execution_context
    if context.is_disconnect and work is not None and work.cursor is not None:
        with suppress(Exception):
            work.cursor.close()


class Connections:
    """The connections to one database. Several threads may share them: up to `seats` are open at once.

    `seconds` limits each query on the server's side, and making a connection; `instance`: the folder that the path of
    an SQLite file begins in; `allowed`: the networks that the host may lie in beside the public ones. Raises
    sqlalchemy.exc.ArgumentError, or ImportError for a driver that is not there.
    """

    def __init__(self, url: URL, seconds: float, seats: int, instance: Path, allowed: Sequence[Network] = ()) -> None:
        self._seconds = seconds
        self._making = threading.local()
        self._engine = _engine(url, seconds, seats, instance)
        self._is_closed = False
        if self._engine.dialect.name != "sqlite":
            event.listen(self._engine, "do_connect", CheckedWay(allowed, seconds))
        # First of all listeners: SQLAlchemy itself asks a new connection this and that.
        event.listen(self._engine.pool, "connect", self._made, insert=True)
        event.listen(self._engine, "handle_error", _close_cursor)

    @contextmanager
    def connection(self, call: Call[Any]) -> Iterator[Connection]:
        """A connection within a transaction that reads only; the call can break it off."""
        self._making.call = call
        connection = self._begun(call)
        try:
            yield connection
        finally:
            self._let_go(connection, call)

    def close(self) -> None:
        """Close those that are not in use now, and the others as soon as they are not."""
        self._is_closed = True
        self._engine.pool.dispose()

    def _made(self, connection: Any, *_: object) -> None:
        self._making.call.hold(connection)

    def _begun(self, call: Call[Any]) -> Connection:
        """A connection that works. One that has been idle may be dead: then all of its kind are, and one is made."""
        try:
            return self._begin(call)
        except DBAPIError as error:
            if not error.connection_invalidated or call.is_given_up:
                raise
            return self._begin(call)

    def _begin(self, call: Call[Any]) -> Connection:
        connection = self._engine.connect()
        try:
            call.demand()
            call.hold(connection.connection.dbapi_connection)
            begin = _BEGINNINGS.get(self._engine.dialect.name)
            if begin is not None:
                begin(connection, self._seconds, call)
        except BaseException:
            self._let_go(connection, call)
            raise
        return connection

    def _let_go(self, connection: Connection, call: Call[Any]) -> None:
        call.hold(None)
        connection.close()
        if self._is_closed:
            self._engine.pool.dispose()


def _engine(url: URL, seconds: float, seats: int, instance: Path) -> Engine:
    if url.get_backend_name() == "sqlite":
        file = f"file:{quote(str(instance / (url.database or '')))}"
        url = url.set(database=file, query={"mode": "ro", "uri": "true"})
        # No pool: a file is opened in no time, and one that was exchanged for a newer one is seen at once.
        return create_engine(url, poolclass=NullPool, connect_args={"timeout": seconds / 2}, hide_parameters=True)
    more: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        # One snapshot for all queries of an answer; no statement of a transaction can make it one that writes.
        more["execution_options"] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        limit = str(ceil(seconds))
        if url.drivername in ("postgresql", "postgresql+psycopg"):
            url = url.set(drivername="postgresql+psycopg")
            # Nothing is prepared: a pooler between us would not know it again.
            more["connect_args"] = {"connect_timeout": limit, "prepare_threshold": None}
    return create_engine(
        url,
        pool_size=seats,
        max_overflow=0,
        pool_timeout=seconds,
        pool_recycle=RECYCLE_SECONDS,
        pool_use_lifo=True,
        hide_parameters=True,
        **more,
    )


def _begin_sqlite(connection: Connection, seconds: float, call: Call[Any]) -> None:
    driver: Any = connection.connection.dbapi_connection
    deny_other_files(driver)
    driver.set_progress_handler(lambda: call.is_given_up, PROGRESS_STEPS)
    connection.exec_driver_sql("BEGIN")


def _begin_postgresql(connection: Connection, seconds: float, call: Call[Any]) -> None:
    limit = f"{max(1, int(seconds * 1000))}ms"
    connection.exec_driver_sql(
        f"SELECT set_config('statement_timeout', '{limit}', true),"
        f" set_config('idle_in_transaction_session_timeout', '{limit}', true)"
    )


def _begin_mysql(connection: Connection, seconds: float, call: Call[Any]) -> None:
    is_mariadb = getattr(connection.dialect, "is_mariadb", False)
    limit = f"max_statement_time = {seconds}" if is_mariadb else f"max_execution_time = {max(1, int(seconds * 1000))}"
    connection.exec_driver_sql(f"SET SESSION {limit}")
    connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
    connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


#: How a transaction that reads only, with a time limit on the server's side, is begun, by SQLAlchemy's dialect.
_BEGINNINGS: Mapping[str, Callable[[Connection, float, Call[Any]], None]] = {
    "sqlite": _begin_sqlite,
    "postgresql": _begin_postgresql,
    "mysql": _begin_mysql,
    "mariadb": _begin_mysql,
}
