"""What a database and its driver can say to us, turned into the failures of a source: the border, once."""

import re

from sqlalchemy import exc

from webapp.errors import SourceError, SourceFailure

F = SourceFailure

#: By SQLSTATE, or its class (the first two characters), as PostgreSQL and others give it.
_STATES: dict[str, SourceFailure] = {
    "08": F.BROKEN_OFF,
    "0A": F.BAD_REQUEST,
    "22": F.SERVER_ERROR,
    "25": F.WRONGLY_SET_UP,
    "25P03": F.TIMEOUT,
    "28": F.UNAUTHORIZED,
    "3D": F.NOT_FOUND,
    "3F": F.NOT_FOUND,
    "40": F.UNAVAILABLE,
    "42": F.BAD_REQUEST,
    "42501": F.FORBIDDEN,
    "42703": F.NOT_UNDERSTOOD,
    "42P01": F.NOT_FOUND,
    "53": F.OVERLOADED,
    "57014": F.TIMEOUT,
    "57": F.UNAVAILABLE,
}

#: By the name of SQLite's result code.
_SQLITE: dict[str, SourceFailure] = {
    "SQLITE_BUSY": F.OVERLOADED,
    "SQLITE_CANTOPEN": F.NOT_FOUND,
    "SQLITE_INTERRUPT": F.TIMEOUT,
    "SQLITE_LOCKED": F.OVERLOADED,
    "SQLITE_NOTADB": F.NOT_UNDERSTOOD,
    "SQLITE_PERM": F.FORBIDDEN,
    "SQLITE_READONLY": F.WRONGLY_SET_UP,
    "SQLITE_TOOBIG": F.TOO_LARGE,
}

#: By the number of an error of MySQL and MariaDB, which tells more than the SQLSTATE beside it.
_MYSQL: dict[int, SourceFailure] = {
    **dict.fromkeys((1040, 1203, 1226), F.OVERLOADED),
    **dict.fromkeys((1044, 1142, 1143, 1370), F.FORBIDDEN),
    **dict.fromkeys((1045, 1251, 1698), F.UNAUTHORIZED),
    **dict.fromkeys((1049, 1146), F.NOT_FOUND),
    **dict.fromkeys((1969, 3024), F.TIMEOUT),
    **dict.fromkeys((2006, 2013), F.BROKEN_OFF),
    1054: F.NOT_UNDERSTOOD,
    1792: F.WRONGLY_SET_UP,
    2005: F.NAME_UNKNOWN,
    2026: F.INSECURE,
}

#: What SQLite's driver says of a text that is none.
_NO_TEXT = "could not decode"

#: By what stands in a message that has no code: a connection that was not made, above all (libpq gives none).
_WORDS: tuple[tuple[str, SourceFailure], ...] = (
    ("but received", F.NOT_UNDERSTOOD),
    ("invalid response", F.NOT_UNDERSTOOD),
    ("closed the connection", F.BROKEN_OFF),
    ("failed to resolve host", F.NAME_UNKNOWN),
    ("could not translate host name", F.NAME_UNKNOWN),
    ("password authentication failed", F.UNAUTHORIZED),
    ("no password supplied", F.UNAUTHORIZED),
    ("no pg_hba.conf entry", F.UNAUTHORIZED),
    ("authentication failed", F.UNAUTHORIZED),
    ("too many connections", F.OVERLOADED),
    ("connection slots", F.OVERLOADED),
    ("too many clients", F.OVERLOADED),
    ("the database system is", F.UNAVAILABLE),
    ("does not exist", F.NOT_FOUND),
    ("permission denied", F.FORBIDDEN),
    ("certificate", F.INSECURE),
    ("ssl", F.INSECURE),
    ("timeout", F.TIMEOUT),
    ("timed out", F.TIMEOUT),
    ("no such table", F.NOT_FOUND),
    ("no such column", F.NOT_UNDERSTOOD),
    (_NO_TEXT, F.NOT_UNDERSTOOD),
    ("connection refused", F.UNREACHABLE),
    ("fatal:", F.UNAVAILABLE),
)

#: What somebody else may have chosen: a host is called ssl.example.no.
_QUOTED = re.compile(r'"[^"]*"')


class RowError(SourceError):
    """A row made the question fail: about those whose rows are whole, the same question has an answer."""


def source_error(error: exc.SQLAlchemyError) -> SourceError:
    """The SourceError for what SQLAlchemy raises; its text names the kind of cause. Never a foreign text: it may hold
    the address, and numbers."""
    if isinstance(error, exc.TimeoutError):
        return SourceError(F.TIMEOUT, "all connections were in use")
    if not isinstance(error, exc.DBAPIError) or error.orig is None:
        return SourceError(F.BAD_REQUEST, f"the question cannot be put ({type(error).__name__})")
    failure, code = _failure_of(error)
    cause = f"{type(error.orig).__name__}: {code}" if code else type(error.orig).__name__
    return (RowError if _is_about_a_row(error, code) else SourceError)(failure, cause)


def _failure_of(error: exc.DBAPIError) -> tuple[SourceFailure, str]:
    """The failure, and the code or the words of our own list that told it; blank where the kind of the error did."""
    orig: BaseException = error.orig or error
    number = orig.args[0] if orig.args else None
    if isinstance(number, int) and number in _MYSQL:
        return _MYSQL[number], str(number)
    state = str(getattr(orig, "sqlstate", None) or getattr(orig, "pgcode", None) or "")
    if state:
        return _STATES.get(state) or _STATES.get(state[:2], F.SERVER_ERROR), state
    name = str(getattr(orig, "sqlite_errorname", None) or "")
    primary = "_".join(name.split("_")[:2])
    if primary and primary != "SQLITE_ERROR":
        return _SQLITE.get(primary, F.SERVER_ERROR), name
    if error.connection_invalidated:
        return F.BROKEN_OFF, name
    words = _QUOTED.sub("", str(orig)).lower()
    found = next(((failure, said) for said, failure in _WORDS if said in words), None)
    return found or (_by_kind(error), name)


def _by_kind(error: exc.DBAPIError) -> SourceFailure:
    """What the kind of an error alone says, by PEP 249."""
    if isinstance(error, exc.DataError):
        return F.NOT_UNDERSTOOD
    if isinstance(error, exc.ProgrammingError) or getattr(error.orig, "sqlite_errorname", None):
        return F.BAD_REQUEST
    return F.UNREACHABLE if isinstance(error, exc.OperationalError) else F.SERVER_ERROR


def _is_about_a_row(error: exc.DBAPIError, code: str) -> bool:
    """Whether a value did it: the database broke over it (SQLSTATE class 22), or the driver cannot make it ours."""
    return code.startswith("22") or isinstance(error, exc.DataError) or code == _NO_TEXT
