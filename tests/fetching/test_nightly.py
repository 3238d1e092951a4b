"""Which run is due, whatever the clock and the machine do; what is forced; what is carried out next."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.fetching import nightly
from webapp.model import Admission, Person, Run, RunKind, RunState, RunWish, Season
from webapp.store import Store, runs
from webapp.store.admissions import remember_admission

CODE = "2027-HØST-NOM"
#: Eight in the evening in Oslo, in winter. 2026-11-27 is a Friday.
THURSDAY, FRIDAY, SUNDAY, MONDAY = (datetime(2026, 11, day, 19, tzinfo=UTC) for day in (26, 27, 29, 30))
MINUTE = timedelta(minutes=1)

Look = Callable[[datetime], Run | None]


@pytest.fixture
def open_admission(store: Store) -> None:
    with store.write() as db:
        remember_admission(db, Admission(2027, Season.AUTUMN, "NOM", processing_phase=True))


@pytest.fixture
def look(store: Store, settings: Settings, open_admission: None) -> Look:
    """Looks what is due on an instance that has been started before; gives the run that it places."""

    def look(now: datetime) -> Run | None:
        run_id = nightly.place_due(store, settings, now)
        return runs.run(store.db, run_id) if run_id else None

    look(THURSDAY - timedelta(hours=3))
    return look


def kinds(store: Store) -> list[tuple[str, str, datetime]]:
    return [(run.kind.value, run.state.value, run.scheduled_for) for run in reversed(runs.latest(store.db, 100))]


def end(store: Store, run: Run | None, state: RunState = RunState.COMPLETE) -> None:
    assert run is not None
    with store.write() as db:
        runs.set_state(db, run.id, state, run.scheduled_for)


def test_the_first_start_ever_makes_up_for_nothing(store: Store, settings: Settings, open_admission: None) -> None:
    assert nightly.place_due(store, settings, THURSDAY + MINUTE) is None
    assert nightly.place_due(store, settings, FRIDAY) is not None


def test_a_run_is_placed_at_its_hour_and_once(store: Store, look: Look) -> None:
    assert look(THURSDAY - timedelta(milliseconds=1)) is None
    run = look(THURSDAY)
    assert run is not None
    assert (run.kind, run.scheduled_for, run.forced, run.placed_by) == (RunKind.DELTA, THURSDAY, False, "FS154.001")
    assert look(THURSDAY) is None
    assert look(THURSDAY + MINUTE) is None


def test_asleep_at_eight_it_is_made_up_for_on_waking(store: Store, look: Look) -> None:
    run = look(FRIDAY + timedelta(hours=11))
    assert run is not None
    assert (run.kind, run.scheduled_for) == (RunKind.FULL, FRIDAY)


def test_three_weeks_down_become_one_full_run(store: Store, look: Look) -> None:
    run = look(THURSDAY + timedelta(weeks=3) - timedelta(hours=2))
    assert run is not None
    assert (run.kind, run.scheduled_for) == (RunKind.FULL, FRIDAY + timedelta(weeks=2))
    assert len(kinds(store)) == 1
    again = look(THURSDAY + timedelta(weeks=3))
    assert again is not None
    assert again.scheduled_for == THURSDAY + timedelta(weeks=3)


def test_missed_deltas_become_one_delta(store: Store, look: Look) -> None:
    end(store, look(FRIDAY))
    run = look(MONDAY + timedelta(hours=12))
    assert run is not None
    assert (run.kind, run.scheduled_for) == (RunKind.DELTA, MONDAY)


def test_the_clock_is_set_back_and_the_evening_is_not_run_twice(store: Store, look: Look) -> None:
    end(store, look(THURSDAY + timedelta(seconds=3)))
    for minutes in range(-60, 61):
        assert look(THURSDAY + minutes * MINUTE) is None
    assert look(FRIDAY) is not None


def test_a_clock_that_was_a_month_ahead_is_forgotten(
    store: Store, look: Look, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = look(FRIDAY + timedelta(weeks=4, hours=1))
    assert wrong is not None
    assert wrong.scheduled_for == FRIDAY + timedelta(weeks=4)
    end(store, wrong)
    caplog.clear()
    now = THURSDAY - timedelta(hours=1)
    assert look(now) is None
    assert "far ahead" in caplog.text
    assert runs.dealt_with_until(store.db) == now
    for week in range(6):
        run = look(FRIDAY + timedelta(weeks=week))
        assert run is not None
        assert run.scheduled_for == FRIDAY + timedelta(weeks=week)
        end(store, run)


def test_runs_of_a_clock_that_was_ahead_get_labels_of_their_own(store: Store, look: Look) -> None:
    for week in range(1, 4):
        end(store, look(FRIDAY + timedelta(weeks=week)))
    now = THURSDAY - timedelta(hours=1)
    look(now)
    assert [now - at for _, _, at in kinds(store)] == [timedelta(seconds=s) for s in (3, 2, 1)]


def test_days_that_are_set_later_are_not_made_up_for(store: Store, look: Look, settings: Settings) -> None:
    end(store, look(FRIDAY))
    saturday = FRIDAY + timedelta(days=1)
    look(saturday + timedelta(hours=2))
    rules = settings.settings.import_runs.model_copy(update={"delta": ("sat", "sun")})
    changed = settings.model_copy(
        update={"settings": settings.settings.model_copy(update={"import_runs": rules})},
    )
    assert nightly.place_due(store, changed, saturday + timedelta(hours=3)) is None


def test_an_evening_without_an_open_admission_has_no_run(store: Store, settings: Settings) -> None:
    with store.write() as db:
        remember_admission(db, Admission(2026, Season.AUTUMN, "NOM", processing_phase=True))  # until 1 September
        remember_admission(db, Admission(2027, Season.AUTUMN, "NOM", processing_phase=False))
    nightly.place_due(store, settings, THURSDAY - MINUTE)
    assert nightly.place_due(store, settings, THURSDAY) is None
    assert runs.dealt_with_until(store.db) == THURSDAY
    with store.write() as db:
        remember_admission(db, Admission(2027, Season.AUTUMN, "NOM", processing_phase=True))
    assert nightly.place_due(store, settings, THURSDAY + MINUTE) is None


def test_a_report_has_a_run_without_an_open_admission(store: Store, settings: Settings, kari: Person) -> None:
    nightly.place_due(store, settings, THURSDAY - MINUTE)
    with store.write() as db:
        db.execute(
            "INSERT INTO reports (person_id, reported_at, registered_by, place) VALUES (?, ?, 'kberg', 'person')",
            [kari.id, "2026-11-24T08:14:00.000+00:00"],
        )
    assert nightly.place_due(store, settings, THURSDAY) is not None


def test_a_run_longer_than_a_day_lets_the_next_one_wait(store: Store, look: Look) -> None:
    long = look(THURSDAY)
    end(store, long, RunState.RUNNING)
    look(FRIDAY)
    assert kinds(store) == [("delta", "running", THURSDAY), ("full", "waiting", FRIDAY)]
    assert [run.scheduled_for for run in nightly.to_carry_out(store.db)] == [THURSDAY, FRIDAY]


def test_a_run_longer_than_three_days_lets_the_latest_one_wait_as_full(store: Store, look: Look) -> None:
    end(store, look(THURSDAY), RunState.RUNNING)
    look(FRIDAY)
    look(SUNDAY)
    look(MONDAY)
    assert kinds(store) == [
        ("delta", "running", THURSDAY),
        ("full", "skipped", FRIDAY),
        ("full", "skipped", SUNDAY),
        ("full", "waiting", MONDAY),
    ]


def test_the_wish_of_a_caseworker_keeps_its_place(store: Store, look: Look, settings: Settings) -> None:
    nightly.force(store, settings, RunKind.DELTA, CODE, "kberg", THURSDAY - MINUTE)
    look(THURSDAY)
    look(FRIDAY)
    assert [(run.placed_by, run.state) for run in reversed(runs.latest(store.db, 9))] == [
        ("kberg", RunState.WAITING),
        ("FS154.001", RunState.SKIPPED),
        ("FS154.001", RunState.WAITING),
    ]


def test_an_evening_that_has_its_run_is_left_at_that(
    store: Store, look: Look, caplog: pytest.LogCaptureFixture
) -> None:
    with store.write() as db:
        runs.add(db, RunWish(RunKind.DELTA, THURSDAY, nightly.PLACED_BY, forced=False), RunState.COMPLETE)
    assert look(THURSDAY) is None
    assert "has a run already" in caplog.text
    assert look(FRIDAY) is not None


LOOK = """
import sys
from datetime import datetime
from pathlib import Path
from webapp.config import Settings
from webapp.fetching.nightly import place_due
from webapp.store import Store
settings = Settings(instance=Path(sys.argv[1]))
store = Store(settings.database)
print("ready", flush=True)
sys.stdin.readline()
print(place_due(store, settings, datetime.fromisoformat(sys.argv[2])))
"""


def test_of_several_processes_one_places_the_run(store: Store, look: Look, settings: Settings) -> None:
    command = [sys.executable, "-c", LOOK, str(settings.instance), FRIDAY.isoformat()]
    pipe = subprocess.PIPE
    with ExitStack() as stack:
        three = [stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)) for _ in range(3)]
        for process in three:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in three:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        said = sorted(process.communicate(timeout=30)[0].strip() for process in three)
    assert said == ["1", "None", "None"]
    assert kinds(store) == [("full", "waiting", FRIDAY)]


def test_a_run_and_its_mark_come_about_together_or_not_at_all(
    store: Store, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise sqlite3.OperationalError("disk is full")

    before = runs.dealt_with_until(store.db)
    with monkeypatch.context() as broken, pytest.raises(sqlite3.OperationalError):
        broken.setattr(runs, "add", fail)
        look(THURSDAY)
    assert runs.dealt_with_until(store.db) == before
    assert look(THURSDAY) is not None


def test_a_forced_run_waits_for_its_turn(store: Store, settings: Settings, open_admission: None) -> None:
    run_id = nightly.force(store, settings, RunKind.FULL, CODE, "kberg", THURSDAY)
    run = runs.run(store.db, run_id)
    assert run == Run(run_id, RunKind.FULL, RunState.WAITING, THURSDAY, "kberg", CODE, forced=True)


def test_the_same_run_cannot_be_forced_twice(store: Store, settings: Settings, open_admission: None) -> None:
    first = nightly.force(store, settings, RunKind.FULL, CODE, "kberg", THURSDAY)
    with pytest.raises(Refusal, match="venter eller er i gang allerede"):
        nightly.force(store, settings, RunKind.FULL, CODE, "ahansen", THURSDAY)
    nightly.force(store, settings, RunKind.FULL, None, "kberg", THURSDAY)
    nightly.force(store, settings, RunKind.DELTA, CODE, "kberg", THURSDAY)
    with store.write() as db:
        runs.set_state(db, first, RunState.COMPLETE, THURSDAY)
    nightly.force(store, settings, RunKind.FULL, CODE, "kberg", THURSDAY)


def test_an_unknown_admission_cannot_be_forced(store: Store, settings: Settings) -> None:
    with pytest.raises(Refusal, match="2031-HØST-NOM er ukjent"):
        nightly.force(store, settings, RunKind.FULL, "2031-HØST-NOM", "kberg", THURSDAY)
    assert kinds(store) == []


def test_a_run_that_is_stopped_before_it_began_does_not_wait(store: Store, look: Look) -> None:
    waiting = look(THURSDAY)
    assert waiting is not None
    with store.write() as db:
        runs.ask_to_stop(db, waiting.id, "kberg")
    nightly.end_stopped(store, THURSDAY + MINUTE)
    stopped = runs.run(store.db, waiting.id)
    assert stopped is not None
    assert (stopped.state, stopped.finished_at) == (RunState.STOPPED, THURSDAY + MINUTE)


def test_a_running_one_that_is_stopped_ends_by_itself(store: Store, look: Look) -> None:
    run = look(THURSDAY)
    end(store, run, RunState.RUNNING)
    assert run is not None
    with store.write() as db:
        runs.ask_to_stop(db, run.id, "kberg")
    nightly.end_stopped(store, THURSDAY)
    assert kinds(store) == [("delta", "running", THURSDAY)]


@pytest.mark.parametrize(
    ("kind", "admission", "at", "hours", "same"),
    [
        (RunKind.FULL, None, None, 19, True),
        (RunKind.FULL, None, None, 21, False),
        (RunKind.DELTA, None, None, 1, False),
        (RunKind.FULL, CODE, None, 1, False),
        (RunKind.FULL, None, FRIDAY, 1000, True),
        (RunKind.FULL, None, SUNDAY, 1, False),
    ],
)
def test_which_call_goes_on_with_a_run_that_was_broken_off(
    store: Store, kind: RunKind, admission: str | None, at: datetime | None, hours: int, same: bool
) -> None:
    with store.write() as db:
        run_id = runs.add(db, RunWish(RunKind.FULL, FRIDAY, "kberg"))
        db.execute("UPDATE runs SET state = 'running', begun_at = scheduled_for")
    found = nightly.called_for_again(store.db, kind, admission, at, FRIDAY + timedelta(hours=hours))
    assert (found.id if found else None) == (run_id if same else None)
