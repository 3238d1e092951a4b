"""Clients that begin a request and never end it: they hold a connection, but no thread that others wait for."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest
import requests
from apiflask import APIFlask

from serving import screens_served

SLOW = 50
BEGINNINGS = {
    "a line": b"GET /sear",
    "headers": b"GET /search HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "a body": b"POST /search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\nwanted=",
    "chunks": b"POST /search HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwan",
    "nothing": b"",
}
#: Requests that two servers in a row could understand in two ways.
SMUGGLED = {
    "two lengths": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nabcde",
    "a length and chunks": b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a blank in a name": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding : chunked\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
    "long headers": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 400_000 + b"\r\n\r\n",
    "a long address": b"GET /?" + b"a" * 400_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: elsewhere.example\r\n\r\n",
    "no request": b"\x16\x03\x01\x00\x00\r\n\r\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def address(app: APIFlask) -> Iterator[tuple[str, int]]:
    with screens_served(app) as url:
        yield "127.0.0.1", urlsplit(url).port or 0


@pytest.mark.parametrize("case", BEGINNINGS)
def test_fifty_slow_clients_keep_nobody_out(address: tuple[str, int], case: str) -> None:
    with ExitStack() as held:
        for _ in range(SLOW):
            slow = held.enter_context(socket.create_connection(address, 5))
            slow.sendall(BEGINNINGS[case])
        host, port = address
        for _ in range(3):
            assert requests.get(f"http://{host}:{port}/static/app.css", timeout=20).status_code == 200


@pytest.mark.parametrize("case", SMUGGLED)
def test_no_request_is_two(address: tuple[str, int], case: str) -> None:
    heard = b""
    with socket.create_connection(address, 5) as asking, suppress(ConnectionError):
        asking.sendall(SMUGGLED[case])
        asking.shutdown(socket.SHUT_WR)
        while more := asking.recv(65536):
            heard += more
    assert heard.count(b"HTTP/1.") <= 1
    assert heard[9:12] in (b"", b"400", b"302", b"401", b"403", b"413", b"414", b"431", b"501")
