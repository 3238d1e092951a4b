"""Connections that end at a moment: one limit over name, connection, TLS, headers and body.

The time limit of requests is per read, so a server that drips a byte a second never meets it. urllib3 tells
a connection its limit at the start of each request; here that becomes a moment, and every read of the socket
beneath waits only until then. No watchdog thread, and nothing that could cut off the wrong answer.

Here too is where a name becomes an address, so here it is asked whether that may be reached: what was asked about is
what is connected to, whatever the name stands for a moment later.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family, create_connection

from webapp.sources.addresses import Network, reachable, written_address
from webapp.sources.heads import Answered

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

#: A socket's time limit of 0 would mean "do not wait at all", which is another mode.
LEAST_SECONDS = 0.001
#: A limit that is too long by no more than this is left: to set it asks the system, and lets go of the interpreter.
SLACK_SECONDS = 0.02


class Deadline:
    """A moment that a connection and its socket share; None before the first request."""

    def __init__(self) -> None:
        self.at: float | None = None

    def remaining(self) -> float | None:
        """Seconds until the moment. Raises TimeoutError when it has passed."""
        if self.at is None:
            return None
        seconds = self.at - monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline has passed")
        return max(seconds, LEAST_SECONDS)

    def limit(self, sock: socket.socket) -> None:
        """Give a socket what remains as its time limit. Raises TimeoutError when that is nothing."""
        remaining, limit = self.remaining(), sock.gettimeout()
        if remaining is None or limit is None or not 0 <= limit - remaining <= SLACK_SECONDS:
            sock.settimeout(remaining)


class DeadlineSocket(socket.socket):
    """A socket that reads and sends until its deadline, however many bytes that takes."""

    deadline = Deadline()

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0) -> int:
        self.deadline.limit(self)
        return super().recv_into(buffer, nbytes, flags)


class DeadlineTlsSocket(ssl.SSLSocket):
    """The same above TLS. The handshake has a limit for its whole already, and needs nothing here."""

    deadline = Deadline()

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        # What a source says through a proxy that itself speaks TLS is read with this.
        self.deadline.limit(self)
        return super().recv(buflen, flags)

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0) -> int:
        self.deadline.limit(self)
        return super().recv_into(buffer, nbytes, flags)

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        self.deadline.limit(self)
        return super().send(data, flags)


class DeadlineConnection(HTTPConnection):
    """Turns the time limit that urllib3 sets on a connection for each request into a moment. Sends a request in one
    piece, and reads the head of its answer in one: sent apart, head and body are two packets, and in each call of the
    system a thread lets go of the interpreter and waits for it again."""

    response_class = Answered
    _asked: tuple[str, str]
    _rest: bytes | None = None

    def __init__(self, *args: Any, allowed: Sequence[Network], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._allowed = allowed

    @property
    def timeout(self) -> float | None:
        if self.deadline.at is None:
            return None
        return max(self.deadline.at - monotonic(), LEAST_SECONDS)

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        if not hasattr(self, "deadline"):
            self.deadline = Deadline()
        self.deadline.at = None if seconds is None else monotonic() + seconds

    # Narrower than urllib3's: requests always gives these, and has no answer read or unpacked here.
    def request(  # type: ignore[override]
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], **_options: object
    ) -> None:
        """Send a request, of which the headers tell the length of the body."""
        fields = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        if not fields.count("\r") == fields.count("\n") == len(headers):
            raise ValueError("a header with a line end")
        if self.sock is not None:
            self.deadline.limit(self.sock)
        self._asked = method, url
        self.putrequest(method, url, skip_host="Host" in headers, skip_accept_encoding=True)
        self._rest = fields.encode("latin-1") + b"\r\n" + (body or b"")
        self.endheaders()

    def send(self, data: Any) -> None:
        """Send bytes; what begins a request is sent with the rest of it."""
        rest, self._rest = self._rest, None
        super().send(data if rest is None else data.removesuffix(b"\r\n") + rest)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        """The answer, of which the head has come."""
        answered: Any = http.client.HTTPConnection.getresponse(self)
        method, url = self._asked
        return HTTPResponse(
            answered,
            answered.fields,
            answered.status,
            answered.version,
            reason=answered.reason,
            preload_content=False,
            decode_content=False,
            original_response=answered,
            request_method=method,
            request_url=url,
        )

    def _new_conn(self) -> socket.socket:
        try:
            connected = self._connected()
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "the connection took too long") from error
        except OSError as error:
            raise NewConnectionError(self, f"no connection: {error}") from error
        limited = DeadlineSocket(connected.family, connected.type, connected.proto, connected.detach())
        limited.deadline = self.deadline
        limited.settimeout(self.timeout)  # never raises: nobody would close it
        return limited

    def _connected(self) -> socket.socket:
        """The first address that answers; each has its share of the time, so that a dead one leaves some."""
        addresses = reachable(addresses_of(self._dns_host, self.port, self.deadline.remaining()), self._allowed)
        for left in range(len(addresses), 1, -1):
            try:
                return self._connected_to(addresses[-left], self.timeout and self.timeout / left)
            except OSError:
                continue
        return self._connected_to(addresses[-1], self.deadline.remaining())

    def _connected_to(self, address: str, seconds: float | None) -> socket.socket:
        return create_connection((address, self.port), seconds, socket_options=self.socket_options)


def addresses_of(host: str, port: int, seconds: float | None) -> list[str]:
    """What a host's name stands for. The system's look-up has no limit of its own: a thread waits for it."""
    if (written := written_address(host)) is not None:
        return [written]
    found: Future[list[str]] = Future()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM)
            found.set_result([str(row[4][0]) for row in rows])
        except UnicodeError:
            found.set_exception(socket.gaierror(socket.EAI_NONAME, "not a host name"))
        except OSError as error:
            found.set_exception(error)

    threading.Thread(target=ask, name="name-look-up", daemon=True).start()
    return found.result(seconds)


@dataclass
class Shown:
    """What a source has shown in its latest TLS connection: `until`, the end of its certificate."""

    until: datetime | None = None


class DeadlineTlsConnection(DeadlineConnection, HTTPSConnection):
    """The same over TLS. `shown` is told what the source shows."""

    def __init__(self, *args: Any, shown: Shown, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shown = shown

    def connect(self) -> None:
        super().connect()
        if isinstance(self.sock, DeadlineTlsSocket):
            self.sock.deadline = self.deadline
        if not self.proxy_is_forwarding:
            self._shown.until = _end_of(self.sock)

    def _connect_tls_proxy(self, hostname: str, sock: socket.socket) -> ssl.SSLSocket:
        outer = super()._connect_tls_proxy(hostname, sock)
        if isinstance(outer, DeadlineTlsSocket):
            outer.deadline = self.deadline
        return outer


def _end_of(shown: Any) -> datetime:
    """The end of the certificate that was shown in a TLS connection, in UTC."""
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown.getpeercert()["notAfter"]), UTC)
