"""A run at work: what comes of it, and how it ends when sources or people break it off."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from runs import LOK, NOM, Runner, add_run, apply, number_of, planned, rows_of, run_of
from webapp.config import Settings
from webapp.errors import SourceError, SourceFailure
from webapp.fetching import importing, pace
from webapp.fetching.planning import Judging, plan
from webapp.model import Basis, Gate, Outcome, Purpose, Question, Reply, RunKind, RunState, RunWish
from webapp.sources.elmo import write
from webapp.store import Store, as_text, runs
from world import NOTHING, NOW, UIB, UIO, UIT, FakeSource, course, found, transcript

ANSWERS = """SELECT fetches.institution, answers.person_id, outcome, changes FROM answers
    JOIN fetches ON fetches.id = fetch_id ORDER BY 1, 2, fetches.id"""


@pytest.fixture
def runner(store: Store, settings: Settings, sources: dict[int, FakeSource], monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setattr(pace, "DOWN_SECONDS", 0.0)
    monkeypatch.setattr(pace, "PROBE_SECONDS", 0.02)
    monkeypatch.setattr(importing, "LOOK_SECONDS", 0.01)
    return Runner(store, settings, sources, monkeypatch)


def having(*places: int, grade: str = "B") -> Callable[[Question], Reply]:
    """An institution that has a course on some of many people."""
    numbers = {number_of(place) for place in places}

    def answer(question: Question) -> Reply:
        if question.identifiers[0] not in numbers:
            return NOTHING
        said = transcript(course("MAT1100", grade), number=question.identifiers[0])
        tag = f"{question.identifiers[0]}-{grade}"
        if question.etag == tag:
            return Reply(Outcome.UNCHANGED, etag=tag)
        return Reply(Outcome.FOUND, said, write(said, NOW), tag)

    return answer


def test_every_source_is_asked_about_everybody_and_answers_stand_where_there_is_something_to_say(
    runner: Runner, store: Store
) -> None:
    ids = apply(store, 60)
    runner.sources[UIO].answer = having(3, 40)
    run = runner.run()
    assert (run.state, run.ordered, run.changed_people) == (RunState.COMPLETE, 60, 2)
    assert runner.came(run) == {
        UIB: {"people": 60, "asked": 60, "nothing": 60},
        UIO: {"people": 60, "asked": 60, "nothing": 58, "found": 2},
        UIT: {"people": 60, "asked": 60, "nothing": 60},
    }
    assert rows_of(store, ANSWERS) == [(UIO, ids[3], "found", 1), (UIO, ids[40], "found", 1)]
    assert [len(source.questions) for source in runner.sources.values()] == [60, 60, 60]
    assert {(q.purpose, q.basis) for q in runner.sources[UIB].questions} == {(Purpose.ADMISSION, Basis.CONSENT)}
    assert rows_of(store, "SELECT DISTINCT state FROM orders") == [("complete",)]
    assert rows_of(store, "SELECT count(*) FROM applications WHERE fetched_at = ?", as_text(NOW)) == [(60,)]
    assert rows_of(store, "SELECT count(*) FROM applications WHERE unhandled") == [(2,)]
    assert rows_of(store, "SELECT person_id FROM notices ORDER BY 1") == [(ids[3],), (ids[40],)]


def test_a_source_that_takes_many_is_asked_about_many_and_one_that_does_not_about_one(
    runner: Runner, store: Store
) -> None:
    apply(store, 60)
    runner.sources[UIO] = FakeSource(NOTHING, batch=40)
    runner.run()
    assert sorted(runner.sources[UIO].requests) == [20, 40]
    assert runner.sources[UIB].requests == [1] * 60


def test_its_seconds_of_work_are_told_while_it_goes_on(
    runner: Runner, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "TELL_SECONDS", 0.0)
    apply(store)
    told: list[float] = []

    def answer(question: Question) -> Reply:
        ends = time.monotonic() + 10
        while not (seconds := runs.latest(store.db, 1)[0].seconds) and time.monotonic() < ends:
            time.sleep(0.01)
        told.append(seconds)
        return NOTHING

    runner.sources[UIO].answer = answer
    run = runner.run()
    assert 0 < told[0] <= run.seconds


def test_a_second_run_with_nothing_new_raises_no_notice_and_writes_no_row(runner: Runner, store: Store) -> None:
    apply(store, 30)
    runner.sources[UIO].answer = having(1, 2)
    runner.run()
    with store.write() as db:
        db.execute("UPDATE notices SET seen_at = raised_at, seen_by = 'berg'")
        db.execute("UPDATE applications SET unhandled = 0")
    tables = ("answers", "external_results", "result_changes", "notices", "payloads", "external_studies")
    before = [rows_of(store, f"SELECT count(*) FROM {table}") for table in tables]
    runner.now = NOW + timedelta(days=7)
    run = runner.run()
    assert (run.state, run.changed_people) == (RunState.COMPLETE, 0)
    assert runner.came(run)[UIO] == {"people": 30, "asked": 30, "nothing": 28, "unchanged": 2}
    assert [rows_of(store, f"SELECT count(*) FROM {table}") for table in tables] == before
    assert rows_of(store, "SELECT count(*) FROM applications WHERE unhandled") == [(0,)]
    assert rows_of(store, "SELECT DISTINCT fetched_at FROM external_studies") == [(as_text(runner.now),)]


def test_an_answer_without_a_tag_that_came_before_is_unchanged_by_its_hash(runner: Runner, store: Store) -> None:
    (person_id,) = apply(store)
    said = transcript(course("MAT1100"), number=number_of(0))
    runner.sources[UIO].answer = Reply(Outcome.FOUND, said, write(said, NOW))
    runner.run()
    runner.run()
    assert [q.payload is not None for q in runner.sources[UIO].questions] == [False, True]
    # The same meaning in other bytes is read, and changes nothing either.
    runner.sources[UIO].answer = Reply(Outcome.FOUND, said, write(said, NOW + timedelta(days=1)))
    run = runner.run()
    assert runner.came(run)[UIO] == {"people": 1, "asked": 1, "unchanged": 1}
    assert rows_of(store, ANSWERS) == [(UIO, person_id, "found", 1)]


def test_changed_results_raise_a_notice_and_what_is_no_longer_reported_is_kept(runner: Runner, store: Store) -> None:
    one, other = apply(store, 2)
    runner.sources[UIO].answer = having(0, 1, grade="D")
    runner.run()
    runner.sources[UIO].answer = having(0, grade="B")
    run = runner.run()
    assert run.changed_people == 2
    assert runner.came(run)[UIO] == {"people": 2, "asked": 2, "found": 1, "nothing": 1}
    changes = rows_of(store, "SELECT person_id, kind, changed_by FROM result_changes ORDER BY id")
    assert changes[2:] == [(one, "changed", "berg"), (other, "gone", "berg")]
    assert rows_of(store, "SELECT count(*) FROM external_results WHERE gone_at IS NOT NULL") == [(1,)]
    # Nothing once more says nothing new.
    again = runner.run()
    assert (again.changed_people, runner.came(again)[UIO]) == (
        0,
        {"people": 2, "asked": 2, "unchanged": 1, "nothing": 1},
    )


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
    assert rows_of(store, ANSWERS) == []
    whole = rows_of(store, "SELECT institution, whole_outcome FROM fetches WHERE whole_outcome IS NOT NULL ORDER BY 1")
    assert whole == [(UIB, "not-shared"), (UIT, "no-consent")]


def test_an_answer_about_somebody_else_is_set_aside_once(runner: Runner, store: Store) -> None:
    (person_id,) = apply(store)
    said = transcript(course("MAT1100"), number=number_of(9))
    runner.sources[UIO].answer = Reply(Outcome.FOUND, said, write(said, NOW), "tag")
    for _ in range(2):
        run = runner.run()
        assert runner.came(run)[UIO] == {"people": 1, "asked": 1, "mismatch": 1}
    assert rows_of(store, ANSWERS) == [(UIO, person_id, "mismatch", 0)]
    assert rows_of(store, "SELECT count(*) FROM external_results") == [(0,)]
    # When it has nothing any more, that is said, once.
    runner.sources[UIO].answer = NOTHING
    for _ in range(2):
        runner.run()
    assert rows_of(store, ANSWERS) == [(UIO, person_id, "mismatch", 0), (UIO, person_id, "nothing", 0)]


def test_a_consent_that_is_taken_back_while_a_run_goes_on_stops_what_has_not_been_asked(
    runner: Runner, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(store, 3)
    runner.stopping.set()
    run_id = add_run(store)
    runner.go_on(run_id)
    runner.stopping.clear()
    real = importing.plan

    def plan_and_withdraw(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        with store.write() as db:
            db.execute(
                "UPDATE applications SET consent_withdrawn_at = ? WHERE applicant_number = 'NOM1001'", [as_text(NOW)]
            )

    monkeypatch.setattr(importing, "plan", plan_and_withdraw)
    run = runner.go_on(run_id)
    assert runner.came(run) == {n: {"people": 3, "asked": 3, "nothing": 2, "no_consent": 1} for n in (UIB, UIO, UIT)}
    assert len(runner.sources[UIO].questions) == 2


def test_a_run_that_is_to_stop_leaves_the_rest_for_the_next_call_and_asks_nobody_twice(
    runner: Runner, store: Store
) -> None:
    apply(store, 200)
    asked = []

    def slow(question: Question) -> Reply:
        asked.append(question.identifiers[0])
        if len(asked) == 60:
            runner.stopping.set()
        return having(5, 90, 150)(question)

    runner.sources[UIO].answer = slow
    run_id = add_run(store)
    run = runner.go_on(run_id)
    assert run.state is RunState.RUNNING
    assert run.finished_at is None
    came = runner.came(run)[UIO]
    assert came["asked"] < 200
    runner.stopping.clear()
    run = runner.go_on(run_id)
    assert (run.state, run.changed_people) == (RunState.COMPLETE, 3)
    assert runner.came(run)[UIO] == {"people": 200, "asked": 200, "found": 3, "nothing": 197}
    assert len(asked) == len(set(asked)) == 200
    covered = "SELECT sum(coalesce(json_array_length(people), 25)) FROM fetches WHERE institution = ?"
    assert rows_of(store, covered, UIO) == [(200,)]


def test_a_caseworker_stops_a_run_and_the_rest_is_owed(
    runner: Runner, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "TELL_SECONDS", 0.0)
    apply(store, 200)
    run_id = add_run(store)
    asked = list[str]()

    def stop(question: Question) -> Reply:
        asked.append(question.identifiers[0])
        if len(asked) == 60:
            with store.write() as db:
                assert runs.ask_to_stop(db, run_id, "hansen")
        if len(asked) > 60:
            threading.Event().wait(0.05)
        return NOTHING

    runner.sources[UIO].answer = stop
    run = runner.go_on(run_id)
    assert (run.state, run.stopped_by) == (RunState.STOPPED, "hansen")
    came = runner.came(run)[UIO]
    assert came["asked"] == 200
    assert 0 < came["failed"] < 200
    assert rows_of(store, "SELECT DISTINCT whole_failure FROM fetches WHERE owing") == [("stopped",)]
    assert runner.go_on(run_id) == run
    runner.sources[UIO].answer = NOTHING
    delta = runner.run(RunKind.DELTA)
    assert runner.came(delta)[UIO]["asked"] == came["failed"]


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


def test_a_writer_that_fails_ends_the_run_where_it_was(
    runner: Runner, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(store, 60)
    run_id = add_run(store)
    with monkeypatch.context() as patched:
        patched.setattr(importing, "write_work", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
        with pytest.raises(OSError, match="the disk is full"):
            runner.go_on(run_id)
    assert runs.run(store.db, run_id) is not None
    assert runner.go_on(run_id).state is RunState.COMPLETE


def test_a_run_in_which_nobody_is_ordered_for_is_complete(runner: Runner, store: Store) -> None:
    apply(store, 1, consent=None)
    run = runner.run(RunKind.DELTA)
    assert (run.state, run.ordered, run.left_out) == (RunState.COMPLETE, 0, {Gate.NO_CONSENT: 1})
    assert runner.came(run) == {}


def test_one_admission_alone_may_be_meant(runner: Runner, store: Store) -> None:
    apply(store, 2)
    apply(store, 3, LOK, first=2)
    assert runner.run(admission=LOK.code).ordered == 3
    assert runner.run(RunKind.DELTA, NOM.code).ordered == 2


def test_a_change_that_a_run_and_an_order_both_bring_is_told_once(runner: Runner, store: Store) -> None:
    apply(store, 1)
    runner.sources[UIO].answer = found(course("MAT1100"), number=number_of(0))
    runner.run()
    runner.run()
    assert rows_of(store, "SELECT count(*) FROM result_changes") == [(1,)]


def test_a_run_killed_right_after_its_plan_still_notes_whom_it_asks_about(runner: Runner, store: Store) -> None:
    apply(store, 3)
    run = planned(store, runner.settings)
    with store.write() as db:
        db.execute("UPDATE applications SET asked_at = NULL WHERE applicant_number > 'NOM1000'")
    runner.go_on(run.id)
    assert rows_of(store, "SELECT DISTINCT asked_at FROM applications") == [(as_text(NOW),)]
    assert runner.run(RunKind.DELTA).left_out == {Gate.ALREADY_ASKED: 3}


def test_a_run_of_the_clock_that_outlived_an_admission_asks_no_more(runner: Runner, store: Store) -> None:
    apply(store, 3)
    with store.write() as db:
        run_id = runs.add(db, RunWish(RunKind.FULL, NOW, "FS154.001", forced=False))
    plan(store, run_of(store, run_id), Judging(store.db, runner.settings, RunKind.FULL, NOW, NOW), {})
    runner.now = NOW + timedelta(days=300)
    run = runner.go_on(run_id)
    assert run.state is RunState.INCOMPLETE
    assert runner.came(run) == {n: {"people": 3, "asked": 3, "failed": 3} for n in (UIB, UIO, UIT)}
    assert runner.sources[UIO].questions == []
    later = runner.run()
    assert (later.ordered, later.left_out) == (0, {Gate.CUT_OFF: 3})
    assert rows_of(store, "SELECT count(*) FROM fetches WHERE owing") == [(0,)]


def test_a_number_that_fs_made_up_is_never_sent(runner: Runner, store: Store) -> None:
    (person_id,) = apply(store)
    with store.write() as db:
        db.execute(
            "INSERT INTO person_identifiers VALUES (?, ?, 'FS_FIKTIVT_NUMMER', 0, ?)",
            ["01019850001", person_id, as_text(NOW)],
        )
    runner.run()
    assert [question.identifiers for question in runner.sources[UIO].questions] == [(number_of(0),)]


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
