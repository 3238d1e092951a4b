"""Meldt nye resultater: what is said of a report is what the evening's run does with it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest

from runs import Runner
from webapp.config import ImportRuns, LegalBasis, Settings, SettingsFile
from webapp.errors import Refusal
from webapp.fetching.evenings import evenings
from webapp.fetching.ordering import place
from webapp.fetching.planning import Judging, plan
from webapp.fetching.reporting import Expected, expectations, register, withdraw
from webapp.identity import parse
from webapp.model import (
    Admission,
    Basis,
    Gate,
    NewResultsReport,
    OrderedFor,
    OrderState,
    Origin,
    Person,
    Purpose,
    RunKind,
    RunState,
    RunWish,
    Season,
)
from webapp.store import Store, as_text, orders, people, reports, runs
from webapp.store.admissions import remember_admission
from world import NOW, UIO, FakeSource

OSLO = ZoneInfo("Europe/Oslo")
PERSON, APPLICATION = Origin("kberg", "person"), Origin("kberg", "application", application="A1")
OPEN = Admission(2027, Season.AUTUMN, "NOM", processing_phase=True)
NOT_YET = Admission(2027, Season.AUTUMN, "LOK")
LAST_SPRING = Admission(2026, Season.SPRING, "LOK", processing_phase=True)
TONIGHT = datetime(2026, 11, 24, 20, tzinfo=OSLO)
NO_CONSENT, WITHDRAWN = {"consent_given_at": None}, {"consent_withdrawn_at": as_text(NOW)}


def apply(store: Store, person: Person, admission: Admission, number: str = "A1", **more: str | None) -> None:
    """Have a person apply; with a consent, unless told otherwise."""
    row = {"applicant_number": number, "person_id": person.id, "admission": admission.code}
    with store.write() as db:
        remember_admission(db, admission)
        db["applications"].insert({**row, "consent_given_at": as_text(NOW), **more})


def run(store: Store, settings: Settings, kind: RunKind, at: datetime, number: int = 0) -> list[tuple[str | None, ...]]:
    """Plan the run of an evening; gives application, why it is ordered for, and why it is left out."""
    with store.write() as db:
        run_id = runs.add(db, RunWish(kind, at, "FS154.001", forced=bool(number)))
    planned = runs.run(store.db, run_id)
    assert planned is not None
    plan(store, planned, Judging(store.db, settings, kind, at, at), {})
    rows = store.db.query("SELECT * FROM run_applicants WHERE run_id = ? ORDER BY rowid", [run_id])
    return [(row["application"], row["ordered_for"], row["left_out"]) for row in rows]


def open_of(store: Store, person: Person) -> list[NewResultsReport]:
    return [report for report in reports.reports_of(store.db, person.id) if report.settled_at is None]


def expect(store: Store, settings: Settings, person: Person, now: datetime = NOW) -> Expected:
    """What is said of the person's one open report."""
    found = people.person(store.db, person.id)
    assert found is not None
    (only,) = expectations(store.db, settings, found, reports.reports_of(store.db, person.id), now).values()
    return only


def test_a_report_is_one_however_often_it_is_made(store: Store, kari: Person) -> None:
    apply(store, kari, OPEN)
    first, is_new = register(store, kari, PERSON, NOW)
    again, is_new_again = register(store, kari, Origin("ohansen", "api"), NOW)
    other, _ = register(store, kari, APPLICATION, NOW)
    assert (is_new, is_new_again, again) == (True, False, first)
    assert (first.registered_by, first.place, other.application) == ("kberg", "person", "A1")
    assert [report.id for report in reports.reports_of(store.db, kari.id)] == [other.id, first.id]


def test_two_reports_at_once_are_one(store: Store, kari: Person) -> None:
    together = Barrier(2)

    def report(by: str) -> int:
        together.wait(timeout=10)
        return register(store, kari, Origin(by, "person"), NOW)[0].id

    with ThreadPoolExecutor(2) as caseworkers:
        first, second = caseworkers.map(report, ["kberg", "ohansen"])
    assert first == second
    assert len(reports.reports_of(store.db, kari.id)) == 1


def test_one_whom_others_know_no_number_of_cannot_report(store: Store) -> None:
    with store.write() as db:
        person_id = people.register(db, [parse("02529290201")], "Kari", "Nordmann", NOW)
        nobody_else_knows = people.person(db, person_id)
    assert nobody_else_knows is not None
    with pytest.raises(Refusal, match="fiktivt nummer"):
        register(store, nobody_else_knows, PERSON, NOW)
    assert reports.reports_of(store.db, person_id) == []


def test_a_report_is_taken_back_while_it_is_open(store: Store, settings: Settings, kari: Person) -> None:
    report, _ = register(store, kari, PERSON, NOW)
    assert withdraw(store, report.id)
    assert run(store, settings, RunKind.DELTA, TONIGHT) == []
    settled, _ = register(store, kari, PERSON, NOW)
    place(store, settings, kari, Purpose.RECOGNITION, PERSON, NOW)
    assert not withdraw(store, settled.id)


@pytest.mark.parametrize("origin", [PERSON, APPLICATION], ids=lambda origin: origin.place)
@pytest.mark.parametrize(
    ("now", "kind", "evening"),
    [
        (datetime(2026, 11, 24, 9, tzinfo=OSLO), RunKind.DELTA, "2026-11-24T20:00:00+01:00"),
        (datetime(2026, 11, 24, 20, tzinfo=OSLO), RunKind.DELTA, "2026-11-25T20:00:00+01:00"),
        (datetime(2026, 11, 27, 9, tzinfo=OSLO), RunKind.FULL, "2026-11-27T20:00:00+01:00"),
        (datetime(2026, 11, 27, 21, tzinfo=OSLO), RunKind.DELTA, "2026-11-29T20:00:00+01:00"),
        (datetime(2026, 11, 28, 9, tzinfo=OSLO), RunKind.DELTA, "2026-11-29T20:00:00+01:00"),
        (datetime(2027, 3, 27, 21, tzinfo=OSLO), RunKind.DELTA, "2027-03-28T20:00:00+02:00"),
    ],
    ids=["morning", "as-it-begins", "friday", "friday-night", "saturday", "clocks-change"],
)
def test_a_report_is_planned_for_the_next_evening_with_a_run(
    store: Store, settings: Settings, kari: Person, origin: Origin, now: datetime, kind: RunKind, evening: str
) -> None:
    apply(store, kari, OPEN, asked_at=as_text(NOW))
    register(store, kari, origin, now)
    told = expect(store, settings, kari, now)
    assert told.planned_at and told.planned_at.isoformat() == evening
    assert next(evenings(settings, now, told.planned_at)).kind is kind
    assert run(store, settings, kind, told.planned_at) == [("A1", OrderedFor.REPORTED, None)]


@dataclass(frozen=True)
class Circumstances:
    """An application and its person, and why nobody asks: from the application, and of the person as a whole."""

    admission: Admission
    why: Gate | None = None
    why_person: Gate | None = None
    application: Mapping[str, str | None] = field(default_factory=dict)
    basis: Mapping[str, Basis] = field(default_factory=dict)
    protected: bool = False


@pytest.mark.parametrize(
    "given",
    [
        Circumstances(OPEN),
        Circumstances(NOT_YET, Gate.PHASE),
        Circumstances(LAST_SPRING, Gate.CUT_OFF),
        Circumstances(OPEN, Gate.NO_CONSENT, application=NO_CONSENT),
        Circumstances(OPEN, application=NO_CONSENT, basis={"admission": Basis.STATUTE}),
        Circumstances(OPEN, Gate.NO_CONSENT, Gate.NO_CONSENT, WITHDRAWN, {"recognition": Basis.CONSENT}),
        Circumstances(NOT_YET, Gate.PHASE, basis={"recognition": Basis.CONSENT}),
        Circumstances(OPEN, Gate.PROTECTED, Gate.PROTECTED, protected=True),
        Circumstances(NOT_YET, Gate.PHASE, Gate.PROTECTED, protected=True),
    ],
)
@pytest.mark.parametrize("origin", [PERSON, APPLICATION], ids=lambda origin: origin.place)
@pytest.mark.parametrize("kind", RunKind)
def test_what_is_said_of_a_report_is_what_the_run_does(
    store: Store, settings: Settings, kari: Person, origin: Origin, kind: RunKind, given: Circumstances
) -> None:
    changed = SettingsFile(test_instance=True, legal_basis=LegalBasis(**given.basis))
    settings = settings.model_copy(update={"settings": changed})
    apply(store, kari, given.admission, **given.application)
    store.db.execute("UPDATE people SET protected_address = ?", [int(given.protected)])
    register(store, kari, origin, NOW)
    told = expect(store, settings, kari)
    assert (told.evening, told.why_not) == (TONIGHT, given.why if origin is APPLICATION else given.why_person)
    lines = run(store, settings, kind, TONIGHT)
    assert any(ordered == OrderedFor.REPORTED for _, ordered, _ in lines) is (told.planned_at is not None)
    assert (open_of(store, kari) == []) is (told.planned_at is not None)


def test_the_cut_off_is_that_of_the_evening(store: Store, settings: Settings, kari: Person) -> None:
    spring = Admission(2027, Season.SPRING, "LOK", processing_phase=True)
    apply(store, kari, spring)
    register(store, kari, APPLICATION, NOW)
    sunday = datetime(2027, 1, 31, 12, tzinfo=OSLO)
    assert expect(store, settings, kari, sunday).why_not is None
    assert expect(store, settings, kari, sunday.replace(hour=21)).why_not is Gate.CUT_OFF


def test_a_number_that_only_we_know_is_told(store: Store, settings: Settings, kari: Person) -> None:
    register(store, kari, PERSON, NOW)
    store.db.execute("UPDATE person_identifiers SET number = '02529290201', kind = 'FS_FIKTIVT_NUMMER'")
    assert expect(store, settings, kari) == Expected(TONIGHT, Gate.NUMBER)
    assert run(store, settings, RunKind.FULL, TONIGHT) == [(None, None, Gate.NUMBER)]


def test_where_no_evening_has_a_run_nothing_is_promised(store: Store, settings: Settings, kari: Person) -> None:
    never = SettingsFile(test_instance=True, import_runs=ImportRuns(full=(), delta=()))
    register(store, kari, PERSON, NOW)
    told = expect(store, settings.model_copy(update={"settings": never}), kari)
    assert (told.evening, told.planned_at) == (None, None)


def test_a_report_on_one_application_does_not_bring_in_the_other(
    store: Store, settings: Settings, kari: Person
) -> None:
    for number in ("A1", "A2"):
        apply(store, kari, OPEN, number, asked_at=as_text(NOW))
    register(store, kari, APPLICATION, NOW)
    assert run(store, settings, RunKind.DELTA, TONIGHT) == [("A1", OrderedFor.REPORTED, None)]


def test_a_report_is_in_one_delta_and_not_in_the_next(store: Store, settings: Settings, kari: Person) -> None:
    apply(store, kari, OPEN, asked_at=as_text(NOW))
    report, _ = register(store, kari, PERSON, NOW)
    assert run(store, settings, RunKind.DELTA, TONIGHT) == [("A1", OrderedFor.REPORTED, None)]
    settled = reports.report(store.db, report.id)
    assert settled and settled.order_id and settled.settled_at == TONIGHT
    order = orders.order(store.db, settled.order_id, kari.id)
    assert order and (order.purpose, order.person_id) == (Purpose.ADMISSION, kari.id)
    assert expectations(store.db, settings, kari, [settled], NOW) == {}
    assert run(store, settings, RunKind.DELTA, TONIGHT.replace(day=25), 1) == []


@pytest.mark.parametrize("origin", [PERSON, APPLICATION], ids=lambda origin: origin.place)
def test_a_run_asks_about_one_who_reported_and_the_next_one_does_not(
    store: Store,
    settings: Settings,
    kari: Person,
    sources: dict[int, FakeSource],
    monkeypatch: pytest.MonkeyPatch,
    origin: Origin,
) -> None:
    runner = Runner(store, settings, sources, monkeypatch)
    apply(store, kari, OPEN, asked_at=as_text(NOW))
    report, _ = register(store, kari, origin, NOW)
    runner.now = TONIGHT
    assert runner.run(RunKind.DELTA).state is RunState.COMPLETE
    settled = reports.report(store.db, report.id)
    assert settled and (settled.settled_at, settled.order_state) == (TONIGHT, OrderState.COMPLETE)
    assert runner.run(RunKind.DELTA).ordered == 0
    assert [len(source.questions) for source in sources.values()] == [1, 1, 1]


def test_a_report_of_one_who_has_not_applied_is_for_recognition(store: Store, settings: Settings, kari: Person) -> None:
    report, _ = register(store, kari, PERSON, NOW)
    assert expect(store, settings, kari) == Expected(TONIGHT)
    assert run(store, settings, RunKind.DELTA, TONIGHT) == [(None, OrderedFor.REPORTED, None)]
    settled = reports.report(store.db, report.id)
    order = orders.order(store.db, settled.order_id or 0, kari.id) if settled else None
    assert order and order.purpose is Purpose.RECOGNITION
    assert run(store, settings, RunKind.DELTA, TONIGHT.replace(day=25), 1) == []


def test_an_order_by_the_button_takes_all_that_is_open(store: Store, settings: Settings, kari: Person) -> None:
    apply(store, kari, OPEN)
    for origin in (PERSON, APPLICATION):
        register(store, kari, origin, NOW)
    order_id = place(store, settings, kari, Purpose.RECOGNITION, PERSON, NOW)
    assert {(report.order_id, report.settled_at) for report in reports.reports_of(store.db, kari.id)} == {
        (order_id, NOW)
    }
    later, _ = register(store, kari, PERSON, NOW)
    assert place(store, settings, kari, Purpose.RECOGNITION, PERSON, NOW) == order_id
    assert open_of(store, kari) == [later], "what the order that goes on has asked for came before it"


def test_an_order_to_some_institutions_takes_nothing(store: Store, settings: Settings, kari: Person) -> None:
    report, _ = register(store, kari, PERSON, NOW)
    place(store, settings, kari, Purpose.RECOGNITION, PERSON, NOW, only=[UIO])
    assert open_of(store, kari) == [report]


def test_an_order_that_may_not_ask_takes_nothing(store: Store, settings: Settings, kari: Person) -> None:
    apply(store, kari, OPEN, consent_given_at=None)
    report, _ = register(store, kari, APPLICATION, NOW)
    place(store, settings, kari, Purpose.ADMISSION, APPLICATION, NOW)
    assert open_of(store, kari) == [report]
