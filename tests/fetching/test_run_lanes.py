"""What a run makes of sources: those that take many or one, and those that fail, are slow or have too much to do."""

import threading
from unittest.mock import patch

import pytest

from runs import Runner, add_run, apply, having, number_of, rows_of
from webapp.errors import SourceError, SourceFailure
from webapp.fetching import importing, pace, run_asking
from webapp.model import Outcome, Question, Reply, RunKind, RunState
from webapp.store import Store, as_text
from world import NOTHING, NOW, UIB, UIO, UIT, FakeSource, course, found


def test_a_source_that_takes_many_is_asked_about_many_and_one_that_does_not_about_one(
    runner: Runner, store: Store
) -> None:
    apply(store, 60)
    runner.sources[UIO] = FakeSource(NOTHING, batch=40)
    runner.run()
    assert sorted(runner.sources[UIO].requests) == [20, 40]
    assert runner.sources[UIB].requests == [1] * 60


def test_one_person_whom_a_source_cannot_answer_about_fails_alone_and_is_owed(runner: Runner, store: Store) -> None:
    ids = apply(store, 30)
    stumbling = number_of(7)

    def answer(question: Question) -> Reply:
        if question.identifiers[0] == stumbling:
            raise SourceError(SourceFailure.SERVER_ERROR, "HTTP status 500")
        return having(7, 8)(question)

    for batch in (1, 100):
        runner.sources[UIO] = FakeSource(answer, batch)
        run = runner.run()
        assert run.state is RunState.INCOMPLETE
        came = runner.came(run)[UIO]
        assert (came["asked"], came["failed"]) == (30, 1)
        owed = rows_of(store, "SELECT people, whole_failure, retry_at FROM fetches WHERE owing")
        assert owed == [(f"[{ids[7]}]", "server-error", "2026-11-24T19:00:00.000+00:00")]
    runner.sources[UIO] = FakeSource(having(7), 100)
    delta = runner.run(RunKind.DELTA)
    assert (delta.state, delta.ordered, delta.changed_people) == (RunState.COMPLETE, 1, 1)
    assert runner.came(delta) == {UIO: {"people": 1, "asked": 1, "found": 1}}


@pytest.mark.parametrize("batch", [1, 100])
def test_a_dead_source_costs_little_and_is_owed_an_answer_about_everybody(
    batch: int, runner: Runner, store: Store
) -> None:
    apply(store, 250)
    dead = FakeSource(SourceError(SourceFailure.TIMEOUT, "no whole answer within the limit"), batch)
    dead.down = SourceError(SourceFailure.TIMEOUT, "no whole answer within the limit")
    runner.sources[UIO] = dead
    run = runner.run()
    assert run.state is RunState.INCOMPLETE
    assert runner.came(run)[UIO] == {"people": 250, "asked": 250, "failed": 250}
    assert runner.came(run)[UIB] == {"people": 250, "asked": 250, "nothing": 250}
    assert dead.questions == []
    assert rows_of(store, "SELECT DISTINCT institution, whole_failure FROM fetches WHERE owing") == [(UIO, "timeout")]


def test_a_source_that_dies_on_the_way_opens_its_circuit_and_one_that_comes_back_is_asked_on(
    runner: Runner, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "DOWN_SECONDS", 10.0)
    apply(store, 300)
    source = runner.sources[UIO]
    failure = SourceError(SourceFailure.UNREACHABLE, "no connection")

    def dies(question: Question) -> Reply:
        if len(source.questions) == 40:
            source.down = failure
        if source.down:
            raise source.down
        return NOTHING

    def probed() -> int:
        probes.append(source.down)
        if source.down and len(probes) < 3:
            raise source.down
        source.down = None
        return 1

    probes = list[SourceError | None]()
    source.answer = dies
    source.prepare = probed  # type: ignore[method-assign]
    run = runner.run()
    assert probes == [None, failure, failure]
    assert (run.state, runner.came(run)[UIO]) == (RunState.COMPLETE, {"people": 300, "asked": 300, "nothing": 300})


@pytest.mark.parametrize("hangs", [False, True])
def test_one_that_the_run_before_knew_as_down_is_not_waited_for_and_is_asked_again_when_it_is_back(
    hangs: bool, runner: Runner, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever waits for one of these waits for ever, or as good as that.
    monkeypatch.setattr(pace, "KNOWN_DOWN_SECONDS", 0.1)
    apply(store, 30)
    source, failure = runner.sources[UIO], SourceError(SourceFailure.TIMEOUT, "no whole answer within the limit")
    source.down = failure
    runner.run()
    monkeypatch.setattr(pace, "DOWN_SECONDS", 1e6)
    answers_now = threading.Event()
    if hangs:
        source.prepare = answers_now.wait  # type: ignore[assignment]
    run = runner.run()
    assert (run.state, runner.came(run)[UIO]) == (RunState.INCOMPLETE, {"people": 30, "asked": 30, "failed": 30})
    assert runner.came(run)[UIB] == {"people": 30, "asked": 30, "nothing": 30}
    assert source.questions == []
    answers_now.set()
    runner.sources[UIO] = FakeSource(NOTHING, batch=10)
    delta = runner.run(RunKind.DELTA)
    assert (delta.state, runner.came(delta)) == (
        RunState.COMPLETE,
        {UIO: {"people": 30, "asked": 30, "nothing": 30}},
    )


def test_one_that_was_down_before_and_comes_back_while_others_are_asked_is_asked_too(
    runner: Runner, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(store, 30)
    source, failure = runner.sources[UIO], SourceError(SourceFailure.UNREACHABLE, "no connection")
    source.down = failure
    runner.run()
    monkeypatch.setattr(pace, "DOWN_SECONDS", 1e6)
    probes, is_back = list[None](), threading.Event()

    def probed() -> int:
        probes.append(None)
        if len(probes) == 1:
            raise failure
        is_back.set()
        return 1

    def only_then(question: Question) -> Reply:
        assert is_back.wait(10)
        return NOTHING

    source.prepare = probed  # type: ignore[method-assign]
    runner.sources[UIB] = FakeSource(only_then)
    run = runner.run()
    assert (run.state, runner.came(run)[UIO]) == (RunState.COMPLETE, {"people": 30, "asked": 30, "nothing": 30})


def test_who_has_too_much_to_do_is_asked_again_and_loses_nothing(runner: Runner, store: Store) -> None:
    apply(store, 100)
    source = FakeSource(NOTHING, batch=10)
    runner.sources[UIO] = source

    def sometimes(question: Question) -> Reply:
        if len(source.requests) % 3 == 0:
            raise SourceError(SourceFailure.OVERLOADED, "HTTP status 429", 0.01)
        return NOTHING

    source.answer = sometimes
    run = runner.run()
    assert (run.state, runner.came(run)[UIO]) == (RunState.COMPLETE, {"people": 100, "asked": 100, "nothing": 100})


def test_who_always_has_too_much_to_do_is_given_up(runner: Runner, store: Store) -> None:
    apply(store, 60)
    runner.sources[UIO] = FakeSource(SourceError(SourceFailure.OVERLOADED, "HTTP status 429", 0.001), batch=10)
    run = runner.run()
    assert (run.state, runner.came(run)[UIO]) == (RunState.INCOMPLETE, {"people": 60, "asked": 60, "failed": 60})
    assert rows_of(store, "SELECT DISTINCT whole_failure FROM fetches WHERE owing") == [("overloaded",)]


def test_a_file_that_nobody_brought_is_neither_nothing_nor_a_failure(runner: Runner, store: Store) -> None:
    apply(store, 5)
    brought = found(course("A1"), number=number_of(2), institution=UIB)
    runner.sources[UIB] = FakeSource(
        lambda question: brought if question.identifiers[0] == number_of(2) else Reply(Outcome.AWAITED), 100
    )
    run = runner.run()
    assert run.state is RunState.COMPLETE
    assert runner.came(run)[UIB] == {"people": 5, "asked": 5, "found": 1, "awaited": 4}
    assert rows_of(store, "SELECT outcome FROM answers") == [("found",)]
    whole = rows_of(store, "SELECT whole_outcome FROM fetches WHERE institution = 184 AND whole_outcome IS NOT NULL")
    assert whole == [("awaited",)]


def test_a_refusal_for_all_is_an_answer(runner: Runner, store: Store) -> None:
    apply(store, 5)
    runner.sources[UIB] = FakeSource(Reply(Outcome.NOT_SHARED), 100)
    runner.sources[UIT] = FakeSource(
        lambda question: Reply(Outcome.NO_CONSENT) if question.identifiers[0] == number_of(2) else NOTHING, 100
    )
    run = runner.run()
    assert run.state is RunState.COMPLETE
    assert runner.came(run)[UIB] == {"people": 5, "asked": 5, "not_shared": 5}
    assert runner.came(run)[UIT] == {"people": 5, "asked": 5, "nothing": 4, "no_consent": 1}
    assert rows_of(store, "SELECT * FROM answers") == []
    whole = rows_of(store, "SELECT institution, whole_outcome FROM fetches WHERE whole_outcome IS NOT NULL ORDER BY 1")
    assert whole == [(UIB, "not-shared"), (UIT, "no-consent")]


def test_a_source_that_was_taken_out_of_the_settings_on_the_way_fails(runner: Runner, store: Store) -> None:
    apply(store, 2)
    runner.stopping.set()
    run_id = add_run(store)
    runner.go_on(run_id)
    runner.stopping.clear()
    del runner.sources[UIT]
    run = runner.go_on(run_id)
    assert runner.came(run)[UIT] == {"people": 2, "asked": 2, "failed": 2}
    assert rows_of(store, "SELECT whole_failure FROM fetches WHERE owing") == [("not-set-up",)]


def test_a_fault_of_our_own_ends_as_a_failure_and_not_as_a_run_that_hangs(
    runner: Runner, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    apply(store, 2)
    runner.sources[UIO].answer = ValueError("a fault")
    run = runner.run()
    assert run.state is RunState.INCOMPLETE
    assert runner.came(run)[UIO] == {"people": 2, "asked": 2, "failed": 2}
    assert "failed within" in caplog.text
    assert number_of(0) not in caplog.text


def test_a_source_that_takes_its_time_does_not_keep_the_others_waiting(
    runner: Runner, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MOST_PEOPLE", 100)
    monkeypatch.setattr(importing, "MOST_PEOPLE_OF_ONE", 50)
    apply(store, 300)
    others, in_time = threading.Event(), list[bool]()
    quick = FakeSource(NOTHING, batch=50)

    def answer(question: Question) -> Reply:
        if len(quick.questions) == 300:
            others.set()
        return NOTHING

    def wait(question: Question) -> Reply:
        in_time.append(others.wait(5))
        others.set()
        return NOTHING

    quick.answer = answer
    runner.sources |= {UIB: FakeSource(wait, batch=50), UIO: quick}
    runner.run()
    assert all(in_time)


def test_who_failed_and_takes_back_the_consent_before_the_next_try_is_counted_once(
    runner: Runner, store: Store
) -> None:
    first, _ = apply(store, 2)
    source = FakeSource(NOTHING, batch=1)

    def answer(question: Question) -> Reply:
        if question.identifiers[0] == number_of(0):
            raise SourceError(SourceFailure.NOT_UNDERSTOOD, "the answer is not XML")
        if len(source.questions) == 2:
            with store.write() as db:
                db.execute(
                    "UPDATE applications SET consent_withdrawn_at = ? WHERE person_id = ?", [as_text(NOW), first]
                )
            raise SourceError(SourceFailure.OVERLOADED, "HTTP status 429", 0.01)
        return NOTHING

    source.answer = answer
    runner.sources[UIO] = source
    with patch.object(run_asking, "KEPT_SECONDS", 0.0):
        run = runner.run()
    assert runner.came(run)[UIO] == {"people": 2, "asked": 2, "nothing": 1, "failed": 1}
