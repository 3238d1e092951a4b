"""What a source can do to us: small servers that misbehave, by name, and the failure that each must end in."""

import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from webapp.errors import SourceFailure
from webapp.sources.elmo import write
from world import NOW, course, transcript

DOCUMENT = write(transcript(course("INF1000")), NOW)
DRIP_SECONDS = 0.02
PATIENCE_SECONDS = 10.0
TLS_HANDSHAKE = b"\x16"
BOMB_BYTES = 100_000_000

#: Says something on a connection, given the number of the request (from 0) and the server's end of days.
Speech = Callable[[socket.socket, int, threading.Event], None]


class BadServer:
    """Takes connections on the loopback and lets a speech answer each request; counts the requests, and the
    connections that are open and that were taken in all."""

    def __init__(self, speech: Speech, tls: ssl.SSLContext | None = None) -> None:
        self._speech, self._tls = speech, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._state = threading.Condition()
        self._threads: list[threading.Thread] = []
        self.requests = 0
        self.open = self.taken = 0
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def all_freed(self, but: int = 0) -> bool:
        """Whether the asker lets go of every connection, or of all but so many, within some patience."""
        with self._state:
            return self._state.wait_for(lambda: self.open == but, PATIENCE_SECONDS)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with self._state:
                    self.open += 1
                    self.taken += 1
                self._start(self._converse, connection)

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE_SECONDS)
        with suppress(OSError), connection:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                while _heard(connection):
                    number, self.requests = self.requests, self.requests + 1
                    self._speech(connection, number, self._ended)
        with self._state:
            self.open -= 1
            self._state.notify_all()


def _heard(connection: socket.socket) -> bool:
    """Reads a request with its body; False when the asker has let go."""
    heard = b""
    while b"\r\n\r\n" not in heard and not heard.startswith(TLS_HANDSHAKE):
        more = connection.recv(65536)
        if not more:
            return False
        heard += more
    head, _, body = heard.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length:
        body += connection.recv(65536)
    return True


def answer(
    body: bytes = b"", status: int = 200, media_type: str = "application/xml", length: int | None = None, **more: str
) -> bytes:
    """A whole HTTP answer; `length` is what it claims, `more` its other headers."""
    headers = {"Content-Type": media_type, "Content-Length": str(len(body) if length is None else length)}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


def says(*answers: bytes) -> Speech:
    """The first answer to the first request, and so on; the last again and again."""
    return lambda connection, number, _: connection.sendall(answers[min(number, len(answers) - 1)])


def ends_after(said: bytes) -> Speech:
    """Says something, and hangs up."""

    def speak(connection: socket.socket, number: int, ended: threading.Event) -> None:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_RDWR)

    return speak


def drips(start: bytes, drop: bytes = b"x") -> Speech:
    """Says how it starts, and then a drop at a time for ever."""

    def speak(connection: socket.socket, number: int, ended: threading.Event) -> None:
        connection.sendall(start)
        while not ended.wait(DRIP_SECONDS):
            connection.sendall(drop)

    return speak


def floods(start: bytes, flood: bytes) -> Speech:
    """Says how it starts, and then the same as fast as it can for ever."""

    def speak(connection: socket.socket, number: int, ended: threading.Event) -> None:
        connection.sendall(start)
        while not ended.is_set():
            connection.sendall(flood)

    return speak


def resets(connection: socket.socket, number: int, ended: threading.Event) -> None:
    """Hangs up as rudely as TCP allows."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def says_nothing(connection: socket.socket, number: int, ended: threading.Event) -> None:
    """Waits for the asker to let go."""
    connection.recv(1)


def sends_bomb(connection: socket.socket, number: int, ended: threading.Event) -> None:
    """A small body that would inflate beyond any limit."""
    connection.sendall(answer(bomb(), Content_Encoding="gzip"))


@cache
def bomb() -> bytes:
    return gzip.compress(b" " * BOMB_BYTES, 1)


@dataclass(frozen=True)
class Misbehaviour:
    """A speech, the failures that it may end in, and how often it is asked before that (None: not at all sure).

    `url`: an address that needs no server. `tls`: the asker speaks TLS; so does the server if `certified`.
    """

    failure: SourceFailure
    speech: Speech = says_nothing
    asked: int | None = 1
    url: str | None = None
    tls: bool = False
    certified: bool = False
    retry_after_seconds: float | None = None
    also: frozenset[SourceFailure] = field(default_factory=frozenset)


F = SourceFailure
_ENTITIES = b'<!DOCTYPE elmo [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
_LOCAL_FILE = b'<!DOCTYPE elmo [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"
_TEXT = DOCUMENT.decode()
_DOCUMENT_ELEMENT = DOCUMENT.index(b"<elmo")


def _with(doctype: bytes) -> bytes:
    return DOCUMENT[:_DOCUMENT_ELEMENT] + doctype + DOCUMENT[_DOCUMENT_ELEMENT:].replace(b"INF1000", b"&a;")


def _status(status: int, asked: int = 1, **more: str) -> Speech:
    return says(answer(b"<p>Nei</p>", status, "text/html", **more))


MISBEHAVIOURS: dict[str, Misbehaviour] = {
    "address that is not asked": Misbehaviour(F.NOT_REACHED, asked=None, url="http://255.255.255.255"),
    "unknown name": Misbehaviour(F.NAME_UNKNOWN, asked=None, url="http://finnes-ikke.invalid"),
    "address without sense": Misbehaviour(F.NAME_UNKNOWN, asked=None, url="http://a..b"),
    "self-signed certificate": Misbehaviour(F.INSECURE, tls=True, certified=True, asked=0),
    "plain HTTP where TLS is spoken": Misbehaviour(F.INSECURE, ends_after(answer()), tls=True, asked=None),
    "silence where TLS is spoken": Misbehaviour(F.TIMEOUT, tls=True, asked=None),
    "silence": Misbehaviour(F.TIMEOUT),
    "dripping body": Misbehaviour(F.TIMEOUT, drips(answer(b"<", length=99_999))),
    "dripping headers": Misbehaviour(F.TIMEOUT, drips(_HEAD + b"X-Drip: ")),
    "dripping status": Misbehaviour(F.TIMEOUT, drips(b"HTTP/1.1 200 ")),
    "dripping chunk sizes": Misbehaviour(F.TIMEOUT, drips(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0")),
    "endless continues": Misbehaviour(F.TIMEOUT, floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100)),
    "endless headers": Misbehaviour(F.NOT_UNDERSTOOD, floods(_HEAD, b"X-More: x\r\n")),
    "endless body": Misbehaviour(F.TOO_LARGE, floods(_HEAD + b"\r\n", b" " * 1_000_000), also=frozenset({F.TIMEOUT})),
    "endless redirect": Misbehaviour(
        F.REDIRECTED, floods(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", b" " * 1_000_000)
    ),
    "gzip bomb": Misbehaviour(F.TOO_LARGE, sends_bomb, also=frozenset({F.TIMEOUT})),
    "broken gzip": Misbehaviour(F.NOT_UNDERSTOOD, says(answer(b"no gzip at all", Content_Encoding="gzip"))),
    "truncated XML": Misbehaviour(F.NOT_UNDERSTOOD, says(answer(DOCUMENT[:-40]))),
    "truncated body": Misbehaviour(F.BROKEN_OFF, ends_after(answer(DOCUMENT[:-40], length=len(DOCUMENT)))),
    "truncated chunks": Misbehaviour(
        F.BROKEN_OFF, ends_after(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<elmo\r\n")
    ),
    "hanging up without a word": Misbehaviour(F.BROKEN_OFF, ends_after(b""), asked=3),
    "reset connection": Misbehaviour(F.BROKEN_OFF, resets, asked=3),
    "not HTTP": Misbehaviour(F.NOT_UNDERSTOOD, ends_after(b"220 mail.example.invalid ESMTP\r\n")),
    "entities": Misbehaviour(F.UNSAFE, says(answer(_with(_ENTITIES)))),
    "entity of a local file": Misbehaviour(F.UNSAFE, says(answer(_with(_LOCAL_FILE)))),
    "web page": Misbehaviour(F.NOT_UNDERSTOOD, says(answer(b"<html><p>Hei", media_type="text/html"))),
    "web page called XML": Misbehaviour(F.NOT_UNDERSTOOD, says(answer(b"<!DOCTYPE html><html><p>Hei</p></html>"))),
    "other content type": Misbehaviour(F.NOT_UNDERSTOOD, says(answer(DOCUMENT, media_type="application/json"))),
    "Latin-1 called UTF-8": Misbehaviour(
        F.NOT_UNDERSTOOD, says(answer(_TEXT.replace("INF1000", "BLÅ1000").encode("latin-1")))
    ),
    "unknown encoding": Misbehaviour(F.NOT_UNDERSTOOD, says(answer(DOCUMENT.replace(b"UTF-8", b"EBCDIC-NO-SUCH")))),
    "empty answer": Misbehaviour(F.NOT_UNDERSTOOD, says(answer())),
    "unchanged since never": Misbehaviour(F.NOT_UNDERSTOOD, says(b"HTTP/1.1 304 Not Modified\r\n\r\n")),
    "part of an answer": Misbehaviour(F.NOT_UNDERSTOOD, says(answer(DOCUMENT, 206))),
    "redirect loop": Misbehaviour(F.REDIRECTED, _status(302, Location="/results")),
    "redirect elsewhere": Misbehaviour(F.REDIRECTED, _status(307, Location="http://elsewhere.invalid/")),
    "bad request": Misbehaviour(F.BAD_REQUEST, _status(400)),
    "unauthorized": Misbehaviour(F.UNAUTHORIZED, _status(401)),
    "forbidden": Misbehaviour(F.FORBIDDEN, _status(403)),
    "not found": Misbehaviour(F.NOT_FOUND, _status(404)),
    "gone": Misbehaviour(F.BAD_REQUEST, _status(410)),
    "overloaded": Misbehaviour(F.OVERLOADED, _status(429), asked=3),
    "overloaded for a while": Misbehaviour(F.OVERLOADED, _status(429, Retry_After="120"), retry_after_seconds=120.0),
    "server error": Misbehaviour(F.SERVER_ERROR, _status(500), asked=3),
    "not implemented": Misbehaviour(F.SERVER_ERROR, _status(501)),
    "unavailable": Misbehaviour(F.UNAVAILABLE, _status(503), asked=3),
    "unavailable for a while": Misbehaviour(
        F.UNAVAILABLE, _status(503, Retry_After="7200"), retry_after_seconds=7200.0
    ),
}


def self_signed(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """TLS for a server on 127.0.0.1 that vouches for itself, and the file of its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    cert_file, key_file = folder / "certificate.pem", folder / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key_file.write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    return context, cert_file
