"""The purge takes what is due and nothing else, some people at a time, and can be broken off."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

import pytest

from kept import LATER, add_ola, apply_as_kari, have_results, keep_everything, keep_results, order
from runs import Runner
from webapp import store as store_module
from webapp.house import House
from webapp.model import CaseStatus, Due, Held, Hold, Origin, Person, Purged
from webapp.privacy import purging
from webapp.privacy.previewing import compute_anew, preview
from webapp.privacy.purging import purge
from webapp.recognition.cases import set_status
from webapp.store import Store, answers, orders, people, purge_preview, results, retention, runs
from world import NOW, UIO, FakeSource

#: The application is in an admission whose cut-off is 1 September 2027.
DUE = datetime.fromisoformat("2028-03-01T03:45+01:00")
ANSWERS_DUE = NOW + timedelta(days=100)


def purged(house: House, at: datetime) -> Purged:
    """What a purge takes at an instant, which is what its preview said."""
    said = preview(house.store, house.settings, at).purged
    taken = purge(house.store, house.settings, "test", lambda: at, Event()).purged
    assert _told(taken) == _told(said)
    return taken


def _told(taken: Purged) -> tuple[int, int, int, dict[str, int]]:
    others = {table: count for table, count in taken.others.items() if count}
    return taken.results, taken.people, taken.answers, others


def count(store: Store, table: str) -> int:
    return store.db.table(table).count


def test_an_applicant_who_was_not_admitted_goes_in_three_steps(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    order_id = keep_results(house, kari, sources)
    store = house.store
    assert purged(house, NOW + timedelta(days=89)).is_nothing
    # Raw answers go first; one about somebody else stays until somebody has decided.
    assert _told(purged(house, ANSWERS_DUE))[:3] == (0, 0, 1)
    kept = {line.fetch.institution: line.answer for line in orders.lines_of(store.db, order_id)}
    assert (kept[UIO].payload, kept[UIO].results) == (None, 1)  # type: ignore[union-attr]
    assert count(store, "payloads") == 1
    assert results.studies_of(store.db, kari.id)
    # Then the results, with all that was told about them.
    assert purged(house, DUE - timedelta(days=1)).is_nothing
    assert _told(purged(house, DUE))[:3] == (1, 0, 0)
    assert not results.studies_of(store.db, kari.id)
    assert not any(count(store, table) for table in ("external_results", "result_changes", "notices", "payloads"))
    (line,) = [line for line in orders.lines_of(store.db, order_id) if line.fetch.institution == UIO]
    assert (line.answer.results, line.answer.findings) == (1, ())  # type: ignore[union-attr]
    # Last who it was, and that anything was asked.
    assert purged(house, DUE + timedelta(days=364)).is_nothing
    assert _told(purged(house, DUE + timedelta(days=365)))[:3] == (0, 1, 0)
    assert people.person(store.db, kari.id) is None
    assert not any(
        count(store, table) for table in ("orders", "fetches", "answers", "applications", "person_identifiers")
    )
    assert not list(store.db.execute("PRAGMA foreign_key_check"))


def test_somebody_with_a_case_or_a_row_by_hand_stays(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    case_id = keep_everything(house, kari, sources)
    with house.store.write() as db:
        db.execute("DELETE FROM uploads")
    (held,) = preview(house.store, house.settings, LATER).held
    assert held.hold is Hold.REPORT
    assert purged(house, LATER).others == {"invitations": 1, "reports": 1, "imports": 1}
    assert preview(house.store, house.settings, LATER).held == (Held(Hold.BY_HAND, 1, None),)
    set_status(house.store, case_id, CaseStatus.BEING_TREATED, "kberg", LATER)
    assert preview(house.store, house.settings, LATER).held == (Held(Hold.OPEN_CASE, 1, None),)
    assert purged(house, LATER).results == 0
    assert preview(house.store, house.settings, LATER).who == {Hold.OPEN_CASE: ((kari.id, None),)}


def test_who_is_told_to_be_admitted_stays(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    keep_results(house, kari, sources)
    apply_as_kari(house, admitted="J")
    assert preview(house.store, house.settings, LATER).held == (Held(Hold.ADMITTED, 1, None),)
    apply_as_kari(house, admitted="")
    assert preview(house.store, house.settings, LATER).purged.results == 1


def test_a_run_keeps_its_counts_and_the_others_in_it(
    house: House, kari: Person, sources: dict[int, FakeSource], runner: Runner
) -> None:
    apply_as_kari(house)
    ola = add_ola(house)
    have_results(sources)
    run = runner.run()
    before = runs.run(house.store.db, run.id), runs.sources_of(house.store.db, run.id)
    apply_as_kari(house, admitted="N")
    with house.store.write() as db:
        db.execute("UPDATE applications SET admitted = 'J' WHERE person_id = ?", [ola])
    purged(house, DUE)
    assert purged(house, DUE + timedelta(days=365)).people == 1
    assert (runs.run(house.store.db, run.id), runs.sources_of(house.store.db, run.id)) == before
    fetches = list(house.store.db.query("SELECT first_person, last_person FROM fetches"))
    assert fetches and all(set(fetch.values()) == {ola} for fetch in fetches)


def test_it_breaks_off_and_the_next_one_goes_on(
    house: House, kari: Person, sources: dict[int, FakeSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "MOST_AT_ONCE", 1)
    keep_results(house, kari, sources)
    add_ola(house)
    stopping = Event()
    took = purging.erasure.empty

    def empty_and_stop(*given: object) -> None:
        stopping.set()
        took(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(purging.erasure, "empty", empty_and_stop)
    broken_off = purge(house.store, house.settings, "test", lambda: DUE, stopping)
    assert (broken_off.purged.results, broken_off.finished_at, broken_off.rebuilt_at) == (1, None, None)
    monkeypatch.undo()
    assert purged(house, DUE).results == 1
    first, second = reversed(retention.latest_purges(house.store.db, 5))
    assert first.rebuilt_at == second.rebuilt_at == DUE


def test_what_was_ordered_meanwhile_is_not_taken(
    house: House, kari: Person, sources: dict[int, FakeSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_results(house, kari, sources)
    judged: Callable[..., object] = purging.everybody

    def judged_and_then_ordered(*given: object) -> object:
        facts = list(judged(*given))  # type: ignore[call-overload]
        order(house, kari, Origin("kberg", "person"))
        with house.store.write() as db:
            db.execute("UPDATE orders SET placed_at = ? WHERE placed_from = 'person'", [DUE.isoformat()])
        return facts

    monkeypatch.setattr(purging, "everybody", judged_and_then_ordered)
    assert purge(house.store, house.settings, "test", lambda: DUE, Event()).purged.results == 0
    assert results.studies_of(house.store.db, kari.id)


def test_a_run_that_is_carried_out_does_not_wait_for_the_file_to_be_written(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    keep_results(house, kari, sources)
    assert purge(house.store, house.settings, "test", lambda: DUE, Event(), lambda: True).rebuilt_at is None
    assert purge(house.store, house.settings, "test", lambda: DUE, Event(), lambda: False).rebuilt_at == DUE


def test_the_trace_tells_whose_results_went(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    keep_results(house, kari, sources)
    purged(house, DUE)
    (told,) = house.store.db.query("SELECT by, door, people FROM trace WHERE act = 'erased'")
    assert told == {"by": "test", "door": "purge", "people": f"[{kari.id}]"}


def test_who_goes_is_told_by_reason(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    keep_results(house, kari, sources)
    assert preview(house.store, house.settings, DUE).who == {Due.RESULTS: ((kari.id, DUE.date()),)}
    assert preview(house.store, house.settings, NOW).who == {Hold.APPLICATION: ((kari.id, DUE.date()),)}


def test_a_preview_is_kept_as_it_was_until_the_next(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    assert purge_preview.latest(house.store.db) is None
    keep_results(house, kari, sources)
    for at in (NOW, DUE):
        compute_anew(house.store, house.settings, at)
        assert purge_preview.latest(house.store.db) == preview(house.store, house.settings, at)
    compute_anew(house.store, house.settings, LATER, lambda: True)
    kept = purge_preview.latest(house.store.db)
    assert kept is not None
    assert kept.at == DUE


def test_rows_keep_their_places_when_the_file_is_written_anew(house: House, kari: Person) -> None:
    apply_as_kari(house)
    add_ola(house)
    with house.store.write() as db:
        db.execute("DELETE FROM application_alternatives")
        db.execute("DELETE FROM applications WHERE person_id = ?", [kari.id])
    places = list(house.store.db.execute("SELECT rowid FROM applications"))
    assert house.store.rebuild(lambda: False)
    assert list(house.store.db.execute("SELECT rowid FROM applications")) == places == [(2,)]


def test_writing_the_file_anew_can_be_stopped(house: House) -> None:
    with house.store.write() as db:
        for place in range(2000):
            answers.keep_payload(db, str(place).encode(), NOW)
    assert not house.store.rebuild(lambda: True)
    assert house.store.rebuild(lambda: False)


def test_who_reads_for_long_is_not_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """All who write wait behind it, and a stop does."""
    monkeypatch.setattr(store_module, "REBUILD_BUSY_SECONDS", 0)
    with house.store.write() as db:
        answers.keep_payload(db, b"1", NOW)
    reader = Store(house.store.path)
    reader.db.execute("BEGIN")
    reader.db.execute("SELECT count(*) FROM payloads").fetchone()
    assert not house.store.rebuild(lambda: False)
    reader.close()
    assert house.store.rebuild(lambda: False)
    assert house.store.db.execute("PRAGMA busy_timeout").fetchone() == (1000 * store_module.BUSY_SECONDS,)
