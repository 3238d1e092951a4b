"""The server below a provider keeps connections open, whatever the answer was."""

import http.client
import json
import socket
import threading
import uuid
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection

import pytest
from waitress import wasyncore

from webapp.provider import create_provider
from webapp.provider.server import create_server
from webapp.provider.shelf import Shelf
from world import KARI_NUMBER, OLA_NUMBER

TERMS = {"purpose": "admission", "basis": "consent", "request": str(uuid.uuid4())}


@pytest.fixture
def connection(shelf: Shelf) -> Iterator[HTTPConnection]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = create_server(create_provider(shelf), listener)
    thread = threading.Thread(target=server.run)
    thread.start()
    connection = HTTPConnection(*listener.getsockname(), timeout=5)
    yield connection
    connection.close()
    # In the server's own thread: what it waits for must not be closed under it.
    server.trigger.pull_trigger(partial(wasyncore.close_all, server._map))
    thread.join()
    server.task_dispatcher.shutdown()


def ask(connection: HTTPConnection, number: str, **headers: str) -> http.client.HTTPResponse:
    body = json.dumps({"identifiers": [number], **TERMS})
    connection.request("POST", "/results", body, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    response.read()
    return response


def test_a_connection_outlives_answers_of_every_kind(connection: HTTPConnection, etag: str) -> None:
    found = ask(connection, KARI_NUMBER)
    kept = connection.sock
    nothing = ask(connection, OLA_NUMBER)
    unchanged = ask(connection, KARI_NUMBER, **{"If-None-Match": f'"{etag}"'})
    assert [answer.status for answer in (found, nothing, unchanged)] == [200, 204, 304]
    assert connection.sock is kept is not None


def test_a_connection_ends_when_the_asker_says_so(connection: HTTPConnection) -> None:
    ask(connection, OLA_NUMBER, Connection="close")
    assert connection.sock is None
