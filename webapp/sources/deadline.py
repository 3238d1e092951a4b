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
from functools import cache, partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.poolmanager import ProxyManager
from urllib3.util.connection import allowed_gai_family, create_connection

from webapp.sources.addresses import ANYWHERE, Network, reachable, written_address
from webapp.sources.heads import Answered
from webapp.sources.own_certificate import OwnCertificate

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

#: A socket's time limit of 0 would mean "do not wait at all", which is another mode.
LEAST_SECONDS = 0.001
#: A limit that is too long by no more than this is left: to set it asks the system, and lets go of the interpreter.
SLACK_SECONDS = 0.02
#: How long a connection that nobody needs is kept; servers in front of sources close theirs after some 60 to 75 s.
IDLE_SECONDS = 30.0


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


class _DeadlineConnection(HTTPConnection):
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


class _DeadlineTlsConnection(_DeadlineConnection, HTTPSConnection):
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


class _Pool(HTTPConnectionPool):
    """Connections to one source. One that nobody has needed for a while is closed: each moment in which more ask at
    once than before would leave another one open for good, and sources close theirs without our noticing."""

    ConnectionCls = _DeadlineConnection  # type: ignore[assignment]

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = monotonic()
        super()._put_conn(conn)
        pool = self.pool
        if pool is None:
            return
        # The last that came back is the next to go out: those at the bottom have waited longest.
        with pool.mutex:
            for waiting in pool.queue:
                if waiting is None or waiting.sock is None:
                    continue
                if waiting.idle_since > monotonic() - IDLE_SECONDS:
                    break
                waiting.close()


class _TlsPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _DeadlineTlsConnection  # type: ignore[assignment]


def tls_context(authority: Path | None = None) -> ssl.SSLContext:
    """Whom we trust: what the machine trusts, certifi's list, and the certificates in a PEM file of the operator's. One
    for all sources; loading it is slow."""
    return _tls_context(authority)


@cache
def _tls_context(authority: Path | None) -> ssl.SSLContext:
    return _new_tls_context(authority)


def _new_tls_context(authority: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if authority is not None:
        context.load_verify_locations(authority)
    context.sslsocket_class = DeadlineTlsSocket
    return context


class DeadlineAdapter(HTTPAdapter):
    """Gives requests connections with a deadline; `seats` of them are kept warm.

    `authority`: a PEM file of certificates that are trusted beside those of the machine; `proxy_authorization`: what a
    proxy is told with Proxy-Authorization; `certificate`: what the source, and no proxy, is shown of us; `allowed`: the
    networks that may be reached beside the public ones. `shown`: what the latest TLS connection showed. Raises Refusal
    when the certificate cannot be used.
    """

    def __init__(
        self,
        seats: int,
        authority: Path | None = None,
        proxy_authorization: str | None = None,
        certificate: OwnCertificate | None = None,
        allowed: Sequence[Network] = (),
    ) -> None:
        self.shown = Shown()
        self._allowed = allowed
        self._proxy_context = self._context = tls_context(authority)
        if certificate is not None:
            # Of its own: what one source is shown, another must not be.
            self._context = _new_tls_context(authority)
            certificate.load_into(self._context)
        self._proxy_authorization = proxy_authorization
        self._pools: dict[str, Any] = {}
        self._targets: dict[str, str] = {}
        super().__init__(pool_connections=1, pool_maxsize=seats)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self._take_pools(self.poolmanager, self._allowed)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        """Who makes the connections through a proxy."""
        contexts = {"ssl_context": self._context, "proxy_ssl_context": self._proxy_context}
        manager: ProxyManager = super().proxy_manager_for(proxy, **contexts, **kwargs)
        self._take_pools(manager, ANYWHERE)
        return manager

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        """The connections for a request, found once for each of the few addresses of a source: all go the same way."""
        pool = self._pools.get(request.url)
        if pool is None:
            pool = self._pools[request.url] = self._found_pool(request, verify, proxies, cert)
        return pool

    def _found_pool(self, request: Any, verify: Any, proxies: Any, cert: Any) -> Any:
        # A proxy looks up names itself, and answers for where they lead; an address that is written out it would take
        # as it is.
        if proxies and (written := written_address(urlsplit(request.url).hostname or "")) is not None:
            reachable([written], self._allowed)
        return super().get_connection_with_tls_context(request, verify, proxies, cert)

    def request_url(self, request: Any, proxies: Any) -> str:
        """What stands in the first line of a request."""
        target = self._targets.get(request.url)
        if target is None:
            target = self._targets[request.url] = super().request_url(request, proxies)
        return target

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """An answer as requests gives it, without what nobody asks it for: cookies, which no source has from us, and
        an encoding, since bodies are read as bytes."""
        response = requests.Response()
        response.status_code, response.reason = resp.status, resp.reason
        response.headers = resp.headers
        response.raw, response.request, response.url = resp, req, req.url or ""
        return response

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """What the proxy alone is told."""
        return {"Proxy-Authorization": self._proxy_authorization} if self._proxy_authorization else {}

    def _take_pools(self, manager: Any, allowed: Sequence[Network]) -> None:
        manager.pool_classes_by_scheme = {
            "http": partial(_Pool, allowed=allowed),
            "https": partial(_TlsPool, allowed=allowed, shown=self.shown),
        }

    def close(self) -> None:
        """Closes the connections now; urllib3 would wait until nothing holds on to them, errors included."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 -- which is no mapping
                manager.pools[key].close()
        super().close()
        self._pools.clear()

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Certificates are always verified; requests would load its list anew for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"
