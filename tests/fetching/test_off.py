"""A source that is switched off is not asked: not in an order, nor in a run, until the evening after its end."""

from datetime import datetime, timedelta

import pytest

from runs import Runner, apply, rows_of
from webapp.config import Settings
from webapp.errors import SwitchedOff
from webapp.fetching.fanout import Fanout
from webapp.fetching.ordering import place
from webapp.house import House
from webapp.model import OrderState, Origin, Person, Purpose, Run, RunKind, RunSource, RunState
from webapp.source_settings import Downtime
from webapp.store import Store, day, orders, runs, source_health
from webapp.web.run_words import outcome_of
from webapp.web.words import off_sentence
from world import NOTHING, NOW, UIB, UIO, UIT, FakeSource

#: The end of the downtime, and the first evening after it.
END, EVENING = datetime(2026, 12, 1, 21, tzinfo=NOW.tzinfo), datetime(2026, 12, 2, 19, tzinfo=NOW.tzinfo)
MOVING = SwitchedOff(END, "flytter database")


def switched_off(settings: Settings, begins: datetime = NOW) -> Settings:
    """The settings with UiO switched off for a week."""
    downtime = (Downtime(begins=begins, until=END, reason=MOVING.reason),)
    sources = tuple(
        source.model_copy(update={"downtime": downtime}) if source.institution == UIO else source
        for source in settings.sources
    )
    return settings.model_copy(update={"sources": sources})


def order(house: House, kari: Person) -> int:
    return place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)


def told(store: Store, order_id: int) -> tuple[str | None, str | None, datetime | None, int]:
    """Why UiO was not asked in an order, when it is tried again, and how often it was tried."""
    line = next(line for line in orders.lines_of(store.db, order_id) if line.fetch.institution == UIO)
    assert line.answer is not None
    return line.answer.failure, line.answer.cause, line.fetch.retry_at, line.fetch.attempts


def test_an_order_does_not_ask_it_and_is_incomplete_until_the_evening_after(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    house.settings = switched_off(house.settings)
    order_id = order(house, kari)
    assert told(house.store, order_id) == ("switched-off", str(MOVING), EVENING, 0)
    for future in house.fanout.start(order_id):
        future.result(timeout=10)
    assert not sources[UIO].questions
    found = orders.order(house.store.db, order_id)
    assert found is not None
    assert found.state is OrderState.INCOMPLETE_TEMPORARY
    assert day.sources_down(house.store.db, [UIO]) == []
    assert set(source_health.health(house.store.db)) == {UIB, UIT}


@pytest.fixture
def switching(house: House, monkeypatch: pytest.MonkeyPatch) -> Fanout:
    """A fan-out whose UiO goes off while orders wait."""
    monkeypatch.setattr(house.fanout, "_settings", switched_off(house.settings))
    return house.fanout


def test_an_order_that_waits_does_not_ask_it_either(
    house: House, kari: Person, sources: dict[int, FakeSource], switching: Fanout
) -> None:
    order_id = order(house, kari)
    for future in switching.start(order_id):
        future.result(timeout=10)
    assert not sources[UIO].questions
    assert told(house.store, order_id) == ("switched-off", str(MOVING), EVENING, 0)


def test_one_that_is_switched_on_before_its_time_is_asked_the_same_evening(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    on, house.settings = house.settings, switched_off(house.settings)
    order_id = order(house, kari)
    for future in house.fanout.start(order_id):
        future.result(timeout=10)
    house.fanout.take(house.settings)
    house.fanout.try_again_due()
    assert told(house.store, order_id)[2] == EVENING
    house.fanout.take(on)
    house.fanout.try_again_due()
    house.fanout.settle(10)
    assert len(sources[UIO].questions) == 1
    found = orders.order(house.store.db, order_id)
    assert found is not None
    assert found.state is OrderState.COMPLETE


def came(runner: Runner) -> list[tuple[object, ...]]:
    """What UiO owes: since when a run wanted it, and when it is asked again."""
    return rows_of(runner.store, "SELECT whole_failure, whole_cause, retry_at, attempts FROM fetches WHERE owing")


def test_a_run_does_not_ask_it_and_the_first_one_after_asks_about_everybody_it_owes(runner: Runner) -> None:
    apply(runner.store, 5)
    runner.settings = switched_off(runner.settings)
    run = runner.run()
    assert run.state is RunState.INCOMPLETE
    assert not runner.sources[UIO].questions
    assert runner.came(run)[UIO] == {"people": 5, "asked": 5, "failed": 5}
    assert {source.institution: source.off for source in runs.sources_of(runner.store.db, run.id)} == {
        UIB: None,
        UIO: str(MOVING),
        UIT: None,
    }
    assert came(runner) == [("switched-off", str(MOVING), "2026-12-02T19:00:00.000+00:00", 0)]

    runner.now = NOW + timedelta(days=1)
    meanwhile = runner.run(RunKind.DELTA)
    assert meanwhile.people == 0
    assert len(came(runner)) == 1

    runner.now = EVENING
    after = runner.run(RunKind.DELTA)
    assert runner.came(after)[UIO] == {"people": 5, "asked": 5, "nothing": 5}
    assert came(runner) == []


def test_a_full_run_meanwhile_owes_about_everybody_anew(runner: Runner) -> None:
    apply(runner.store, 5)
    runner.settings = switched_off(runner.settings)
    for _ in range(2):
        runner.run()
    assert len(came(runner)) == 1


def test_a_run_asks_no_more_from_the_moment_on(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.fetching.importing.TELL_SECONDS", 0.0)
    monkeypatch.setattr("webapp.fetching.planning.CHUNK_OF_SINGLES", 1)
    monkeypatch.setattr("webapp.fetching.importing.CHUNK_OF_SINGLES", 1)
    apply(runner.store, 40)
    runner.settings = switched_off(runner.settings, NOW + timedelta(hours=1))
    asked: list[object] = []

    def answer(question: object) -> object:
        asked.append(question)
        if len(asked) == 3:
            runner.now = NOW + timedelta(hours=2)
        return NOTHING

    runner.sources[UIO] = FakeSource(answer)  # type: ignore[arg-type]
    said = runner.came(runner.run())[UIO]
    assert 3 <= said["nothing"] == len(asked) < 40
    assert said["failed"] == 40 - len(asked)


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (NOW, "Slått av av drift til 01.12.: flytter database"),
        (datetime(2026, 12, 1, 8, tzinfo=NOW.tzinfo), "Slått av av drift til kl. 22.00: flytter database"),
        (datetime(2027, 1, 1, 8, tzinfo=NOW.tzinfo), "Slått av av drift til 01.12.2026: flytter database"),
    ],
)
def test_the_line_says_until_when_and_why(settings: Settings, now: datetime, sentence: str) -> None:
    assert off_sentence(str(MOVING), settings.zone, now) == sentence
    assert off_sentence("something else", settings.zone, now) == "Slått av av drift."


def test_a_run_does_not_count_it_among_those_that_were_asked(settings: Settings) -> None:
    run = Run(1, RunKind.FULL, RunState.INCOMPLETE, NOW, "FS154.001", begun_at=NOW, finished_at=NOW, people=5)
    uio = RunSource(UIO, {"nb": "UiO"}, 5, asked=5, failed=5, off=str(MOVING))
    uib = RunSource(UIB, {"nb": "UiB"}, 5, asked=5, nothing=5)
    said = outcome_of(run, [uib, uio], EVENING, settings.zone, NOW)
    assert said.startswith("Spurte 1 institusjon om 5 søkere")
    assert said.endswith("1 institusjon var slått av: UiO.")
