"""FS GraphQL over real HTTP: what is asked, pages, errors in part, limits of time and rate, and who may ask."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import graphql
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from carried import COURSE, DEGREE, FORMER_NUMBER, told
from door import Door
from webapp.config import Settings
from webapp.demo.fs import Conduct, create_fs_server
from webapp.demo.fs.server import schema
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.institutions import REGISTER
from webapp.model import Basis, Outcome, Purpose, Question, Reply, Transcript
from webapp.provider.shelf import Shelf
from webapp.source_settings import FsGraphqlSettings
from webapp.sources.catalogue import open_source, pretty_payload
from webapp.sources.elmo import meaning_digest, write
from webapp.sources.fs_graphql import FsGraphql
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIO

FACTS = Path(__file__).parents[3] / "shared" / "FS_GRAPHQL.md"
CREDENTIALS = "fs-leser", "hemmelig"
MANY = tuple(replace(COURSE, code=f"BIO{number}") for number in range(5))

#: Opens an FS with a conduct over what it holds, and the source that asks it.
Opened = Callable[..., FsGraphql]


@pytest.fixture
def fs(tmp_path: Path) -> Iterator[Opened]:
    ends: list[Callable[[], None]] = []

    def open_(*held: Transcript, seconds: float = 10.0, attempts: int = 1, **conduct: Any) -> FsGraphql:
        shelf = Shelf(tmp_path / "shelf.sqlite")
        shelf.add_institution(REGISTER[UIO])
        for each in held:
            shelf.put(UIO, each.learner.national_identifiers, write(each, NOW), etag=meaning_digest(each))
        door = Door(create_fs_server(shelf, Conduct(**conduct)))
        (tmp_path / "password").write_text(CREDENTIALS[1])
        settings = FsGraphqlSettings(
            institution=UIO,
            url=f"{door.url}/{UIO}/graphql",
            user=CREDENTIALS[0],
            secret_file=Path("password"),
            timeout_seconds=seconds,
        )
        source = open_source(settings, Settings(instance=tmp_path), attempts)
        ends.extend((source.close, door.close, shelf.close))
        assert isinstance(source, FsGraphql)
        return source

    yield open_
    for end in ends:
        end()


@pytest.mark.parametrize("name", ["person.graphql", "feed.graphql"])
def test_the_query_fits_the_schema(name: str) -> None:
    assert graphql.validate(schema(), graphql.parse(_document(name))) == []


@pytest.mark.parametrize("name", ["person.graphql", "feed.graphql"])
def test_the_query_asks_for_nothing_that_is_going(name: str) -> None:
    assert not re.search(r"\b(nob|nno|eng)\b", re.sub("#.*", "", _document(name)))


@pytest.mark.skipif(not FACTS.exists(), reason="the facts about FS' schema are not here (../shared/FS_GRAPHQL.md)")
@pytest.mark.parametrize("name", ["person.graphql", "feed.graphql"])
def test_every_field_is_one_that_is_known_to_be_there(name: str) -> None:
    # The look-up of profiles is named in DOMAIN.md, with what it takes.
    known = set(re.findall(r"\w+", FACTS.read_text())) | {"personProfilerGittFodselsnumre"}
    fields: set[str] = set()

    class Fields(graphql.Visitor):
        def enter_field(self, node: graphql.FieldNode, *_: object) -> None:
            fields.add(node.name.value)

    graphql.visit(graphql.parse(_document(name)), Fields())
    assert len(fields) > 10
    assert fields <= known


def test_all_pages_are_put_together(fs: Opened) -> None:
    reply = fs(told(*MANY), page=2).look_up(asked())
    assert reply.transcript is not None
    assert [result.code for result in reply.transcript.studies[0].results] == [each.code for each in MANY]


def test_pages_do_not_show_in_what_is_kept(fs: Opened) -> None:
    small, large = (fs(told(*MANY), page=page).look_up(asked()).payload for page in (2, 100))
    assert small == large


def test_one_limit_of_time_covers_all_pages(fs: Opened) -> None:
    source = fs(told(*MANY), told(COURSE, number=OLA_NUMBER), page=1, page_seconds=0.2, seconds=0.7)
    replies = _of_many(source, KARI_NUMBER, OLA_NUMBER)
    assert _failure(replies[KARI_NUMBER]) is SourceFailure.TIMEOUT
    # What had come whole before that is kept.
    assert _outcome(replies[OLA_NUMBER]) is Outcome.FOUND


def test_an_error_in_ones_results_is_that_persons_failure(fs: Opened) -> None:
    source = fs(told(COURSE), told(COURSE, number=OLA_NUMBER), broken=frozenset({OLA_NUMBER}))
    stranger = FORMER_NUMBER[:-1] + "0"
    replies = _of_many(source, KARI_NUMBER, OLA_NUMBER, stranger)
    assert _outcome(replies[KARI_NUMBER]) is Outcome.FOUND
    assert _failure(replies[OLA_NUMBER]) is SourceFailure.SERVER_ERROR
    assert _outcome(replies[stranger]) is Outcome.NOTHING


def test_somebody_whose_student_is_lost_fails_and_nobody_else(fs: Opened) -> None:
    """An error in the place of a student does not tell whose it is, until that one is asked about alone."""
    source = fs(told(COURSE), told(COURSE, number=OLA_NUMBER), lost=frozenset({OLA_NUMBER}))
    strangers = [f"0101900000{digit}" for digit in range(5)]
    replies = _of_many(source, KARI_NUMBER, OLA_NUMBER, *strangers)
    assert _outcome(replies[KARI_NUMBER]) is Outcome.FOUND
    assert _failure(replies[OLA_NUMBER]) is SourceFailure.SERVER_ERROR
    assert {_outcome(replies[number]) for number in strangers} == {Outcome.NOTHING}


def test_the_same_student_by_two_numbers_is_one(fs: Opened) -> None:
    reply = fs(told(COURSE)).look_up(asked(FORMER_NUMBER, KARI_NUMBER))
    assert reply.transcript is not None
    assert len(reply.transcript.studies[0].results) == 1
    assert reply.transcript.learner.national_identifiers == (KARI_NUMBER, FORMER_NUMBER)


def test_a_rate_limit_is_waited_for(fs: Opened) -> None:
    source = fs(told(*MANY), page=2, rate=2, attempts=3)
    reply = source.look_up(asked())
    assert reply.outcome is Outcome.FOUND


def test_a_rate_limit_that_is_too_long_is_told(fs: Opened) -> None:
    source = fs(told(*MANY), page=2, rate=2, rate_seconds=60.0)
    with pytest.raises(SourceError) as caught:
        source.look_up(asked())
    assert caught.value.failure is SourceFailure.OVERLOADED
    assert 0 < (caught.value.retry_after_seconds or 0) <= 60


def test_the_user_and_password_are_sent(fs: Opened) -> None:
    assert fs(told(COURSE), credentials=CREDENTIALS).look_up(asked()).outcome is Outcome.FOUND


def test_a_wrong_password_is_told_by_the_description_too(fs: Opened) -> None:
    source = fs(told(COURSE), credentials=(CREDENTIALS[0], "en annen"))
    for ask in (source.describe, lambda: source.look_up(asked())):
        with pytest.raises(SourceError) as caught:
            ask()
        assert caught.value.failure is SourceFailure.UNAUTHORIZED
        assert CREDENTIALS[1] not in str(caught.value)


def test_a_description_has_the_names(fs: Opened) -> None:
    said = fs().describe()
    assert (said.protocol, said.institution, said.batch) == ("fs-graphql/1", UIO, 100)
    assert said.names["nb"] == REGISTER[UIO].name["nb"]


def test_what_is_kept_can_be_laid_out(fs: Opened) -> None:
    payload = fs(told(DEGREE)).look_up(asked()).payload
    assert payload is not None
    assert '\n  "protocol": "fs-graphql/1"' in pretty_payload(payload)


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        ('{"errors":[{"extensions":{"classification":"ValidationError"}}]}', SourceFailure.BAD_REQUEST),
        ('{"data":null,"errors":[{"extensions":{"code":"FORBIDDEN"}}]}', SourceFailure.FORBIDDEN),
        ('{"errors":[{"extensions":{"errorType":"UNAUTHENTICATED"}}]}', SourceFailure.UNAUTHORIZED),
        ('{"errors":["tull"]}', SourceFailure.SERVER_ERROR),
        ('{"data":{"studenterGittFodselsnumre":null},"errors":[{"path":["x"]}]}', SourceFailure.SERVER_ERROR),
        ('{"data":{"studenterGittFodselsnumre":[]},"errors":[{"message":"x"}]}', SourceFailure.SERVER_ERROR),
        ('{"data":{"studenterGittFodselsnumre":null}}', SourceFailure.NOT_UNDERSTOOD),
        ('{"data":{}}', SourceFailure.NOT_UNDERSTOOD),
        ("[]", SourceFailure.NOT_UNDERSTOOD),
        ("{", SourceFailure.NOT_UNDERSTOOD),
        ('{"data":{"studenterGittFodselsnumre":[7]}}', SourceFailure.NOT_UNDERSTOOD),
        ('{"data":{"studenterGittFodselsnumre":[{"id":"1"}]}}', SourceFailure.NOT_UNDERSTOOD),
    ],
)
def test_what_is_no_answer_is_a_failure(httpserver: HTTPServer, said: str, failure: SourceFailure) -> None:
    httpserver.expect_request("/graphql").respond_with_data(said, content_type="application/json")
    source = FsGraphql(httpserver.url_for("/graphql"), str(UIO), 5, 1, attempts=1)
    with pytest.raises(SourceError) as caught:
        source.look_up(asked())
    source.close()
    assert caught.value.failure is failure


def test_the_slash_at_the_end_and_what_is_experimental_are_kept(httpserver: HTTPServer, tmp_path: Path) -> None:
    heard: list[Request] = []

    def hear(request: Request) -> Response:
        heard.append(request)
        return Response('{"data":{"studenterGittFodselsnumre":[null]}}', content_type="application/json")

    httpserver.expect_request("/graphql/").respond_with_handler(hear)
    settings = FsGraphqlSettings(institution=UIO, organisation="9185", url=httpserver.url_for("/graphql/"))
    source = open_source(settings, Settings(instance=tmp_path))
    assert source.look_up(asked()) == Reply(Outcome.NOTHING)
    source.close()
    (request,) = heard
    assert request.headers["Feature-Flags"] == "beta,experimental"
    assert "Authorization" not in request.headers
    assert request.get_json()["variables"]["organisation"] == "9185"
    assert KARI_NUMBER not in request.url


def test_a_mix_of_many_is_asked_a_hundred_at_a_time(httpserver: HTTPServer) -> None:
    sizes: list[int] = []

    def hear(request: Request) -> Response:
        sizes.append(len(request.get_json()["variables"]["numbers"]))
        return Response('{"data":{"studenterGittFodselsnumre":[]}}', content_type="application/json")

    httpserver.expect_request("/").respond_with_handler(hear)
    source = FsGraphql(httpserver.url_for("/"), str(UIO), 5, 1, batch=1000)
    replies = dict(source.look_up_many({str(n): asked(f"{n:011}") for n in range(250)}))
    source.close()
    assert sizes == [100, 100, 50]
    assert list(replies.values()) == [Reply(Outcome.NOTHING)] * 250


def test_a_missing_secret_is_a_refusal_that_says_what_to_do(tmp_path: Path) -> None:
    settings = FsGraphqlSettings(institution=UIO, url="https://fs.example", user="x", secret_file=Path("borte"))
    with pytest.raises(Refusal, match="borte"):
        open_source(settings, Settings(instance=tmp_path))


def asked(*numbers: str) -> Question:
    return Question(numbers or (KARI_NUMBER,), Purpose.ADMISSION, Basis.STATUTE, "6f2d0a52-0f35-4b5e-9d0c-2a4f8f0c5a11")


def _document(name: str) -> str:
    return files("webapp.sources.fs_graphql").joinpath(name).read_text(encoding="utf-8")


def _of_many(source: FsGraphql, *numbers: str) -> dict[str, Reply | SourceError]:
    return dict(source.look_up_many({number: asked(number) for number in numbers}))


def _outcome(reply: Reply | SourceError) -> Outcome | None:
    return reply.outcome if isinstance(reply, Reply) else None


def _failure(reply: Reply | SourceError) -> SourceFailure | None:
    return reply.failure if isinstance(reply, SourceError) else None
