"""A small proxy on the loopback: it carries HTTP on, and opens tunnels for TLS."""

import socket
import ssl
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from misbehaviours import PATIENCE_SECONDS

CHUNK = 65536


class Proxy:
    """Notes the head of each request that it is sent. `refusal`: a status line with which it turns everything down;
    `silent`: it takes connections and says nothing; `tls`: it speaks TLS itself."""

    def __init__(self, refusal: str | None = None, *, silent: bool = False, tls: ssl.SSLContext | None = None) -> None:
        self._refusal, self._silent, self._tls = refusal, silent, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.heads: list[str] = []
        scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
        self.url = f"{scheme}://{host}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                asker, _ = self._listener.accept()
                asker.settimeout(PATIENCE_SECONDS)
                threading.Thread(target=self._serve, args=[asker], daemon=True).start()

    def _serve(self, asker: socket.socket) -> None:
        with suppress(OSError), asker:
            if self._tls is None:
                self._answer(asker)
            else:
                with self._tls.wrap_socket(asker, server_side=True) as within:
                    self._answer(within)

    def _answer(self, asker: socket.socket) -> None:
        heard = asker.recv(CHUNK)
        while heard and b"\r\n\r\n" not in heard:
            heard += asker.recv(CHUNK)
        self.heads.append(heard.partition(b"\r\n\r\n")[0].decode())
        method, target, _ = self.heads[-1].split("\r\n")[0].split(" ")
        if self._silent:
            while asker.recv(CHUNK):
                pass
        elif self._refusal:
            asker.sendall(f"HTTP/1.1 {self._refusal}\r\nContent-Length: 0\r\n\r\n".encode())
        elif method == "CONNECT":
            self._carry(asker, target, b"HTTP/1.1 200 Connection established\r\n\r\n", b"")
        else:
            self._carry(asker, urlsplit(target).netloc, b"", heard)

    def _carry(self, asker: socket.socket, place: str, first: bytes, heard: bytes) -> None:
        host, _, port = place.rpartition(":")
        with socket.create_connection((host, int(port)), PATIENCE_SECONDS) as source:
            asker.sendall(first)
            source.sendall(heard)
            back = threading.Thread(target=_pour, args=[source, asker], daemon=True)
            back.start()
            _pour(asker, source)
            back.join(PATIENCE_SECONDS)


def _pour(start: socket.socket, end: socket.socket) -> None:
    with suppress(OSError):
        while some := start.recv(CHUNK):
            end.sendall(some)
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
