"""Whatever a source does, a look-up ends: in the right failure, in time, and with the connection freed."""

import socket
from collections.abc import Callable
from time import monotonic
from tracemalloc import get_traced_memory, start, stop

import pytest

from misbehaviours import BOMB_BYTES, DOCUMENT, MISBEHAVIOURS, BadServer, Misbehaviour, answer, says
from webapp.errors import SourceError, SourceFailure
from webapp.model import Outcome, Question
from webapp.sources.elmo_pull import ElmoPull
from world import KARI_NUMBER

LIMIT_SECONDS = 0.8
#: What a busy machine may add; those who drip or keep silent do so for ten times as long.
SLACK_SECONDS = 1.0

Misbehaving = Callable[[Misbehaviour], BadServer]
Served = Callable[..., BadServer]


def failure(url: str, question: Question, seconds: float = LIMIT_SECONDS) -> SourceError:
    source = ElmoPull(url, seconds, seats=1)
    with pytest.raises(SourceError) as caught:
        source.look_up(question)
    source.close()
    return caught.value


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_each_misbehaviour_ends_in_its_own_failure(name: str, misbehaving: Misbehaving, question: Question) -> None:
    bad = MISBEHAVIOURS[name]
    server = misbehaving(bad)
    began = monotonic()
    error = failure(bad.url or server.url, question)
    assert monotonic() - began < LIMIT_SECONDS + SLACK_SECONDS
    assert error.failure in {bad.failure} | bad.also
    assert error.retry_after_seconds == bad.retry_after_seconds
    assert not any(secret in str(error) for secret in (KARI_NUMBER, "127.0.0.1", "invalid", "/results"))
    assert server.all_freed()
    assert bad.asked in (None, server.requests)


def test_a_refused_connection_is_unreachable(question: Question) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(f"http://127.0.0.1:{port}", question).failure is SourceFailure.UNREACHABLE


def test_a_source_that_fails_twice_and_then_works_is_found(served: Served, question: Question) -> None:
    server = served(says(answer(status=503), answer(status=500), answer(DOCUMENT)))
    source = ElmoPull(server.url, 5, seats=1)
    reply = source.look_up(question)
    source.close()
    assert (reply.outcome, reply.payload, server.requests) == (Outcome.FOUND, DOCUMENT, 3)


def test_a_bomb_is_not_inflated(misbehaving: Misbehaving, question: Question) -> None:
    server = misbehaving(MISBEHAVIOURS["gzip bomb"])
    failure(server.url, question)
    start()
    failure(server.url, question, seconds=10)
    _, peak = get_traced_memory()
    stop()
    assert peak < BOMB_BYTES * 3 / 4


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "iso-8859-1"])
def test_an_unusual_encoding_is_no_misbehaviour(encoding: str, served: Served, question: Question) -> None:
    text = DOCUMENT.decode().replace("INF1000", "BLÅ1000")
    named = text.replace("UTF-8", encoding.upper()) if encoding != "utf-16-le" else text
    source = ElmoPull(served(says(answer(named.encode(encoding)))).url, 5, seats=1)
    transcript = source.look_up(question).transcript
    source.close()
    assert transcript is not None
    assert transcript.studies[0].results[0].code == "BLÅ1000"


def test_a_redirect_to_elsewhere_is_never_followed(served: Served, question: Question) -> None:
    elsewhere = served(says(answer(DOCUMENT)))
    server = served(says(answer(status=302, Location=elsewhere.url)))
    failure(server.url, question)
    assert elsewhere.requests == 0
