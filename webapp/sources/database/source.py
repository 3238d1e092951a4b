"""Asks the database of an institution what it has on people: all of a chunk in one to three queries."""

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from more_itertools import chunked
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, stop_before_delay, wait_exponential

from webapp.config import Settings
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.model import Description, Outcome, Question, Reply
from webapp.source_settings import DatabaseSettings
from webapp.sources.database.connections import Call, Connections
from webapp.sources.database.failures import RowError, source_error
from webapp.sources.database.payloads import PROTOCOL, payload_of
from webapp.sources.database.queries import Asking, Found, Query, queries_of
from webapp.sources.database.reading import read_rows
from webapp.sources.database.rows import REQUIRED, is_known
from webapp.sources.database.ways import refuse_our_own
from webapp.sources.replies import document_reply

T = TypeVar("T")

#: How many people are asked about at once where nothing is set.
BATCH = 500
#: How often a chunk is parted to find those whose rows make the question fail; the rest then fails with them.
MOST_PARTINGS = 40
_PASSING = frozenset(
    {SourceFailure.UNREACHABLE, SourceFailure.BROKEN_OFF, SourceFailure.OVERLOADED, SourceFailure.UNAVAILABLE}
)


def opened(source: DatabaseSettings, settings: Settings, attempts: int) -> "DatabaseSource":
    """A database as a source. Raises Refusal when it cannot be opened as it is set."""
    try:
        url = _with_secret(make_url(source.url), source.secret(settings.instance))
        if url.get_backend_name() == "sqlite":
            refuse_our_own(settings.instance / (url.database or ""), settings.database)
        allowed = settings.settings.network.allowed_networks
        connections = Connections(url, source.timeout_seconds, source.seats, settings.instance, allowed)
    except ImportError as missing:
        raise Refusal("Databasen krever driveren %(name)s. Installer den.", name=missing.name or "") from None
    except (ArgumentError, ValueError, TypeError):
        # From None: the text of the exception has the address in it.
        raise Refusal("Adressen er ikke en SQLAlchemy-adresse med en kjent databasetype og driver.") from None
    batch = source.batch or BATCH
    return DatabaseSource(connections, queries_of(source), source.institution, source.timeout_seconds, batch, attempts)


def _with_secret(url: URL, secret: str | None) -> URL:
    return url if secret is None else url.set(password=secret)


class DatabaseSource:
    """One database. Several threads may share it.

    `institution`: the number of the one that it belongs to; `timeout_seconds`: the limit for each answer, with all its
    repeats; `batch`: how many people are asked about at once; `attempts`: how often a question is put before its
    failure is told.
    """

    def __init__(
        self,
        connections: Connections,
        queries: Sequence[Query],
        institution: int,
        timeout_seconds: float,
        batch: int,
        attempts: int,
    ) -> None:
        self._connections, self._queries = connections, queries
        self._institution, self._timeout_seconds = institution, timeout_seconds
        self._retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, SourceError) and error.failure in _PASSING),
            wait=wait_exponential(multiplier=0.1),
            stop=stop_after_attempt(attempts) | stop_before_delay(timeout_seconds),
            reraise=True,
        )
        self._calls: set[Call[Any]] = set()
        self.batch = batch

    def close(self) -> None:
        """Breaks off what is asked, and closes the connections."""
        for call in tuple(self._calls):
            call.give_up()
        self._connections.close()

    def describe(self) -> Description:
        """What the database and its columns are. Raises SourceError: NOT_UNDERSTOOD where one lacks that must be
        there."""
        kind, columns = self._within(self._described)
        for view, names in columns.items():
            if lacking := sorted(REQUIRED[view] - set(names)):
                raise SourceError(SourceFailure.NOT_UNDERSTOOD, f"{view} lacks {', '.join(lacking)}")
        unused = [f"{view}.{name}" for view, names in columns.items() for name in names if not is_known(view, name)]
        facts = {"Databasetype": kind} | ({"Kolonner som ikke brukes": ", ".join(unused)} if unused else {})
        return Description(PROTOCOL, batch=self.batch, facts=facts)

    def prepare(self) -> int:
        """See that it answers. Raises SourceError."""
        self.describe()
        return self.batch

    def look_up(self, question: Question) -> Reply:
        """What the database has on one person. Raises SourceError."""
        [(_, reply)] = self._replies([("", question)])
        if isinstance(reply, SourceError):
            raise reply
        return reply

    def look_up_many(self, questions: Mapping[str, Question]) -> Generator[tuple[str, Reply | SourceError], None, None]:
        """What the database has on each of several people, a chunk at a time; a failure is given, not raised."""
        for chunk in chunked(questions.items(), self.batch):
            yield from self._replies(chunk)

    def _replies(
        self, questions: Sequence[tuple[str, Question]]
    ) -> Generator[tuple[str, Reply | SourceError], None, None]:
        """A pair for each. Where a row makes the question fail, the half without it is answered all the same."""
        waiting, partings = [list(questions)], 0
        while waiting:
            some = waiting.pop()
            try:
                found = self._within(partial(self._asked, [question for _, question in some]))
            except SourceError as error:
                if isinstance(error, RowError) and len(some) > 1 and partings < MOST_PARTINGS:
                    partings += 1
                    waiting += [some[len(some) // 2 :], some[: len(some) // 2]]
                else:
                    yield from ((ref, error) for ref, _ in some)
            else:
                yield from ((ref, self._reply(question, found)) for ref, question in some)

    def _asked(self, questions: Sequence[Question], asking: Asking) -> Found:
        return asking.ask(self._queries, questions)

    def _reply(self, question: Question, found: Found) -> Reply | SourceError:
        rows = found.of(question)
        if rows is None:
            return Reply(Outcome.NOTHING)
        try:
            return document_reply(payload_of(self._institution, rows), question.payload, reader=read_rows)
        except SourceError as error:
            return error

    def _described(self, asking: Asking) -> tuple[str, Mapping[str, Sequence[str]]]:
        dialect = asking.connection.dialect
        version = ".".join(map(str, getattr(dialect, "server_version_info", None) or ()))
        return f"{dialect.name} {version}".strip(), {query.view: asking.columns(query) for query in self._queries}

    def _within(self, work: Callable[[Asking], T]) -> T:
        """What the work gives over a connection, within the limit. Raises SourceError."""
        call = Call[T](lambda call: self._retrying(self._attempt, call, work))
        self._calls.add(call)
        try:
            return call.answer(self._timeout_seconds)
        finally:
            self._calls.discard(call)

    def _attempt(self, call: Call[T], work: Callable[[Asking], T]) -> T:
        call.demand()
        try:
            with self._connections.connection(call) as connection:
                return work(Asking(connection, self._institution))
        except SQLAlchemyError as error:
            raise source_error(error) from None
        except (UnicodeError, OverflowError) as error:
            raise RowError(SourceFailure.NOT_UNDERSTOOD, f"a value that is none ({type(error).__name__})") from None
