"""What drivers raise, as failures: by code, else by words, else by kind; never with a word of theirs."""

import pytest
from sqlalchemy import exc

from webapp.errors import SourceFailure
from webapp.sources.database.failures import RowError, source_error

F = SourceFailure
SECRET = "03859812345"


class Stated(Exception):
    """As psycopg's."""

    def __init__(self, text: str, sqlstate: str | None = None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def raised(orig: Exception, kind: type[exc.DBAPIError] = exc.OperationalError, ended: bool = False) -> exc.DBAPIError:
    return kind(f"SELECT {SECRET}", {"identifiers": [SECRET]}, orig, connection_invalidated=ended)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (raised(Stated(SECRET, "57014")), F.TIMEOUT),
        (raised(Stated(SECRET, "57P01")), F.UNAVAILABLE),
        (raised(Stated(SECRET, "53300")), F.OVERLOADED),
        (raised(Stated(SECRET, "28P01")), F.UNAUTHORIZED),
        (raised(Stated(SECRET, "40001")), F.UNAVAILABLE),
        (raised(Stated(SECRET, "XX000")), F.SERVER_ERROR),
        (raised(Exception(1045, SECRET)), F.UNAUTHORIZED),
        (raised(Exception(1142, SECRET)), F.FORBIDDEN),
        (raised(Exception(1146, SECRET), exc.ProgrammingError), F.NOT_FOUND),
        (raised(Exception(3024, SECRET)), F.TIMEOUT),
        (raised(Exception(1792, SECRET)), F.WRONGLY_SET_UP),
        (raised(Stated('connection to "ssl.example.no" failed: Connection refused')), F.UNREACHABLE),
        (raised(Stated("FATAL:  sorry, too many clients already")), F.OVERLOADED),
        (raised(Stated("FATAL:  the database system is starting up")), F.UNAVAILABLE),
        (raised(Stated("FATAL:  noe helt annet")), F.UNAVAILABLE),
        (raised(Stated('FATAL:  database "fs" does not exist')), F.NOT_FOUND),
        (raised(Stated("server certificate for x does not match host name y")), F.INSECURE),
        (raised(Stated("SSL error: unexpected eof"), ended=True), F.BROKEN_OFF),
        (raised(Exception(SECRET)), F.UNREACHABLE),
        (raised(Exception(SECRET), exc.ProgrammingError), F.BAD_REQUEST),
        (raised(Exception(SECRET), exc.InternalError), F.SERVER_ERROR),
        (exc.TimeoutError(SECRET), F.TIMEOUT),
        (exc.StatementError(SECRET, "SELECT", {}, ValueError(SECRET)), F.BAD_REQUEST),
    ],
    ids=lambda value: None if isinstance(value, str) else str(getattr(value, "orig", value))[:40],
)
def test_each_error_ends_in_its_failure(error: exc.SQLAlchemyError, failure: SourceFailure) -> None:
    ours = source_error(error)
    assert ours.failure is failure
    assert not any(told in str(ours) for told in (SECRET, "SELECT", "example.no"))


@pytest.mark.parametrize(
    "error",
    [raised(Stated("division by zero", "22012")), raised(Stated("date too large"), exc.DataError)],
    ids=["server", "driver"],
)
def test_an_error_over_a_value_is_about_a_row(error: exc.DBAPIError) -> None:
    assert isinstance(source_error(error), RowError)


def test_an_error_over_all_is_about_no_row() -> None:
    assert not isinstance(source_error(raised(Stated("no", "42P01"))), RowError)
