"""The warm session: one limit for all of it, repeats where right, and connections that stay."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from urllib3.util.connection import create_connection

from misbehaviours import BadServer, answer, drips, says
from webapp.errors import SourceError, SourceFailure
from webapp.sources import adapter
from webapp.sources.adapter import tls_context
from webapp.sources.failures import retry_after
from webapp.sources.http import HttpAnswer, WarmSession

NOW = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
Served = Callable[..., BadServer]


@pytest.fixture
def session_to() -> Iterator[Callable[..., WarmSession]]:
    sessions: list[WarmSession] = []

    def open_session(url: str, seconds: float = 5, **limits: int) -> WarmSession:
        sessions.append(WarmSession(url, seconds, **limits))
        return sessions[-1]

    yield open_session
    for session in sessions:
        session.close()


Sessions = Callable[..., WarmSession]


def test_a_whole_answer_comes_back(served: Served, session_to: Sessions) -> None:
    said = answer(b"<a/>", media_type="Application/XML; charset=utf-8", ETag='"1"')
    session = session_to(served(says(said)).url)
    assert session.get("", "application/xml") == HttpAnswer(200, "application/xml", '"1"', b"<a/>")


def test_a_connection_stays_open_between_questions(served: Served, session_to: Sessions) -> None:
    server = served(says(answer(b"1"), answer(b"2")))
    session = session_to(server.url)
    bodies = [session.post("/results", b"{}", {}).body for _ in range(2)]
    assert (bodies, server.taken, server.requests) == ([b"1", b"2"], 1, 2)


def test_a_connection_stays_open_after_a_problem(served: Served, session_to: Sessions) -> None:
    server = served(says(answer(b"{}", 404, "application/problem+json"), answer(b"yes")))
    session = session_to(server.url)
    with pytest.raises(SourceError):
        session.get("", "*/*")
    session.get("", "*/*")
    assert server.taken == 1


def test_several_threads_share_a_session(served: Served, session_to: Sessions) -> None:
    server = served(says(answer(b"x")))
    session = session_to(server.url, seats=4)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: session.get("", "*/*").body, range(40)))
    assert answers == [b"x"] * 40
    assert server.taken <= 4


def test_a_connection_that_nobody_has_needed_for_a_while_is_closed(
    served: Served, session_to: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "IDLE_SECONDS", 0.2)
    both = threading.Barrier(2)

    def says_at_once(connection: socket.socket, number: int, ended: threading.Event) -> None:
        if number != 2:
            both.wait(5)
        says(answer(b"x"))(connection, number, ended)

    server = served(says_at_once)
    session = session_to(server.url, seats=4)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: session.get("", "*/*"), range(2)))
        assert (server.taken, server.open) == (2, 2)
        sleep(0.3)
        session.get("", "*/*")
        assert server.all_freed(but=1)
        list(pool.map(lambda _: session.get("", "*/*"), range(2)))
    assert (server.taken, server.open) == (3, 2)


def test_the_environment_names_no_proxy(served: Served, session_to: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert session_to(served(says(answer(b"x"))).url).get("", "*/*").body == b"x"


def test_cookies_are_not_kept(served: Served, session_to: Sessions) -> None:
    session = session_to(served(says(answer(b"x", Set_Cookie="a=b"))).url)
    session.get("", "*/*")
    assert list(session._session.cookies) == []


def test_a_certificate_that_we_trust_is_enough(
    served: Served, session_to: Sessions, certificate: tuple[ssl.SSLContext, Path]
) -> None:
    tls_context().load_verify_locations(certificate[1])
    server = served(says(answer(b"safe")), certificate[0])
    assert session_to(server.url.replace("127.0.0.1", "localhost")).get("", "*/*").body == b"safe"


def test_dripping_within_tls_is_cut_off_too(
    served: Served, session_to: Sessions, certificate: tuple[ssl.SSLContext, Path]
) -> None:
    tls_context().load_verify_locations(certificate[1])
    server = served(drips(answer(b"<", length=9999)), certificate[0])
    began = monotonic()
    with pytest.raises(SourceError) as caught:
        session_to(server.url.replace("127.0.0.1", "localhost"), 0.4).get("", "*/*")
    assert (caught.value.failure, monotonic() - began < 2) == (SourceFailure.TIMEOUT, True)


def test_a_body_up_to_the_limit_is_taken_and_one_byte_more_is_not(served: Served, session_to: Sessions) -> None:
    server = served(says(answer(b"x" * 100), answer(b"x" * 101)))
    session = session_to(server.url, byte_limit=100)
    assert session.get("", "*/*").body == b"x" * 100
    with pytest.raises(SourceError) as caught:
        session.get("", "*/*")
    assert caught.value.failure is SourceFailure.TOO_LARGE


def test_a_source_may_ask_for_a_moments_patience(served: Served, session_to: Sessions) -> None:
    server = served(says(answer(status=429, Retry_After="1"), answer(b"now")))
    began = monotonic()
    assert session_to(server.url).get("", "*/*").body == b"now"
    assert monotonic() - began >= 1


def test_patience_beyond_the_limit_is_not_ours(served: Served, session_to: Sessions) -> None:
    server = served(says(answer(status=503, Retry_After="3")))
    began = monotonic()
    with pytest.raises(SourceError) as caught:
        session_to(server.url, 2).get("", "*/*")
    assert (caught.value.retry_after_seconds, server.requests, monotonic() - began < 1) == (3.0, 1, True)


def test_lines_come_as_they_are_sent(served: Served, session_to: Sessions) -> None:
    session = session_to(served(says(answer(b"1\n22\n\n3", media_type="text/plain"))).url)
    with session.post_for_lines("", b"{}", {}) as (media_type, lines):
        assert (media_type, list(lines)) == ("text/plain", [b"1\n", b"22\n", b"\n", b"3"])


def test_a_line_without_end_is_too_large(served: Served, session_to: Sessions) -> None:
    session = session_to(served(says(answer(b"1\n" + b"x" * 300))).url, byte_limit=100)
    with session.post_for_lines("", b"{}", {}) as (_, lines), pytest.raises(SourceError) as caught:
        list(lines)
    assert caught.value.failure is SourceFailure.TOO_LARGE


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("17", 17.0),
        ("Tue, 24 Nov 2026 08:00:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 07:00:00 GMT", 0.0),
        ("999999999999999999", 7 * 86400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 7 * 86400.0),
        ("-5", None),
        ("soon", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_head_and_body_are_sent_in_one_piece(session_to: Sessions) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        session = session_to(f"http://127.0.0.1:{listener.getsockname()[1]}")
        asking = pool.submit(session.post, "/results", b'{"a": 1}', {"Accept": "application/xml"})
        taken, _ = listener.accept()
        with taken:
            first = taken.recv(65536)
            taken.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            assert asking.result().status == 204
    head, _, body = first.partition(b"\r\n\r\n")
    assert (head.count(b"POST /results HTTP/1.1"), head.count(b"Host:"), body) == (1, 1, b'{"a": 1}')
    assert b"\r\nContent-Length: 8" in head


def test_a_line_end_in_a_header_is_refused_before_anything_is_sent(served: Served, session_to: Sessions) -> None:
    server = served(says(answer(b"1")))
    with pytest.raises(SourceError):
        session_to(server.url).get("", "text/xml\r\nX-Evil: 1")
    assert server.requests == 0


def test_a_connection_that_comes_when_the_time_is_up_is_closed(
    served: Served, session_to: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[socket.socket] = []

    def late(*where: Any, **how: Any) -> socket.socket:
        made.append(create_connection(*where, **how))
        sleep(0.1)
        return made[-1]

    monkeypatch.setattr("webapp.sources.deadline.create_connection", late)
    server = served(says(answer(b"1")))
    with pytest.raises(SourceError) as caught:
        session_to(server.url, seconds=0.05, attempts=1).get("", "*/*")
    assert caught.value.failure is SourceFailure.TIMEOUT
    assert (len(made), server.all_freed()) == (1, True)
