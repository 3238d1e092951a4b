"""The server below a provider: waitress, with connections that stay open after an answer without a body."""

import socket
from typing import Any

import waitress
from flask import Flask
from waitress.channel import HTTPChannel
from waitress.task import WSGITask

THREADS = 32
#: waitress' own limit of 100 would turn away a fan-out of many askers.
CONNECTION_LIMIT = 1000
BACKLOG = 1024
#: Above the application's own limit, so that it is the application that explains.
REQUEST_BYTE_LIMIT = 10_000_000


class _Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    def set_close_on_finish(self) -> None:
        """Not for 204 and 304, which have no length and need none.

        waitress hangs up after every answer without a length, and "nothing there" is the most frequent one.
        """
        asked = self.request.headers.get("CONNECTION", "").lower()
        if self.has_body or self.version != "1.1" or asked == "close":
            super().set_close_on_finish()


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    task_class = _Task


def create_server(app: Flask, listener: socket.socket) -> Any:
    """A waitress server on a socket that listens already: `run()` serves until SystemExit or KeyboardInterrupt
    reaches it, and then returns; `close()` frees the socket."""
    server = waitress.create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        connection_limit=CONNECTION_LIMIT,
        backlog=BACKLOG,
        max_request_body_size=REQUEST_BYTE_LIMIT,
        asyncore_use_poll=True,
        ident=None,
    )
    server.channel_class = _Channel
    return server
