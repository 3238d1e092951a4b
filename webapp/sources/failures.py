"""What HTTP, TLS and sockets can do to us, turned into the failures of a source: the border, once."""

import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
import urllib3
from requests import exceptions as requested

from webapp.errors import SourceError, SourceFailure
from webapp.sources.addresses import AddressRefused

#: What requests and what lies beneath it raise.
Foreign = requests.RequestException | urllib3.exceptions.HTTPError | OSError
_Kinds = tuple[type[BaseException], ...]

#: The first row that fits anything in the chain of an exception says what happened: particular ones first.
_FAILURES: tuple[tuple[_Kinds, SourceFailure, str], ...] = (
    ((AddressRefused,), SourceFailure.NOT_REACHED, "the address is in a network that is not open to us"),
    # Before all that may lie within: the way out is closed, whatever the source is like.
    ((urllib3.exceptions.ProxyError, requested.ProxyError), SourceFailure.PROXY, "no way through the proxy"),
    (
        (urllib3.exceptions.NameResolutionError, socket.gaierror),
        SourceFailure.NAME_UNKNOWN,
        "the host name could not be resolved",
    ),
    (
        (requested.InvalidURL, requested.MissingSchema, requested.InvalidSchema),
        SourceFailure.NAME_UNKNOWN,
        "the address is not one that can be called",
    ),
    # Before time-outs, which urllib3 derives it from.
    (
        (urllib3.exceptions.NewConnectionError, ConnectionRefusedError),
        SourceFailure.UNREACHABLE,
        "no connection",
    ),
    (
        (TimeoutError, urllib3.exceptions.TimeoutError),
        SourceFailure.TIMEOUT,
        "no whole answer within the limit",
    ),
    (
        (ssl.SSLError, urllib3.exceptions.SSLError, ssl.CertificateError),
        SourceFailure.INSECURE,
        "TLS could not be established or broke",
    ),
    (
        (http.client.IncompleteRead, http.client.RemoteDisconnected, ConnectionError),
        SourceFailure.BROKEN_OFF,
        "the connection ended before the answer did",
    ),
    (
        (http.client.HTTPException, urllib3.exceptions.DecodeError, requested.InvalidHeader),
        SourceFailure.NOT_UNDERSTOOD,
        "what came is not HTTP, or its compression is broken",
    ),
    (
        (urllib3.exceptions.ProtocolError,),
        SourceFailure.BROKEN_OFF,
        "the connection ended before the answer did",
    ),
)

_STATUSES = {
    400: SourceFailure.BAD_REQUEST,
    401: SourceFailure.UNAUTHORIZED,
    403: SourceFailure.FORBIDDEN,
    404: SourceFailure.NOT_FOUND,
    407: SourceFailure.PROXY,
    429: SourceFailure.OVERLOADED,
    502: SourceFailure.UNAVAILABLE,
    503: SourceFailure.UNAVAILABLE,
    504: SourceFailure.UNAVAILABLE,
}

#: What http.client says of a tunnel that a proxy could not make, because nothing answered at its other end.
_NO_OTHER_END = re.compile(r"Tunnel connection failed: 50[234]\b")

#: Statuses after which the same question may get an answer.
_PASSING_STATUSES = frozenset({429, 500, 502, 503, 504})

#: Retry-After beyond this is not a plan but a slip, such as a date in another century.
LONGEST_RETRY_AFTER_SECONDS = 7 * 86400.0


class StatusError(SourceError):
    """A status that is no answer. `problem`: the last part of the type of an RFC 9457 problem, if it came."""

    def __init__(self, status: int, problem: str | None, retry_after_seconds: float | None) -> None:
        super().__init__(failure_of_status(status), f"HTTP status {status}", retry_after_seconds)
        self.status = status
        self.problem = problem


def failure_of_status(status: int) -> SourceFailure:
    """What a status that is no answer means."""
    if status in _STATUSES:
        return _STATUSES[status]
    if 300 <= status < 400:
        return SourceFailure.REDIRECTED
    if 400 <= status < 500:
        return SourceFailure.BAD_REQUEST
    return SourceFailure.SERVER_ERROR if 500 <= status < 600 else SourceFailure.NOT_UNDERSTOOD


def source_error(error: Foreign) -> SourceError:
    """The SourceError for a foreign exception; its text names the kind of cause, nothing of the request."""
    chain = list(_chain(error))
    if any(isinstance(link, OSError) and _NO_OTHER_END.match(str(link)) for link in chain):
        return SourceError(SourceFailure.UNREACHABLE, "the proxy got no connection")
    for kinds, failure, cause in _FAILURES:
        for link in chain:
            if isinstance(link, kinds):
                return SourceError(failure, f"{cause} ({type(link).__name__})")
    return SourceError(SourceFailure.UNREACHABLE, f"the request failed ({type(error).__name__})")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it was made of. Not `__context__`: that may be the caller's own affair."""
    yield error
    inner = [*error.args, getattr(error, "reason", None), error.__cause__]
    for link in inner:
        if isinstance(link, BaseException):
            yield from _chain(link)


def passing(error: BaseException) -> bool:
    """Whether the same question, asked again at once, may well get an answer."""
    if isinstance(error, StatusError):
        return error.status in _PASSING_STATUSES
    return isinstance(error, BrokenBeforeAnswer)


class BrokenBeforeAnswer(SourceError):
    """The connection was refused or reset before any answer."""


def before_answer(error: Foreign) -> SourceError:
    """The SourceError for what went wrong before the head of an answer was there."""
    ours = source_error(error)
    if any(isinstance(link, ConnectionError) for link in _chain(error)):
        return BrokenBeforeAnswer(ours.failure, str(ours))
    return ours


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait according to a Retry-After header (RFC 9110 10.2.3: seconds or a date), or None."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:12]), LONGEST_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER_SECONDS)
