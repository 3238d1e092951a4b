"""One source's warm HTTP session: limits in seconds and bytes for each whole answer, repeats where right."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import requests
import urllib3
from pydantic import BaseModel, ValidationError
from requests.utils import check_header_validity
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential,
    wait_random,
)

from webapp.errors import SourceError, SourceFailure
from webapp.sources.adapter import DeadlineAdapter
from webapp.sources.addresses import AddressRefused, Network
from webapp.sources.failures import StatusError, before_answer, passing, retry_after, source_error
from webapp.sources.own_certificate import OwnCertificate

#: The largest answer, decompressed, that is taken in.
BYTE_LIMIT = 20_000_000
#: An answer of many lines may be longer in all, since only a line at a time is held.
LINES_PER_BYTE_LIMIT = 10
#: The largest explanation of an error that is read.
PROBLEM_BYTE_LIMIT = 64_000
CHUNK_BYTES = 65_536
ATTEMPTS = 3

_backoff = wait_exponential(multiplier=0.1) + wait_random(0, 0.1)


@dataclass(frozen=True)
class HttpAnswer:
    """A whole answer: its status (200, 204 or 304), its media type without parameters, ETag as sent, body."""

    status: int
    media_type: str
    etag: str | None
    body: bytes


class Tokens(Protocol):
    """Tokens that are fetched and end. Several threads may share them."""

    def authorization(self, within_seconds: float) -> str:
        """What is sent as `Authorization`, fetched within so many seconds where none is kept. Raises SourceError."""

    def forget(self, authorization: str) -> None:
        """The source has refused that one: the next shall be another."""

    def close(self) -> None:
        """Closes the connections by which they are fetched."""


@dataclass(frozen=True)
class Way:
    """How a source is reached: through an outgoing `proxy`, trusting a `certificate_authority` (a PEM file) beside
    those that the machine trusts, with an `Authorization` header, that `tokens` give where they are set; with a
    `certificate` of our own. `proxy_authorization` is for the proxy alone. `allowed`: the networks that it may lie in
    beside the public ones."""

    proxy: str | None = None
    certificate_authority: Path | None = None
    authorization: str | None = field(default=None, repr=False)
    proxy_authorization: str | None = field(default=None, repr=False)
    allowed: tuple[Network, ...] = ()
    certificate: OwnCertificate | None = None
    tokens: Tokens | None = field(default=None, repr=False)


DIRECT = Way()


class _Problem(BaseModel):
    """RFC 9457, as far as it matters here."""

    type: str = ""


class _Session(requests.Session):
    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Straight to the adapter: no source has cookies from us, and none is followed elsewhere. Told not to follow,
        requests would still read a redirect's body, of any length."""
        return self.get_adapter(request.url or "").send(request, **options)


class WarmSession:
    """Asks one source over connections that stay open. Several threads may share it.

    `address` is the base of the source, `timeout_seconds` the limit for a whole answer with all its repeats,
    `seats` how many connections are kept, `byte_limit` the largest body after decompression, `attempts` how often a
    request is made where repeating it is right, `way` how it is reached.
    Every failure is a SourceError (a StatusError where a status came); redirects are refused.
    """

    def __init__(
        self,
        address: str,
        timeout_seconds: float,
        seats: int = 1,
        byte_limit: int = BYTE_LIMIT,
        attempts: int = ATTEMPTS,
        way: Way = DIRECT,
    ) -> None:
        self._address = address.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._byte_limit = byte_limit
        self._attempts = attempts
        self._stop_after_attempts = stop_after_attempt(attempts)
        self._retrying = Retrying(
            retry=retry_if_exception(passing),
            wait=_pause,
            stop=self._stop_after_attempts | stop_before_delay(timeout_seconds),
            reraise=True,
        )
        self._date: str | None = None
        self._session = _Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"User-Agent": "Eksternstudium", "Accept-Encoding": "gzip"})
        if way.authorization is not None:
            self._session.headers["Authorization"] = way.authorization
        if way.proxy is not None:
            self._session.proxies = {"http": way.proxy, "https": way.proxy}
        self._tokens = way.tokens
        self._adapter = DeadlineAdapter(
            seats, way.certificate_authority, way.proxy_authorization, way.certificate, way.allowed
        )
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)
        self._bare_request = lru_cache(maxsize=8)(self._new_bare_request)

    @property
    def certificate_until(self) -> datetime | None:
        """The end of the certificate that the source showed in its latest TLS connection; None before there was one."""
        return self._adapter.shown.until

    @property
    def date(self) -> datetime | None:
        """What time it was, to the second, where the latest answer came from; None where it did not say."""
        try:
            said = parsedate_to_datetime(self._date or "")
        except ValueError:
            return None
        return said if said.tzinfo else said.replace(tzinfo=UTC)

    def get(self, path: str, accept: str, etag: str | None = None) -> HttpAnswer:
        """The answer to a GET of a path below the base; `etag`: what is known already, as it was sent."""
        headers = {"Accept": accept} | ({} if etag is None else {"If-None-Match": etag})
        with self._opened("GET", path, None, headers) as response:
            return self._whole(response)

    def post(
        self, path: str, content: bytes, headers: Mapping[str, str], within_seconds: float | None = None
    ) -> HttpAnswer:
        """The answer to a POST. It is repeated where that is right: nothing here changes the other side.

        `within_seconds`: the limit, where this is one of several requests that share one.
        """
        with self._opened("POST", path, content, headers, within_seconds) as response:
            return self._whole(response)

    @contextmanager
    def post_for_lines(
        self, path: str, content: bytes, headers: Mapping[str, str]
    ) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The media type of a POST's answer, and its lines as they come; the last may lack its newline."""
        with self._opened("POST", path, content, headers) as response:
            chunks = _chunks(response, self._byte_limit * LINES_PER_BYTE_LIMIT)
            yield _media_type(response), _lines(chunks, self._byte_limit)

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()
        if self._tokens is not None:
            self._tokens.close()

    def _opened(
        self,
        method: str,
        path: str,
        content: bytes | None,
        headers: Mapping[str, str],
        within_seconds: float | None = None,
    ) -> requests.Response:
        """An answer of which the head has come, after repeats if need be. Whoever takes it closes it."""
        retrying, limit = self._retrying, self._timeout_seconds
        if within_seconds is not None and within_seconds < limit:
            limit = within_seconds
            retrying = retrying.copy(stop=self._stop_after_attempts | stop_before_delay(limit))
        ends = monotonic() + limit
        if self._tokens is not None:
            return self._with_token(self._tokens, retrying, method, path, content, headers, ends)
        if self._attempts == 1:
            return self._attempt(method, path, content, headers, ends)
        return retrying(self._attempt, method, path, content, headers, ends)

    def _with_token(
        self,
        tokens: Tokens,
        retrying: Retrying,
        method: str,
        path: str,
        content: bytes | None,
        headers: Mapping[str, str],
        ends: float,
    ) -> requests.Response:
        """An answer to a request that shows a token: another one, once, where the first is refused before its end."""
        for is_last in (False, True):
            token = tokens.authorization(ends - monotonic())
            try:
                return retrying(self._attempt, method, path, content, {**headers, "Authorization": token}, ends)
            except StatusError as error:
                if error.status != 401 or is_last:
                    raise
                tokens.forget(token)
        raise AssertionError("the last one returns or raises")

    def _attempt(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str], ends: float
    ) -> requests.Response:
        left = ends - monotonic()
        if left <= 0:
            raise SourceError(SourceFailure.TIMEOUT, "no time left to ask again")
        try:
            response = self._session.send(
                self._request(method, path, content, headers),
                timeout=urllib3.Timeout(total=left),
                stream=True,
                proxies=self._session.proxies,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, AddressRefused) as error:
            # From None: the text of a foreign exception may hold the address, and that a secret.
            raise before_answer(error) from None
        self._date = response.headers.get("Date")
        if response.status_code in (200, 204) or (response.status_code == 304 and "If-None-Match" in headers):
            return response
        with response:
            raise _status_error(response)

    def _request(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> requests.PreparedRequest:
        """What is sent. Only what differs from one question to the next is made for each: requests would take the
        address apart and lay its headers together anew every time, a third of what a question costs."""
        request = copy(self._bare_request(method, path))
        for header in headers.items():
            check_header_validity(header)
        own = {} if content is None else {"Content-Length": str(len(content))}
        # A dict is all that is asked for: their names are written in one way throughout.
        request.headers = {**request.headers, **headers, **own}  # type: ignore[assignment]
        request.body = content
        return request

    def _new_bare_request(self, method: str, path: str) -> requests.PreparedRequest:
        request = self._session.prepare_request(requests.Request(method, self._address + path))
        # What requests says of a POST without a body.
        request.headers.pop("Content-Length", None)
        return request

    def _whole(self, response: requests.Response) -> HttpAnswer:
        body = b"".join(_chunks(response, self._byte_limit))
        return HttpAnswer(response.status_code, _media_type(response), response.headers.get("ETag"), body)


def _pause(state: RetryCallState) -> float:
    """How long to wait before the next attempt: what the source asked for, or longer by our own measure."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_seconds if isinstance(error, SourceError) else None
    return max(asked or 0.0, _backoff(state))


def _status_error(response: requests.Response) -> SourceError:
    if response.status_code == 304:
        return SourceError(SourceFailure.NOT_UNDERSTOOD, "HTTP status 304, but nothing was known before")
    wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
    return StatusError(response.status_code, _problem(response), wait)


def _problem(response: requests.Response) -> str | None:
    """The last part of a problem's type. A problem that cannot be read leaves the status to speak."""
    if _media_type(response) != "application/problem+json":
        return None
    try:
        problem = _Problem.model_validate_json(b"".join(_chunks(response, PROBLEM_BYTE_LIMIT)))
    except (SourceError, ValidationError):
        return None
    return problem.type.rpartition("/")[2]


def _media_type(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _chunks(response: requests.Response, byte_limit: int) -> Iterator[bytes]:
    """The body, decompressed piece by piece, so that a bomb is cut off at the limit and not afterwards."""
    size = 0
    try:
        # Not stream(): it waits for whole chunks, and loses what had come when the answer breaks off.
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            size += len(chunk)
            if size > byte_limit:
                raise SourceError(SourceFailure.TOO_LARGE, f"more than {byte_limit} bytes")
            yield chunk
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise source_error(error) from None


def _lines(chunks: Iterator[bytes], byte_limit: int) -> Iterator[bytes]:
    """Lines with their newlines. Raises TOO_LARGE for a line over the limit."""
    begun: list[bytes] = []
    size = 0
    for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            yield b"".join([*begun, line, b"\n"])
            begun, size = [], 0
        begun.append(rest)
        size += len(rest)
        if size > byte_limit:
            raise SourceError(SourceFailure.TOO_LARGE, f"a line of more than {byte_limit} bytes")
    if size:
        yield b"".join(begun)
