"""A door before a WSGI application, at which trouble may stand: HTTP as it is, or as badly as a speech puts it."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from werkzeug.test import Client

from misbehaviours import Speech


class Door:
    """Serves an application at `url` until `close`. `speech`: what answers in its place, None for the application;
    after `shut` it takes no connections until `open_again`."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._client = Client(app, use_cookies=False)
        self._ended = threading.Event()
        self._connections: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.speech: Speech | None = None
        self.open_again()
        self.url = f"http://127.0.0.1:{self._port}"

    def open_again(self) -> None:
        """Take connections."""
        if self._server is not None:
            return
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                door._connections.add(self.connection)

            def finish(self) -> None:
                door._connections.discard(self.connection)
                with suppress(OSError):
                    super().finish()

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if door.speech is not None:
                    # What the speech leaves open stays open: whoever asks next may have it in use already.
                    try:
                        door.speech(self.connection, 0, door._ended)
                    except OSError:
                        self.close_connection = True
                    return
                answer = door._client.open(
                    self.path, method=self.command, data=body, headers=list(self.headers.items())
                )
                said = answer.get_data()
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in ("content-length", "connection", "date", "server"):
                        self.send_header(name, value)
                if answer.status_code not in (204, 304):
                    self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def shut(self) -> None:
        """Take no connections, and let go of those that are open."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End."""
        self._ended.set()
        self.shut()
