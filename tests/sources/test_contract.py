"""What every protocol keeps to: the same thirty cases of behaviour and misbehaviour, played on its own stage."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import monotonic

import pytest

from carried import COURSE, DEGREE, FORMER_NUMBER, HALF, THESIS, VEKTTALL, told
from stages import PATIENCE, STAGES, Stage, Trouble
from webapp.errors import SourceError, SourceFailure
from webapp.fetching.matching import compare
from webapp.identity import make_synthetic
from webapp.model import (
    Basis,
    Institution,
    LeftOut,
    LeftOutReason,
    Outcome,
    Person,
    Purpose,
    Question,
    Reply,
    Result,
    Season,
    Study,
    Term,
)
from webapp.sources.catalogue import read_payload
from world import KARI_NUMBER, OLA_NUMBER, UIO

#: What a busy machine may add to a time limit, in seconds.
SLACK_SECONDS = 1.5
REQUEST = "6f2d0a52-0f35-4b5e-9d0c-2a4f8f0c5a11"
F = SourceFailure
#: What each trouble may end in.
FAILURES = {
    Trouble.GONE: {F.UNREACHABLE, F.NOT_FOUND},
    Trouble.SILENT: {F.TIMEOUT},
    Trouble.DRIPPING: {F.TIMEOUT},
    Trouble.RUBBISH: {F.NOT_UNDERSTOOD},
    Trouble.CUT_OFF: {F.BROKEN_OFF, F.NOT_UNDERSTOOD},
    Trouble.TOO_LARGE: {F.TOO_LARGE},
    Trouble.UNSAFE: {F.UNSAFE, F.NOT_UNDERSTOOD},
    Trouble.REFUSED: {F.FORBIDDEN, F.UNAUTHORIZED},
    Trouble.OVERLOADED: {F.OVERLOADED, F.UNAVAILABLE},
    Trouble.BROKEN: {F.SERVER_ERROR, F.UNAVAILABLE},
}


def asked(*numbers: str, payload: str | None = None) -> Question:
    return Question(numbers or (KARI_NUMBER,), Purpose.ADMISSION, Basis.STATUTE, REQUEST, payload=payload)


def results_of(reply: Reply) -> list[Result]:
    """The results of a reply; a source's own key is its own affair, and so is an address to read more at."""
    assert reply.transcript is not None
    return [
        replace(result, source_key=None, url=None) for study in reply.transcript.studies for result in study.results
    ]


def brings(stage: Stage, *results: Result) -> None:
    """What was held comes out again, field by field."""
    stage.holds(told(*results))
    reply = stage.ask(asked())
    assert reply.outcome is Outcome.FOUND
    assert results_of(reply) == list(results)


def fails(stage: Stage, trouble: Trouble) -> None:
    """Trouble ends in a failure of its own, in time, that tells of nobody; when it is over, all is well again."""
    stage.holds(told(COURSE))
    stage.suffer(trouble)
    began = monotonic()
    with pytest.raises(SourceError) as caught:
        stage.ask(asked())
    assert monotonic() - began < PATIENCE + SLACK_SECONDS
    assert caught.value.failure in stage.failures.get(trouble, FAILURES[trouble])
    assert not any(secret in str(caught.value) for secret in (KARI_NUMBER, "Nordmann"))
    stage.suffer(None)
    assert stage.ask(asked()).outcome is Outcome.FOUND


def of_many(stage: Stage, *numbers: str) -> dict[str, Reply | SourceError]:
    """What is said of each of several people; every one exactly once."""
    pairs = list(stage.source.look_up_many({number: asked(number) for number in numbers}))
    assert sorted(ref for ref, _ in pairs) == sorted(numbers)
    return dict(pairs)


def a_course_comes_field_by_field(stage: Stage) -> None:
    brings(stage, COURSE)


def a_qualification_comes_field_by_field(stage: Stage) -> None:
    brings(stage, DEGREE)


def courses_stay_below_their_qualification(stage: Stage) -> None:
    brings(stage, DEGREE, replace(COURSE, parent=0), replace(HALF, parent=0), THESIS)


def a_thesis_keeps_its_title(stage: Stage) -> None:
    brings(stage, THESIS)


def vekttall_stay_vekttall(stage: Stage) -> None:
    brings(stage, VEKTTALL)


def half_credits_and_other_scales_stay(stage: Stage) -> None:
    brings(stage, HALF)


def two_attempts_are_two_results(stage: Stage) -> None:
    brings(stage, COURSE, replace(COURSE, term=Term(2020, Season.SPRING), grade="A"))


def the_learner_is_told(stage: Stage) -> None:
    stage.holds(told(COURSE))
    transcript = stage.ask(asked()).transcript
    assert transcript is not None
    learner = transcript.learner
    assert KARI_NUMBER in learner.national_identifiers
    assert (learner.given_names, learner.family_name) == ("Kari", "Nordmann")
    assert learner.birth_date == date(1998, 5, 3)


def the_institution_is_told(stage: Stage) -> None:
    stage.holds(told(COURSE))
    transcript = stage.ask(asked()).transcript
    assert transcript is not None
    assert [study.institution.number for study in transcript.studies] == [UIO]


def results_from_before_a_merger_keep_their_institution(stage: Stage) -> None:
    before = Study(Institution(216, {"nb": "Høgskulen i Sogn og Fjordane"}), (COURSE,))
    here = told(THESIS)
    stage.holds(replace(here, studies=(*here.studies, before)))
    transcript = stage.ask(asked()).transcript
    assert transcript is not None
    assert {study.institution.number: len(study.results) for study in transcript.studies} == {UIO: 1, 216: 1}


def a_former_number_finds_the_person(stage: Stage) -> None:
    stage.holds(told(COURSE))
    assert stage.ask(asked(FORMER_NUMBER)).outcome is Outcome.FOUND


def one_of_several_numbers_is_enough(stage: Stage) -> None:
    stage.holds(told(COURSE))
    assert stage.ask(asked(OLA_NUMBER, KARI_NUMBER)).outcome is Outcome.FOUND


def of_somebody_unknown_there_is_nothing(stage: Stage) -> None:
    stage.holds(told(COURSE))
    assert stage.ask(asked(OLA_NUMBER)) == Reply(stage.nothing)


def of_somebody_without_results_there_is_nothing(stage: Stage) -> None:
    stage.holds(told())
    assert stage.ask(asked()).outcome is Outcome.NOTHING


def what_was_failed_is_left_out_with_the_reason(stage: Stage) -> None:
    failed = LeftOut("MAT100", {"nb": "Matematikk"}, LeftOutReason.FAILED)
    stage.holds(told(COURSE, left_out=(failed,)))
    reply = stage.ask(asked())
    assert results_of(reply) == [COURSE]
    assert reply.transcript is not None
    assert reply.transcript.left_out == (failed,)


def what_was_failed_alone_is_no_result(stage: Stage) -> None:
    stage.holds(told(left_out=(LeftOut("MAT100", {"nb": "Matematikk"}, LeftOutReason.FAILED),)))
    reply = stage.ask(asked())
    assert reply.outcome is Outcome.NOTHING
    assert reply.transcript is not None


def the_same_is_said_in_the_same_words_twice(stage: Stage) -> None:
    stage.holds(told(DEGREE, replace(COURSE, parent=0)))
    payload = stage.ask(asked()).payload
    assert payload is not None
    assert stage.ask(asked()).payload == payload
    known = hashlib.sha256(payload).hexdigest()
    assert stage.ask(asked(payload=known)).outcome is Outcome.UNCHANGED


def an_answer_can_be_read_again(stage: Stage) -> None:
    stage.holds(told(DEGREE, replace(COURSE, parent=0), THESIS))
    reply = stage.ask(asked())
    assert reply.payload is not None
    assert read_payload(reply.payload) == reply.transcript


def many_are_asked_about_at_once(stage: Stage) -> None:
    others = [make_synthetic(date(1990, 1, day), 0) for day in range(1, 6)]
    stage.holds(told(COURSE), *(told(THESIS, number=number) for number in others[:3]))
    assert stage.source.prepare() >= 1
    replies = of_many(stage, KARI_NUMBER, *others)
    outcomes = {number: reply.outcome for number, reply in replies.items() if isinstance(reply, Reply)}
    having, lacking = [KARI_NUMBER, *others[:3]], others[3:]
    assert outcomes == dict.fromkeys(having, Outcome.FOUND) | dict.fromkeys(lacking, stage.nothing)


def each_of_many_gets_their_own(stage: Stage) -> None:
    stage.holds(told(COURSE), told(THESIS, number=OLA_NUMBER))
    stage.source.prepare()
    replies = of_many(stage, KARI_NUMBER, OLA_NUMBER)
    for number, result in ((KARI_NUMBER, COURSE), (OLA_NUMBER, THESIS)):
        reply = replies[number]
        assert isinstance(reply, Reply)
        assert results_of(reply) == [result]
        assert reply.transcript is not None
        assert number in reply.transcript.learner.national_identifiers


def one_that_cannot_be_understood_fails_alone(stage: Stage) -> None:
    stage.holds(told(COURSE), told(THESIS, number=OLA_NUMBER))
    stage.spoil(OLA_NUMBER)
    stage.source.prepare()
    replies = of_many(stage, KARI_NUMBER, OLA_NUMBER)
    kari, ola = replies[KARI_NUMBER], replies[OLA_NUMBER]
    assert isinstance(kari, Reply)
    assert results_of(kari) == [COURSE]
    assert isinstance(ola, SourceError)
    assert ola.failure is SourceFailure.NOT_UNDERSTOOD


def trouble_among_many_is_given_and_not_raised(stage: Stage) -> None:
    stage.holds(told(COURSE))
    stage.source.prepare()
    stage.suffer(Trouble.BROKEN)
    replies = of_many(stage, KARI_NUMBER, OLA_NUMBER)
    expected = stage.failures.get(Trouble.BROKEN, FAILURES[Trouble.BROKEN])
    assert all(isinstance(reply, SourceError) and reply.failure in expected for reply in replies.values())


def an_answer_about_somebody_else_says_so(stage: Stage) -> None:
    """A mismatch is for the house to find: the source tells whom the answer is about."""
    stage.holds(told(COURSE))
    learner = (stage.ask(asked()).transcript or told()).learner
    ola = Person(2, (OLA_NUMBER,), "Ola", "Nordmann", date(1997, 1, 2))
    kari = Person(1, (KARI_NUMBER,), "Kari", "Nordmann", date(1998, 5, 3))
    assert not compare(ola, learner).same
    assert compare(kari, learner).same


def a_source_describes_itself(stage: Stage) -> None:
    stage.holds(told(COURSE))
    said = stage.source.describe()
    assert said.protocol
    assert said.shares
    assert said.institution in (UIO, None)
    assert stage.source.prepare() == stage.source.batch >= 1


BEHAVIOURS: list[Callable[[Stage], None]] = [
    a_course_comes_field_by_field,
    a_qualification_comes_field_by_field,
    courses_stay_below_their_qualification,
    a_thesis_keeps_its_title,
    vekttall_stay_vekttall,
    half_credits_and_other_scales_stay,
    two_attempts_are_two_results,
    the_learner_is_told,
    the_institution_is_told,
    results_from_before_a_merger_keep_their_institution,
    a_former_number_finds_the_person,
    one_of_several_numbers_is_enough,
    of_somebody_unknown_there_is_nothing,
    of_somebody_without_results_there_is_nothing,
    what_was_failed_is_left_out_with_the_reason,
    what_was_failed_alone_is_no_result,
    the_same_is_said_in_the_same_words_twice,
    an_answer_can_be_read_again,
    many_are_asked_about_at_once,
    each_of_many_gets_their_own,
    one_that_cannot_be_understood_fails_alone,
    trouble_among_many_is_given_and_not_raised,
    an_answer_about_somebody_else_says_so,
    a_source_describes_itself,
]


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    with STAGES[request.param](tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("case", BEHAVIOURS, ids=lambda case: case.__name__)
def test_every_protocol_behaves(stage: Stage, case: Callable[[Stage], None]) -> None:
    case(stage)


@pytest.mark.parametrize("trouble", Trouble)
def test_every_protocol_bears_trouble(stage: Stage, trouble: Trouble) -> None:
    fails(stage, trouble)
