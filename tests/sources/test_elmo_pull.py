"""ELMO pull, the asking side: what is sent, and what each answer means."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from misbehaviours import DOCUMENT, BadServer, answer, ends_after, says
from webapp.errors import SourceError, SourceFailure
from webapp.model import LeftOut, LeftOutReason, Outcome, Purpose, Question, Reply
from webapp.sources.elmo import read, write
from webapp.sources.elmo_pull import Description, ElmoPull
from world import KARI_NUMBER, NOW, OLA_NUMBER, transcript

NOTHING = write(transcript(), NOW)
FOUND = Reply(Outcome.FOUND, read(DOCUMENT), DOCUMENT, "tag")
DESCRIPTION = {
    "protocol": "elmo-pull/1",
    "institution": {"number": 185, "name": {"nb": "Universitetet i Oslo"}},
    "shares": True,
    "batch": 100,
    "purposes": ["admission", "something new"],
}
Served = Callable[..., BadServer]
Sources = Callable[..., ElmoPull]


@pytest.fixture
def source_at() -> Iterator[Sources]:
    sources: list[ElmoPull] = []

    def open_source(url: str, batch: int | None = None) -> ElmoPull:
        sources.append(ElmoPull(url, 5, seats=1, batch=batch))
        return sources[-1]

    yield open_source
    for source in sources:
        source.close()


def line(ref: str, status: str, **more: str) -> bytes:
    return json.dumps({"ref": ref, "status": status, **more}).encode() + b"\n"


def lines(*said: bytes, media_type: str = "application/x-ndjson") -> bytes:
    return answer(b"".join(said), media_type=media_type)


def problem(kind: str, status: int) -> bytes:
    body = json.dumps({"type": f"https://uio.invalid/problems/{kind}", "title": "x"}).encode()
    return answer(body, status, "application/problem+json")


def outcomes(source: ElmoPull, questions: dict[str, Question]) -> dict[str, str]:
    """Each person's outcome or failure, by reference; every one exactly once."""
    pairs = list(source.look_up_many(questions))
    assert len(pairs) == len(questions)
    return {ref: got.outcome if isinstance(got, Reply) else got.failure for ref, got in pairs}


@pytest.fixture
def three(question: Question) -> dict[str, Question]:
    return {"a": question, "b": replace(question, identifiers=(OLA_NUMBER,), etag="old"), "c": question}


def test_a_source_describes_itself(served: Served, source_at: Sources) -> None:
    said = answer(json.dumps(DESCRIPTION).encode(), media_type="application/json")
    assert source_at(served(says(said)).url).describe() == Description(
        "elmo-pull/1", 185, {"nb": "Universitetet i Oslo"}, True, 100, frozenset({Purpose.ADMISSION})
    )


@pytest.mark.parametrize(
    "said",
    [
        json.dumps(DESCRIPTION | {"protocol": "elmo-pull/2"}),
        json.dumps(DESCRIPTION | {"batch": 0}),
        json.dumps({"protocol": "elmo-pull/1"}),
        "[" * 100_000,
        "no JSON",
    ],
)
def test_another_description_is_not_understood(said: str, served: Served, source_at: Sources) -> None:
    source = source_at(served(says(answer(said.encode(), media_type="application/json"))).url)
    with pytest.raises(SourceError) as caught:
        source.describe()
    assert caught.value.failure is SourceFailure.NOT_UNDERSTOOD


def test_a_question_travels_in_the_body_alone(source_at: Sources, question: Question, httpserver: HTTPServer) -> None:
    heard: list[Request] = []

    def hear(request: Request) -> Response:
        heard.append(request)
        return Response(status=204)

    httpserver.expect_request("/185/results").respond_with_handler(hear)
    source_at(httpserver.url_for("/185/")).look_up(replace(question, etag="tag"))
    assert heard[0].headers["If-None-Match"] == '"tag"'
    assert KARI_NUMBER not in f"{heard[0].url}{heard[0].headers}"
    assert heard[0].get_json() == {
        "identifiers": [KARI_NUMBER],
        "purpose": "admission",
        "basis": "consent",
        "request": question.request,
    }


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (answer(DOCUMENT, ETag='"tag"'), FOUND),
        (answer(DOCUMENT, ETag='W/"tag"', media_type="text/xml; charset=utf-8"), FOUND),
        (answer(DOCUMENT, ETag='"with "quotes""'), replace(FOUND, etag=None)),
        (answer(NOTHING, ETag='"tag"'), Reply(Outcome.NOTHING, etag="tag")),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Reply(Outcome.NOTHING)),
        (b'HTTP/1.1 304 Not Modified\r\nETag: "old"\r\n\r\n', Reply(Outcome.UNCHANGED, etag="old")),
        (problem("not-shared", 403), Reply(Outcome.NOT_SHARED)),
        (problem("no-consent", 403), Reply(Outcome.NO_CONSENT)),
    ],
)
def test_each_answer_has_its_meaning(
    said: bytes, reply: Reply, served: Served, source_at: Sources, question: Question
) -> None:
    assert source_at(served(says(said)).url).look_up(replace(question, etag="old")) == reply


def test_rows_that_were_left_out_come_with_nothing(served: Served, source_at: Sources, question: Question) -> None:
    failed = transcript(left_out=(LeftOut("INF1000", {"nb": "Emne"}, LeftOutReason.FAILED),))
    reply = source_at(served(says(answer(write(failed, NOW)))).url).look_up(question)
    assert (reply.outcome, reply.transcript) == (Outcome.NOTHING, failed)


@pytest.mark.parametrize(
    ("kind", "status", "failure"),
    [
        ("bad-request", 422, SourceFailure.BAD_REQUEST),
        ("unavailable", 500, SourceFailure.UNAVAILABLE),
        ("something-else", 403, SourceFailure.FORBIDDEN),
    ],
)
def test_other_problems_are_failures(
    kind: str, status: int, failure: SourceFailure, served: Served, source_at: Sources, question: Question
) -> None:
    source = source_at(served(says(problem(kind, status))).url)
    with pytest.raises(SourceError) as caught:
        source.look_up(question)
    assert caught.value.failure is failure


def test_many_are_asked_about_at_once(served: Served, source_at: Sources, three: dict[str, Question]) -> None:
    text = DOCUMENT.decode().replace("UTF-8", "ISO-8859-1")
    server = served(
        says(lines(line("c", "no-consent"), line("b", "unchanged"), line("a", "found", elmo=text, etag="tag")))
    )
    pairs = dict(source_at(server.url, batch=100).look_up_many(three))
    found = pairs["a"]
    assert isinstance(found, Reply)
    assert found.transcript == read(DOCUMENT)
    assert [pairs["b"], pairs["c"]] == [Reply(Outcome.UNCHANGED), Reply(Outcome.NO_CONSENT)]
    assert server.requests == 1


def test_more_than_a_batch_takes_several_requests(
    served: Served, source_at: Sources, three: dict[str, Question]
) -> None:
    both = lines(line("a", "nothing"), line("b", "nothing"))
    server = served(says(both, lines(line("c", "nothing"))))
    assert outcomes(source_at(server.url, batch=2), three) == dict.fromkeys("abc", "nothing")
    assert server.requests == 2


def test_a_source_without_batches_is_asked_about_one_at_a_time(
    served: Served, source_at: Sources, three: dict[str, Question]
) -> None:
    server = served(says(b"HTTP/1.1 204 No Content\r\n\r\n", answer(status=403), answer(DOCUMENT)))
    assert outcomes(source_at(server.url), three) == {"a": "nothing", "b": "forbidden", "c": "found"}


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"rubbish\n",
        line("b", "maybe"),
        line("b", "found"),
        line("b", "found", elmo="<html/>"),
        line("x", "nothing"),
        b'{"ref": "b"}\n',
    ],
)
def test_a_bad_line_is_a_failure_for_that_person_alone(
    bad: bytes, served: Served, source_at: Sources, three: dict[str, Question]
) -> None:
    server = served(says(lines(line("a", "nothing"), bad, line("c", "nothing"))))
    expected = {"a": "nothing", "b": "not-understood", "c": "nothing"}
    assert outcomes(source_at(server.url, batch=9), three) == expected


def test_unchanged_for_somebody_of_whom_nothing_is_known_is_a_failure(
    served: Served, source_at: Sources, three: dict[str, Question]
) -> None:
    server = served(says(lines(*(line(ref, "unchanged") for ref in three))))
    expected = {"a": "not-understood", "b": "unchanged", "c": "not-understood"}
    assert outcomes(source_at(server.url, batch=9), three) == expected


@pytest.mark.parametrize(
    "cut",
    [lines(line("a", "nothing"), b'{"ref": "b"'), lines(line("a", "nothing"), b'{"r').replace(b"th: 3", b"th: 9")],
)
def test_lines_cut_short_keep_what_has_come(
    cut: bytes, served: Served, source_at: Sources, three: dict[str, Question]
) -> None:
    expected = {"a": "nothing", "b": "broken-off", "c": "broken-off"}
    assert outcomes(source_at(served(ends_after(cut)).url, batch=9), three) == expected


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (problem("not-shared", 403), "not-shared"),
        (problem("unavailable", 418), "unavailable"),
        (answer(status=401), "unauthorized"),
        (lines(media_type="text/html"), "not-understood"),
    ],
)
def test_what_holds_for_a_batch_holds_for_each(
    said: bytes, outcome: str, served: Served, source_at: Sources, three: dict[str, Question]
) -> None:
    assert outcomes(source_at(served(says(said)).url, batch=9), three) == dict.fromkeys(three, outcome)
