"""A small world with names: Kari and Ola, three institutions, and what they may say."""

from collections.abc import Callable, Generator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from more_itertools import chunked

from webapp.errors import SourceError
from webapp.identity import make_synthetic
from webapp.model import (
    Category,
    Identifier,
    Institution,
    Learner,
    Outcome,
    Question,
    Reply,
    Result,
    Season,
    StoredResult,
    Study,
    Term,
    Transcript,
)

NOW = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)
KARI_NUMBER = make_synthetic(date(1998, 5, 3), 0)
OLA_NUMBER = make_synthetic(date(1997, 1, 2), 0)
UIB, UIO, UIT = 184, 185, 186


class FakeSource:
    """An institution that answers what it is told to: a Reply, an exception, or a function of the question.

    `batch`: how many people it takes at once; `requests`: how many people were asked about in each request; `down`:
    what it fails with when it is asked for its description.
    """

    def __init__(self, answer: Reply | Exception | Callable[[Question], Reply], batch: int = 1) -> None:
        self.answer = answer
        self.batch = batch
        self.questions: list[Question] = []
        self.requests: list[int] = []
        self.down: SourceError | None = None

    def look_up(self, question: Question) -> Reply:
        self.questions.append(question)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if isinstance(self.answer, Reply) else self.answer(question)

    def look_up_many(self, questions: Mapping[str, Question]) -> Generator[tuple[str, Reply | SourceError], None, None]:
        for some in chunked(questions.items(), self.batch):
            self.requests.append(len(some))
            for ref, question in some:
                try:
                    yield ref, self.look_up(question)
                except SourceError as error:
                    yield ref, error

    def prepare(self) -> int:
        if self.down:
            raise self.down
        return self.batch

    def close(self) -> None:
        pass


def course(code: str, grade: str = "B", year: int = 2020, **more: object) -> Result:
    """A passed course of ten credits in the spring."""
    term = Term(year, Season.SPRING)
    values = {"name": {"nb": f"Emne {code}"}, "term": term, "credits": Decimal(10), "credit_scheme": "ECTS"}
    return Result(Category.COURSE, code, grade=grade, **(values | more))  # type: ignore[arg-type]


def bachelor(code: str = "BIO3") -> Result:
    """A bachelor's degree of 180 credits."""
    return Result(
        Category.QUALIFICATION, code, name={"nb": "Bachelor i biologi"}, date=date(2021, 6, 20), credits=Decimal(180)
    )


def transcript(*results: Result, number: str = KARI_NUMBER, institution: int = UIO, **more: object) -> Transcript:
    """What an institution says of a learner."""
    learner = Learner((Identifier("nationalIdentifier", number),), "Kari", "Nordmann", date(1998, 5, 3))
    return Transcript(learner, (Study(Institution(institution), results),), **more)  # type: ignore[arg-type]


def found(*results: Result, **more: object) -> Reply:
    """A reply with these results."""
    said = transcript(*results, **more)  # type: ignore[arg-type]
    return Reply(Outcome.FOUND, said, payload=repr(said).encode(), etag=f'"{hash(repr(said)):x}"')


NOTHING = Reply(Outcome.NOTHING)


def stored(result: Result, id: int = 0, institution: int = UIO, **more: object) -> StoredResult:
    """A result as a row of Person eksternstudium."""
    return StoredResult(id, institution, result.code or "", 0, id, result, **more)  # type: ignore[arg-type]
