"""A head that is read in one go says what http.client would have read in it; the rest is left to http.client."""

import http.client
import io
import re
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPHeaderDict

from webapp.sources.heads import Answered

_ORDINARY = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/xml; charset=utf-8\r\nETag: "a"\r\nContent-Length: 3\r\n\r\nabc'
)
_CHUNKS = b"3\r\nabc\r\n0\r\n\r\n"
_MANY = b"".join(b"F%d: x\r\n" % place for place in range(99))

HEADS = {
    "ordinary": _ORDINARY,
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" + _CHUNKS,
    "chunked, and a length": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" + _CHUNKS,
    "another coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n\r\nabc",
    "until the end": b"HTTP/1.1 200 OK\r\n\r\nabc",
    "closes": b"HTTP/1.1 200 OK\r\nconnection:  Close \r\ncontent-length:3\r\n\r\nabc",
    "nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b'HTTP/1.1 304 Not Modified\r\nETag: W/"a"\r\nContent-Length: 3\r\n\r\n',
    "no reason": b"HTTP/1.1 503 \r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n",
    "neither reason nor space": b"HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n",
    "a letter beyond ASCII": b"HTTP/1.1 200 OK\r\nServer: bl\xe5b\xe6r\r\nContent-Length: 3\r\n\r\nabc",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a name twice": b"HTTP/1.1 200 OK\r\nVary: a\r\nvary: b\r\nContent-Length: 3\r\n\r\nabc",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc",
    "no colon": b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 3\r\n\r\nabc",
    "a space before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\nabc",
    "line ends of one character": b"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc",
    "as many fields as may be": b"HTTP/1.1 200 OK\r\n" + _MANY + b"\r\nabc",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "after a 100": b"HTTP/1.1 100 Continue\r\n\r\n" + _ORDINARY,
    "larger than a buffer": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 9000 + b"\r\nContent-Length: 3\r\n\r\nabc",
    "broken off": b"HTTP/1.1 200 OK\r\nContent-Le",
    "not HTTP": b"SSH-2.0-OpenSSH\r\n",
    "no status": b"HTTP/1.1 abc OK\r\n\r\n",
    "empty": b"",
}


class _Said(socket.socket):
    """A socket on which something has come."""

    def __init__(self, said: bytes) -> None:
        self._bytes = said

    def makefile(self, *_args: object, **_named: object) -> io.BufferedReader:  # type: ignore[override]
        return io.BufferedReader(io.BytesIO(self._bytes))  # type: ignore[arg-type]


def read(kind: type[http.client.HTTPResponse], said: bytes) -> object:
    """What is made of an answer: what its head says, and its body; or what it is refused with."""
    answer = kind(_Said(said), method="POST")
    try:
        answer.begin()
        fields = answer.fields if isinstance(answer, Answered) else HTTPHeaderDict(answer.headers.items())
        named = {name.lower(): re.sub(r"[\t ]*\r?\n[\t ]*", " ", value).strip() for name, value in fields.items()}
        head = answer.version, answer.status, answer.reason, answer.chunked, answer.length, answer.will_close
        return *head, named, answer.read()
    except http.client.HTTPException as error:
        return type(error)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_says_what_http_client_reads_in_it(name: str) -> None:
    assert read(Answered, HEADS[name]) == read(http.client.HTTPResponse, HEADS[name])


@given(
    st.lists(st.sampled_from([*b"HTP/1. 204:-\r\n\tacontent-length", 0, 128, 255]), max_size=40), st.integers(0, 100)
)
def test_whatever_stands_in_a_head_it_is_read_alike(noise: list[int], place: int) -> None:
    said = _ORDINARY[:place] + bytes(noise) + _ORDINARY[place:]
    assert read(Answered, said) == read(http.client.HTTPResponse, said)


def test_a_folded_line_is_one() -> None:
    answer = Answered(_Said(b'HTTP/1.1 200 OK\r\nETag: "a\r\n b"\r\nContent-Length: 0\r\n\r\n'))
    answer.begin()
    assert answer.fields["etag"] == '"a b"'


def test_more_fields_are_refused() -> None:
    with pytest.raises(http.client.HTTPException):
        Answered(_Said(b"HTTP/1.1 200 OK\r\n" + _MANY + b"Y: x\r\n\r\n")).begin()
