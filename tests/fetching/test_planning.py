"""A plan: who is ordered for, and which fetches come of it."""

import json
from datetime import timedelta

import pytest

from runs import LOK, NOM, apply, number_of, planned, rows_of
from webapp.config import Settings
from webapp.errors import Refusal
from webapp.fetching import planning
from webapp.fetching.planning import Judging, preview
from webapp.identity import parse
from webapp.model import Admission, Gate, RunKind, RunState, Season
from webapp.store import Store, as_text, people, run_plans, runs
from webapp.store.admissions import remember_admission
from world import NOW, UIB, UIO, UIT

LOG = "SELECT application, ordered_for, left_out FROM run_applicants WHERE run_id = ? ORDER BY application"


def fail(store: Store, institution: int, *, where: str = "1") -> None:
    """Let an institution have failed to answer what it was asked."""
    with store.write() as db:
        db.execute("UPDATE fetches SET state = 'done' WHERE state = 'queued'")
        db.execute(f"UPDATE fetches SET state = 'failed', owing = 1 WHERE institution = ? AND {where}", [institution])


def report(store: Store, person_id: int, application: str | None = None) -> None:
    with store.write() as db:
        db.execute(
            """INSERT INTO reports (person_id, application, reported_at, registered_by, place)
            VALUES (?, ?, ?, 'berg', 'person')""",
            [person_id, application, as_text(NOW)],
        )


def asked(store: Store, run_id: int) -> dict[int, list[list[int] | None]]:
    """Of each institution: whom its fetches name, None for all."""
    named: dict[int, list[list[int] | None]] = {}
    for institution, people_ in rows_of(
        store,
        """SELECT institution, fetches.people FROM fetches JOIN orders ON orders.id = order_id WHERE run_id = ?
        ORDER BY fetches.id""",
        run_id,
    ):
        named.setdefault(int(str(institution)), []).append(json.loads(str(people_)) if people_ else None)
    return named


def test_a_full_run_orders_for_all_and_asks_every_source_in_chunks(store: Store, settings: Settings) -> None:
    ids = apply(store, 205)
    run = planned(store, settings)
    assert (run.state, run.ordered, run.people, run.left_out) == (RunState.RUNNING, 205, 205, {})
    assert asked(store, run.id) == {n: [None, None, None] for n in (UIB, UIO, UIT)}
    ranges = rows_of(store, "SELECT first_person, last_person FROM fetches WHERE institution = ? ORDER BY id", UIO)
    assert ranges == [(ids[0], ids[99]), (ids[100], ids[199]), (ids[200], ids[204])]
    assert {source.people for source in runs.sources_of(store.db, run.id)} == {205}


def test_everybody_who_is_left_out_is_left_out_for_one_reason(store: Store, settings: Settings) -> None:
    (willing,) = apply(store)
    apply(store, 1, consent=None, first=1)
    (protected,) = apply(store, 1, first=2)
    apply(store, 2, Admission(2027, Season.AUTUMN, "MASTER"), first=3)
    apply(store, 3, Admission(2026, Season.AUTUMN, "NOM", processing_phase=True), first=5)
    (fictive,) = apply(store, 1, first=8)
    with store.write() as db:
        db.execute("UPDATE people SET protected_address = 1 WHERE id = ?", [protected])
        db.execute("UPDATE person_identifiers SET kind = 'FS_FIKTIVT_NUMMER' WHERE person_id = ?", [fictive])
    run = planned(store, settings)
    assert run.left_out == {
        Gate.NO_CONSENT: 1, Gate.PROTECTED: 1, Gate.NUMBER: 1, Gate.PHASE: 2, Gate.CUT_OFF: 3
    }  # fmt: skip
    assert rows_of(store, LOG, run.id) == [
        ("NOM1000", "full", None),
        ("NOM1001", None, "no-consent"),
        ("NOM1002", None, "protected"),
        ("NOM1008", None, "number"),
    ]
    assert rows_of(store, "SELECT person_id FROM order_people") == [(willing,)]
    left_out = rows_of(store, "SELECT admission, left_out FROM run_admissions ORDER BY admission")
    assert left_out == [("2026-HØST-NOM", "cut-off"), ("2027-HØST-MASTER", "phase"), ("2027-HØST-NOM", None)]


def test_a_person_with_two_applications_is_asked_about_once(store: Store, settings: Settings) -> None:
    apply(store)
    apply(store, admission=LOK)
    run = planned(store, settings)
    assert (run.ordered, run.people) == (2, 1)
    assert {source.people for source in runs.sources_of(store.db, run.id)} == {1}


def test_a_delta_is_about_new_applicants_and_those_of_whom_an_answer_is_owed(store: Store, settings: Settings) -> None:
    first, second, third = apply(store, 3)
    full = planned(store, settings)
    fail(store, UIO)
    (new,) = apply(store, first=3)
    delta = planned(store, settings, RunKind.DELTA)
    assert delta.left_out == {}
    assert rows_of(store, LOG, delta.id) == [
        ("NOM1000", "owed", None), ("NOM1001", "owed", None), ("NOM1002", "owed", None), ("NOM1003", "new", None)
    ]  # fmt: skip
    assert asked(store, delta.id) == {UIB: [[new]], UIT: [[new]], UIO: [[new], [first, second, third]]}
    assert [source.people for source in runs.sources_of(store.db, delta.id)] == [1, 1, 4]
    assert rows_of(store, "SELECT count(*) FROM fetches WHERE owing") == [(0,)]
    fail(store, UIB, where="0")
    again = planned(store, settings, RunKind.DELTA)
    assert (again.ordered, again.left_out, full.ordered) == (0, {Gate.ALREADY_ASKED: 4}, 3)
    assert rows_of(store, LOG, again.id) == []


def test_a_full_run_takes_over_what_is_owed(store: Store, settings: Settings) -> None:
    apply(store, 2)
    planned(store, settings)
    fail(store, UIO)
    again = planned(store, settings)
    assert asked(store, again.id) == {n: [None] for n in (UIB, UIO, UIT)}
    assert rows_of(store, "SELECT count(*) FROM fetches WHERE owing") == [(0,)]


def test_a_run_for_one_admission_leaves_the_others_owed(store: Store, settings: Settings) -> None:
    nom, both = apply(store, 2)
    apply(store, 1, LOK, first=1)
    planned(store, settings)
    fail(store, UIO)
    lok = planned(store, settings, RunKind.DELTA, LOK.code)
    assert (lok.ordered, asked(store, lok.id)) == (1, {UIO: [[both]]})
    assert rows_of(store, "SELECT people FROM fetches WHERE owing") == [(json.dumps([nom], separators=(",", ":")),)]
    rest = planned(store, settings, RunKind.DELTA)
    assert asked(store, rest.id) == {UIO: [[nom]]}


def test_whoever_takes_back_a_consent_is_not_asked_about_what_is_owed(store: Store, settings: Settings) -> None:
    one, other = apply(store, 2)
    planned(store, settings)
    fail(store, UIO)
    with store.write() as db:
        db.execute("UPDATE applications SET consent_withdrawn_at = ? WHERE person_id = ?", [as_text(NOW), one])
    delta = planned(store, settings, RunKind.DELTA)
    assert (asked(store, delta.id), delta.left_out) == ({UIO: [[other]]}, {Gate.NO_CONSENT: 1})
    assert rows_of(store, "SELECT count(*) FROM fetches WHERE owing") == [(0,)]


def test_who_reports_new_results_is_in_the_next_run_whatever_its_kind_and_once(
    store: Store, settings: Settings
) -> None:
    one, _ = apply(store, 2)
    planned(store, settings)
    fail(store, UIO, where="0")
    report(store, one)
    delta = planned(store, settings, RunKind.DELTA)
    assert rows_of(store, LOG, delta.id) == [("NOM1000", "reported", None)]
    assert asked(store, delta.id) == {n: [None] for n in (UIB, UIO, UIT)}
    ((order_id, settled),) = rows_of(store, "SELECT order_id, settled_at FROM reports")
    assert rows_of(store, "SELECT run_id FROM orders WHERE id = ?", order_id) == [(delta.id,)]
    assert settled == as_text(NOW)
    assert planned(store, settings, RunKind.DELTA).ordered == 0


def test_who_reports_on_a_case_without_an_application_is_asked_about_for_recognition(
    store: Store, settings: Settings
) -> None:
    with store.write() as db:
        person_id = people.register(db, [parse(number_of(0))], "Kari", "Nordmann", NOW)
    report(store, person_id)
    run = planned(store, settings)
    assert rows_of(store, LOG, run.id) == [(None, "reported", None)]
    assert rows_of(store, "SELECT purpose, basis FROM orders") == [("recognition", "statute")]
    assert asked(store, run.id) == {n: [None] for n in (UIB, UIO, UIT)}
    fail(store, UIB)
    delta = planned(store, settings, RunKind.DELTA)
    assert (rows_of(store, LOG, delta.id), asked(store, delta.id)) == ([(None, "owed", None)], {UIB: [[person_id]]})


def test_a_report_on_an_application_that_is_left_out_waits(store: Store, settings: Settings) -> None:
    (one,) = apply(store, consent=None)
    report(store, one, "NOM1000")
    run = planned(store, settings, RunKind.DELTA)
    assert rows_of(store, LOG, run.id) == [("NOM1000", None, "no-consent")]
    assert rows_of(store, "SELECT settled_at FROM reports") == [(None,)]


def test_a_source_that_does_not_share_is_not_asked_about_anybody(store: Store, settings: Settings) -> None:
    apply(store, 150)
    sources = tuple(
        source.model_copy(update={"shares": source.institution != UIB, "enabled": source.institution != UIT})
        for source in settings.sources
    )
    run = planned(store, settings.model_copy(update={"sources": sources}))
    assert rows_of(store, "SELECT institution, state, whole_outcome FROM fetches ORDER BY institution") == [
        (UIB, "done", "not-shared"),
        (UIO, "queued", None),
        (UIO, "queued", None),
    ]
    assert [(s.institution, s.people, s.asked, s.not_shared) for s in runs.sources_of(store.db, run.id)] == [
        (UIB, 150, 150, 150),
        (UIO, 150, 0, 0),
    ]


def test_an_application_that_comes_while_the_plan_is_made_is_for_the_next_run(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(store, 3)
    monkeypatch.setattr(planning, "PIECE", 2)
    real, late = run_plans.applicants, list[int]()

    def read_and_apply(*args: object) -> object:
        rows = real(*args)  # type: ignore[arg-type]
        late.extend(apply(store, 1, first=3) if not late else ())
        return rows

    monkeypatch.setattr(run_plans, "applicants", read_and_apply)
    run = planned(store, settings)
    assert (run.ordered, len(late)) == (3, 1)
    assert preview(Judging(store.db, settings, RunKind.DELTA, NOW, NOW)).ordered == 1


def test_a_plan_that_was_broken_off_is_begun_anew(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(store, 3)
    whole = planned(store, settings, RunKind.DELTA)
    with store.write() as db:
        db.execute("UPDATE runs SET state = 'waiting' WHERE id = ?", [whole.id])
        db.execute("UPDATE applications SET asked_at = NULL")
    planning.plan(store, whole, Judging(store.db, settings, RunKind.DELTA, NOW, NOW), {})
    again = runs.run(store.db, whole.id)
    assert again == whole
    assert rows_of(store, "SELECT count(*) FROM orders") == [(1,)]
    assert rows_of(store, "SELECT count(*) FROM run_applicants") == [(3,)]


def test_a_preview_says_what_a_plan_would_do_and_writes_nothing(store: Store, settings: Settings) -> None:
    apply(store, 3)
    apply(store, 2, consent=None, first=3)
    apply(store, 1, LOK)
    for kind in RunKind:
        for admission in (None, NOM.code):
            before = preview(Judging(store.db, settings, kind, NOW, NOW, admission))
            assert before.admissions == ((LOK.code, NOM.code) if admission is None else (NOM.code,))
            assert rows_of(store, "SELECT count(*) FROM runs") == [(0,)]
    before = preview(Judging(store.db, settings, RunKind.FULL, NOW, NOW))
    run = planned(store, settings)
    assert (before.ordered, before.people, before.left_out) == (run.ordered, run.people, run.left_out)
    assert (before.ordered, before.people) == (4, 3)


def test_an_admission_that_is_not_known_is_refused(store: Store, settings: Settings) -> None:
    with pytest.raises(Refusal, match="2031-VÅR-LOK er ukjent"):
        preview(Judging(store.db, settings, RunKind.FULL, NOW, NOW, "2031-VÅR-LOK"))


def test_the_rules_are_judged_at_the_instant_that_is_named(store: Store, settings: Settings) -> None:
    spring = Admission(2027, Season.SPRING, "LOK", processing_phase=True)
    with store.write() as db:
        remember_admission(db, spring)
    apply(store, 1, spring)
    at = NOW + timedelta(days=90)
    selection = preview(Judging(store.db, settings, RunKind.FULL, at, NOW))
    assert (selection.ordered, selection.left_out) == (0, {Gate.CUT_OFF: 1})
