"""The start page's questions: which sources are down since when, what waits, and the day by its hours."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from webapp.model import Answer, Basis, FetchState, Order, OrderState, Outcome, Person, Purpose
from webapp.store import Store, answers, as_text, day, orders
from world import NOW, UIB, UIO

Ask = Callable[..., int]


@pytest.fixture
def ask(store: Store, kari: Person) -> Ask:
    """Orders Kari's results from UiB at a minute after nine, says what became of it, and gives the order's id."""

    def asked(minute: int, outcome: Outcome = Outcome.NOTHING, seconds: float = 1.0) -> int:
        at = NOW + timedelta(minutes=minute)
        order = Order(0, kari.id, Purpose.RECOGNITION, Basis.STATUTE, at, "kberg", "person", OrderState.OPEN, at, None)
        failed = outcome is Outcome.FAILED
        with store.write() as db:
            order_id = orders.place(db, order, [UIB])
            (fetch,) = orders.queued(db, order_id)
            if outcome is not Outcome.NO_CONSENT:
                orders.claim(db, fetch.id, "here", at)
            answers.record(db, fetch.id, kari.id, Answer(outcome, seconds, failure="timeout" if failed else None), at)
            state, again = (FetchState.FAILED, NOW + timedelta(hours=10)) if failed else (FetchState.DONE, None)
            orders.finish(db, fetch, state, at, again)
        return order_id

    return asked


def down(store: Store) -> list[tuple[str, str | None, float, int]]:
    """Those that are down: name, why, how long they were waited for, and since which minute."""
    return [
        (one.name["nb"], one.failure, one.seconds, (one.since - NOW) // timedelta(minutes=1))
        for one in day.sources_down(store.db, [UIB, UIO])
    ]


def test_a_source_is_down_from_its_first_failure_until_it_answers(store: Store, ask: Ask) -> None:
    ask(0, Outcome.FAILED)
    ask(1)
    assert down(store) == []
    ask(2, Outcome.FAILED, 9.0)
    ask(3, Outcome.FAILED, 10.0)
    assert down(store) == [("Universitetet i Bergen", "timeout", 10.0, 2)]


def test_an_order_that_may_not_ask_a_source_tells_nothing_of_it(store: Store, ask: Ask) -> None:
    ask(0)
    ask(1, Outcome.NO_CONSENT)
    assert down(store) == []
    ask(2, Outcome.FAILED)
    ask(3, Outcome.NO_CONSENT)
    assert down(store) == [("Universitetet i Bergen", "timeout", 1.0, 2)]


def test_what_failed_is_due_when_its_time_has_come(store: Store, ask: Ask) -> None:
    ask(0, Outcome.FAILED)
    hours = [9, 10, 11]
    assert [day.fetches_due(store.db, NOW + timedelta(hours=h)) for h in hours] == [0, 1, 1]


def test_only_my_own_open_orders_are_mine(store: Store, kari: Person, ask: Ask) -> None:
    ask(1)
    with store.write() as db:
        for by in ("kberg", "oli"):
            order = Order(0, kari.id, Purpose.RECOGNITION, Basis.STATUTE, NOW, by, "person", OrderState.OPEN, NOW, None)
            orders.place(db, order, [UIB])
    (mine,) = day.open_orders_by(store.db, "kberg")
    assert (mine["family_name"], mine["placed_at"]) == ("Nordmann", as_text(NOW))


def test_the_day_counts_by_the_hour_from_its_beginning(store: Store, ask: Ask) -> None:
    for minute in (-9, 1, 50, 55):
        ask(minute)
    nine = NOW.replace(minute=0)
    counts = {nine: 1, nine + timedelta(hours=1): 2}
    assert day.orders_by_hour(store.db, NOW) == counts
    assert day.answers_by_hour(store.db, NOW) == counts


def test_answer_times_leave_out_what_was_never_asked(store: Store, ask: Ask) -> None:
    for minute, outcome, seconds in ((0, Outcome.NOTHING, 3.0), (1, Outcome.FOUND, 0.5), (2, Outcome.NO_CONSENT, 0.0)):
        ask(minute, outcome, seconds)
    ((name, seconds_taken),) = day.answer_seconds(store.db, NOW)
    assert (name["nb"], seconds_taken) == ("Universitetet i Bergen", [0.5, 3.0])
