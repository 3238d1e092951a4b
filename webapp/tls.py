"""HTTPS of our own, for the screens and the provider where no proxy does it: cheroot below a WSGI application.

cheroot greets a client where it takes in connections, and reads as long as each byte comes in time. Here one that says
nothing has no thread at all, and one that is slow has its thread for a minute at most.
"""

import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cheroot.connections import ConnectionManager
from cheroot.errors import FatalSSLAlert
from cheroot.server import HTTPConnection
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from webapp.errors import Refusal

THREADS = 64
MOST_CONNECTIONS = 1000
BACKLOG = 1024
#: A client that is silent for so long is hung up on, be it in the middle of a request or between two.
SILENCE_SECONDS = 10
#: A request may have its thread wait for the client for so long in all, for a file that is sent over a slow line.
PATIENCE_SECONDS = 60
MOST_HEADER_BYTES = 65_536
#: Above the applications' own limits, so that it is they who explain.
MOST_BODY_BYTES = 1_000_000_000

WsgiApplication = Callable[..., Iterable[bytes]]
_log = logging.getLogger(__name__)


class TlsServer(Server):
    """`run()` serves until SystemExit or KeyboardInterrupt reaches it, and then returns; `close()` frees the socket."""

    _connections: ConnectionManager

    def __init__(self, app: WsgiApplication, listener: socket.socket, context: ssl.SSLContext) -> None:
        super().__init__(
            listener.getsockname()[:2],
            app,
            numthreads=THREADS,
            server_name="eksternstudium",
            request_queue_size=BACKLOG,
            timeout=SILENCE_SECONDS,
        )
        self._listener = listener
        self._is_told_to_stop = False
        self.ConnectionClass = _Connection
        self.ssl_adapter = _Adapter(context)
        self.keep_alive_conn_limit = MOST_CONNECTIONS
        self.max_request_header_size = MOST_HEADER_BYTES
        self.max_request_body_size = MOST_BODY_BYTES

    @property
    def effective_port(self) -> int:
        """The port that is listened on."""
        return int(self._listener.getsockname()[1])

    def run(self) -> None:
        """Serve until told to stop."""
        try:
            self.prepare()
            # cheroot forgets a stop that comes before it is ready, and would serve for ever.
            if not self._is_told_to_stop:
                self.serve()
        except (KeyboardInterrupt, SystemExit):
            _log.info("told to stop")
        finally:
            self.stop()

    def stop(self) -> None:
        """End `run`, from another thread too, whether it has begun or not."""
        self._is_told_to_stop = True
        super().stop()

    def close(self) -> None:
        """Let go of the socket."""
        self._listener.close()

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:
        """Not a socket of its own, but the one that listens already."""
        self.socket = self._listener
        return self._listener

    def process_conn(self, conn: "_Connection") -> None:
        """A new connection waits for its first bytes beside the idle ones, without a thread."""
        waiting = self._connections
        if not conn.is_new:
            super().process_conn(conn)
        elif waiting.can_add_keepalive_connection:
            conn.is_new = False
            waiting.put(conn)
        else:
            conn.close()

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """To our log. A client that hangs up is no news."""
        _log.log(level if level >= logging.WARNING else logging.DEBUG, "%s", msg, exc_info=traceback)


class _Connection(HTTPConnection):
    is_new = True
    is_greeted = False

    def communicate(self) -> bool:
        """Greet the client where it has not been; then as cheroot does."""
        self.socket.patience_seconds = PATIENCE_SECONDS
        if not self.is_greeted:
            try:
                self.socket.do_handshake()
            except OSError:
                return False
            self.ssl_env = self.server.ssl_adapter.get_environ(self.socket)
            self.is_greeted = True
        return bool(super().communicate())  # type: ignore[no-untyped-call]  # cheroot has no types here


class _PatientSocket(ssl.SSLSocket):
    """A connection on which the time that the client is waited for is summed up."""

    patience_seconds: float = PATIENCE_SECONDS

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        return self._waiting(super().recv_into, buffer, nbytes, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        return self._waiting(super().send, data, flags)

    def _waiting(self, call: Callable[..., int], *arguments: Any) -> int:
        self.settimeout(max(min(SILENCE_SECONDS, self.patience_seconds), 0.001))
        begun = time.monotonic()
        try:
            return call(*arguments)
        finally:
            self.patience_seconds -= time.monotonic() - begun


class _Adapter(BuiltinSSLAdapter):
    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self._server_env: dict[str, str] = {}

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """The connection, to be greeted by the thread that reads from it."""
        try:
            return self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), {}
        except OSError as gone:
            raise FatalSSLAlert(*gone.args) from gone


def server_context(certificate: Path, key: Path, client_authority: Path | None = None) -> ssl.SSLContext:
    """What such a server does TLS with. Raises Refusal for files that cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _PatientSocket
    try:
        # Without the third a key with a password would have the server wait for somebody at the terminal.
        context.load_cert_chain(certificate, key, "")
    except (OSError, ValueError):
        raise Refusal(
            "Sertifikatet %(certificate)s og nøkkelen %(key)s kan ikke brukes. Begge må være lesbare PEM-filer "
            "som hører sammen, og nøkkelen uten passord.",
            certificate=certificate,
            key=key,
        ) from None
    if client_authority is not None:
        try:
            context.load_verify_locations(client_authority)
        except (OSError, ValueError):
            raise Refusal(
                "Filen %(file)s med utstedere av klientsertifikater kan ikke brukes. Den skal være en lesbar PEM-fil.",
                file=client_authority,
            ) from None
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def create_tls_server(
    app: WsgiApplication,
    listener: socket.socket,
    certificate: Path,
    key: Path,
    client_authority: Path | None = None,
) -> TlsServer:
    """An HTTPS server (TLS 1.2 and later) on a socket that listens already. All files are PEM; `certificate` has those
    of the authorities between after its own.

    With `client_authority`, clients are asked for a certificate, and one that these authorities have not issued is
    turned away. One without any is let through: the application asks, in its environment, for SSL_CLIENT_VERIFY
    ("SUCCESS" or "NONE") and SSL_CLIENT_CERT (PEM). Raises Refusal for files that cannot be used.
    """
    return TlsServer(app, listener, server_context(certificate, key, client_authority))
