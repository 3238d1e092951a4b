"""What a run's order says of one person, and what of it is read from elsewhere: one run after the other."""

from collections.abc import Mapping
from datetime import timedelta

from runs import Runner, apply, number_of, planned
from webapp.config import Settings
from webapp.errors import SourceError, SourceFailure
from webapp.model import FetchState, Outcome, Question, Reply, Run, RunKind
from webapp.sources.elmo import write
from webapp.store import Store, asked, orders, run_log
from world import NOTHING, NOW, UIB, UIO, UIT, FakeSource, course, transcript


def said(store: Store, run: Run, person_id: int) -> Mapping[int, Outcome | None]:
    """What each institution said of a person in a run."""
    ((_, lines),) = run_log.lines_in_run(store.db, run.id, person_id)
    return {line.fetch.institution: line.answer.outcome if line.answer else None for line in lines}


def about(place: int, *courses: str, number: int | None = None) -> FakeSource:
    """A source that has courses on one of many; they are under the number of another when `number` says so."""
    told = transcript(*(course(code) for code in courses), number=number_of(place if number is None else number))

    def answer(question: Question) -> Reply:
        hit = question.identifiers[0] == number_of(place)
        return Reply(Outcome.FOUND, told, write(told, NOW)) if hit else NOTHING

    return FakeSource(answer, batch=100)


def test_what_a_run_left_unwritten_is_as_it_was_before(runner: Runner, store: Store) -> None:
    one, other = apply(store, 2)
    runner.sources[UIO] = about(0, "MAT1100")
    first = runner.run()
    runner.now = NOW + timedelta(days=7)
    second = runner.run()
    assert said(store, first, one) == {UIB: Outcome.NOTHING, UIO: Outcome.FOUND, UIT: Outcome.NOTHING}
    assert said(store, second, one) == {UIB: Outcome.NOTHING, UIO: Outcome.UNCHANGED, UIT: Outcome.NOTHING}
    assert said(store, second, other) == dict.fromkeys((UIB, UIO, UIT), Outcome.NOTHING)
    ((_, lines),) = run_log.lines_in_run(store.db, second.id, one)
    (line,) = [line for line in lines if line.fetch.institution == UIO]
    assert line.answer is not None
    assert (line.answer.results, line.answer.answered_at, line.changes) == (1, runner.now, {})
    # What comes later changes nothing of what was said then.
    runner.now = NOW + timedelta(days=14)
    runner.sources[UIO].answer = NOTHING
    third = runner.run()
    assert said(store, third, one)[UIO] is Outcome.NOTHING
    assert said(store, second, one)[UIO] is Outcome.UNCHANGED
    assert [line.answer.outcome for _, line in asked.asked(store.db, one, UIO) if line.answer] == [
        Outcome.NOTHING,
        Outcome.UNCHANGED,
        Outcome.FOUND,
    ]


def test_who_failed_alone_and_who_took_consent_back_stand_apart_from_the_rest_of_their_fetch(
    runner: Runner, store: Store
) -> None:
    first, fails, withdrawn, having = apply(store, 4)
    run = planned(store, runner.settings)
    with store.write() as db:
        db.execute("UPDATE applications SET consent_withdrawn_at = consent_given_at WHERE person_id = ?", [withdrawn])

    def answer(question: Question) -> Reply:
        if question.identifiers[0] == number_of(1):
            raise SourceError(SourceFailure.TIMEOUT, "10 s")
        return about(3, "MAT1100").answer(question)  # type: ignore[operator,no-any-return]

    runner.sources[UIO] = FakeSource(answer, batch=100)
    run = runner.go_on(run.id)
    told = {person: said(store, run, person)[UIO] for person in (first, fails, withdrawn, having)}
    assert told == {
        first: Outcome.NOTHING,
        fails: Outcome.FAILED,
        withdrawn: Outcome.NO_CONSENT,
        having: Outcome.FOUND,
    }
    ((order, lines),) = run_log.lines_in_run(store.db, run.id, fails)
    (line,) = [line for line in lines if line.fetch.institution == UIO]
    assert line.answer is not None
    assert (order.person_id, line.fetch.person_id, line.fetch.state) == (fails, fails, FetchState.FAILED)
    assert (line.answer.failure, line.fetch.retry_at is not None) == ("timeout", True)
    assert asked.told_in_runs(store.db, having) == {order.id: {Outcome.FOUND: 1}}
    assert asked.told_in_runs(store.db, fails) == {order.id: {Outcome.FAILED: 1}}
    assert asked.told_in_runs(store.db, first) == {}


def test_only_those_that_owed_are_lines_of_the_next_evening(runner: Runner, store: Store) -> None:
    (person,) = apply(store)
    runner.sources[UIO].answer = SourceError(SourceFailure.TIMEOUT, "10 s")
    runner.run()
    runner.now = NOW + timedelta(days=1)
    runner.sources[UIO].answer = NOTHING
    assert said(store, runner.run(RunKind.DELTA), person) == {UIO: Outcome.NOTHING}


def test_an_answer_about_somebody_else_that_comes_again_is_still_aside(runner: Runner, store: Store) -> None:
    (person,) = apply(store)
    runner.sources[UIO] = about(0, "MAT1100", number=7)
    first = runner.run()
    runner.now = NOW + timedelta(days=7)
    second = runner.run()
    both = [run_log.lines_in_run(store.db, run.id, person)[0][1] for run in (first, second)]
    once, again = (next(line for line in lines if line.fetch.institution == UIO) for lines in both)
    assert once.answer and again.answer
    assert once.answer.outcome is again.answer.outcome is Outcome.MISMATCH
    assert once.fetch.id == again.fetch.id


def test_before_it_is_asked_an_institution_has_said_nothing(store: Store, settings: Settings) -> None:
    (person,) = apply(store)
    run = planned(store, settings)
    assert said(store, run, person) == {UIB: None, UIO: None, UIT: None}
    assert orders.lines_of(store.db, 1) == []
    assert (orders.order(store.db, 1), orders.order(store.db, 1, person + 1)) == (None, None)
