"""Two caseworkers who press the button for the same person share one order and one set of results."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Barrier

from webapp.config import Settings
from webapp.fetching.ordering import place
from webapp.house import House
from webapp.model import OrderState, Origin, Person, Purpose
from webapp.source_settings import EmrexSettings
from webapp.store import Store, orders, results
from world import NOW, UIO, FakeSource, course, found


def test_two_presses_at_once_are_one_order_and_one_set_of_results(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    together = Barrier(2)

    def press(who: str) -> int:
        together.wait(timeout=10)
        order_id = place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin(who, "person"), NOW)
        together.wait(timeout=10)  # the first order has not ended before the second press
        wait(house.fanout.start(order_id), timeout=10)
        return order_id

    with ThreadPoolExecutor(2) as caseworkers:
        first, second = caseworkers.map(press, ["kberg", "ohansen"])
    order = orders.order(house.store.db, first)
    assert first == second
    assert order and order.state is OrderState.COMPLETE
    assert len(sources[UIO].questions) == 1
    assert [len(study.results) for study in results.studies_of(house.store.db, kari.id)] == [1]


def test_a_press_does_not_join_an_order_that_asks_only_some_of_the_institutions(
    store: Store, settings: Settings, kari: Person
) -> None:
    origin = Origin("berg", "person")
    some = place(store, settings, kari, Purpose.RECOGNITION, origin, NOW, only={UIO})
    everyone = place(store, settings, kari, Purpose.RECOGNITION, origin, NOW)
    assert everyone != some
    assert place(store, settings, kari, Purpose.RECOGNITION, origin, NOW) == everyone
    assert place(store, settings, kari, Purpose.RECOGNITION, origin, NOW, only={UIO}) in (some, everyone)


def test_a_portal_is_not_asked(store: Store, settings: Settings, kari: Person) -> None:
    """Its students deliver themselves."""
    portal = EmrexSettings(institution=9900, registry="registry.xml")
    with_portal = settings.model_copy(update={"sources": (*settings.sources, portal)})
    order_id = place(store, with_portal, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    asked = {line.fetch.institution for line in orders.lines_of(store.db, order_id)}
    assert asked == {source.institution for source in settings.sources}
