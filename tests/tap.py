"""A tap on the line between a source and a server: TCP as it is, or as badly as a test wants it."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

#: Says something in the server's place on a connection, given the tap's end of days.
Voice = Callable[[socket.socket, threading.Event], None]

DRIP_SECONDS = 0.02
_SSL_REQUEST = 8


class Tap:
    """Takes connections at `port` of the loopback until `close`, and passes them on to another port.

    `voice`: who answers on new connections in the server's place. `shut` lets go of all and takes none until
    `open_again`. `drip` and `cut_after`: what comes from the server then comes a byte at a time, or only so many bytes.
    """

    def __init__(self, server_port: int | None = None) -> None:
        self._server_port = server_port
        self._ended = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0
        self.voice: Voice | None = None
        self.drip = False
        self.cut_after: int | None = None
        self.open_again()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open_again(self) -> None:
        """Take connections."""
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self._listener.getsockname()[1]
            _start(self._accept, self._listener)

    def shut(self) -> None:
        """Take no connections."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.hang_up()

    def hang_up(self) -> None:
        """Let go of the connections that are open."""
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End."""
        self._ended.set()
        self.shut()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                _start(self._converse, connection)

    def _converse(self, connection: socket.socket) -> None:
        self._open.add(connection)
        with suppress(OSError), connection:
            if self.voice is not None:
                self.voice(connection, self._ended)
            elif self._server_port is not None:
                with socket.create_connection(("127.0.0.1", self._server_port)) as server:
                    _start(self._pass_on, connection, server)
                    self._bring_back(server, connection)
        self._open.discard(connection)

    def _pass_on(self, asker: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while said := asker.recv(65536):
                server.sendall(said)
        # Also where the asker broke off: a server that is not told waits for more for ever.
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _bring_back(self, server: socket.socket, asker: socket.socket) -> None:
        while said := server.recv(65536):
            if self.cut_after is not None:
                asker.sendall(said[: self.cut_after])
                asker.shutdown(socket.SHUT_RDWR)
                return
            if self.drip:
                for byte in said:
                    if self._ended.wait(DRIP_SECONDS):
                        return
                    asker.sendall(bytes([byte]))
            else:
                asker.sendall(said)


def says_nothing(connection: socket.socket, ended: threading.Event) -> None:
    """Waits for the asker to let go."""
    while connection.recv(65536):
        pass


def says(said: bytes) -> Voice:
    """Says this to whatever is said first, and hangs up."""

    def speak(connection: socket.socket, ended: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(said)

    return speak


def drips(start: bytes) -> Voice:
    """Says how it starts, and then a byte at a time for ever."""

    def speak(connection: socket.socket, ended: threading.Event) -> None:
        connection.sendall(start)
        while not ended.wait(DRIP_SECONDS):
            connection.sendall(b"\0")

    return speak


def refuses(sqlstate: str, message: str) -> Voice:
    """Greets as PostgreSQL does, without TLS, and refuses the connection with an error of its wire protocol."""
    fields = b"".join(
        kind + text.encode() + b"\0"
        for kind, text in ((b"S", "FATAL"), (b"V", "FATAL"), (b"C", sqlstate), (b"M", message))
    )
    error = b"E" + (len(fields) + 5).to_bytes(4, "big") + fields + b"\0"

    def speak(connection: socket.socket, ended: threading.Event) -> None:
        heard = connection.recv(65536)
        while heard and len(heard) == _SSL_REQUEST:
            connection.sendall(b"N")
            heard = connection.recv(65536)
        connection.sendall(error)

    return speak


def _start(work: Callable[..., None], *args: object) -> None:
    threading.Thread(target=work, args=args, daemon=True).start()
