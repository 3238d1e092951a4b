"""A run at work: what comes of it, and how it ends when people or faults break it off."""

import threading
import time
from concurrent.futures import wait
from datetime import timedelta

import pytest

from runs import LOK, NOM, Runner, add_run, apply, having, number_of, planned, rows_of, run_of
from webapp.fetching import importing, run_record
from webapp.fetching.ordering import place
from webapp.fetching.planning import Judging, plan
from webapp.house import House
from webapp.model import Basis, Gate, Origin, Outcome, Purpose, Question, Reply, RunKind, RunState, RunWish
from webapp.sources.elmo import write
from webapp.store import Store, as_text, people, runs
from world import NOTHING, NOW, UIB, UIO, UIT, course, found, transcript

ANSWERS = """SELECT fetches.institution, answers.person_id, outcome, changes FROM answers
    JOIN fetches ON fetches.id = fetch_id ORDER BY 1, 2, fetches.id"""


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


def test_a_writer_that_fails_ends_the_run_where_it_was(
    runner: Runner, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(store, 60)
    run_id = add_run(store)
    with monkeypatch.context() as patched:
        patched.setattr(run_record, "write_work", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
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


def test_a_change_that_a_run_and_an_order_both_bring_is_told_once(runner: Runner, store: Store, house: House) -> None:
    (person_id,) = apply(store, 1)
    runner.sources[UIO].answer = found(course("MAT1100"), number=number_of(0))
    runner.run()
    person = people.person(store.db, person_id)
    assert person is not None
    order_id = place(store, runner.settings, person, Purpose.ADMISSION, Origin("berg", "person"), NOW)
    wait(house.fanout.start(order_id), timeout=10)
    assert [question.purpose for question in runner.sources[UIO].questions] == [Purpose.ADMISSION] * 2
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
            [number_of(9), person_id, as_text(NOW)],
        )
    runner.run()
    assert [question.identifiers for question in runner.sources[UIO].questions] == [(number_of(0),)]
