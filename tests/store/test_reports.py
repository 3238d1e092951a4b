"""Reports of new results in the store: one that is open, one that was taken back, one that an order took."""

from datetime import timedelta

from webapp.model import Basis, NewResultsReport, Order, OrderState, Person, Purpose
from webapp.store import Store, orders, reports
from world import NOW


def wish(person: Person, place: str = "person") -> NewResultsReport:
    return NewResultsReport(0, person.id, None, None, NOW, "kberg", place)


def test_a_report_is_read_as_it_was_written(store: Store, kari: Person) -> None:
    with store.write() as db:
        report_id = reports.add(db, wish(kari))
    assert reports.report(store.db, report_id) == NewResultsReport(
        id=report_id,
        person_id=kari.id,
        application=None,
        case_id=None,
        reported_at=NOW,
        registered_by="kberg",
        place="person",
    )
    assert reports.report(store.db, report_id + 1) is None


def test_the_newest_report_stands_first(store: Store, kari: Person) -> None:
    with store.write() as db:
        first, second = reports.add(db, wish(kari)), reports.add(db, wish(kari, "api"))
    assert [report.id for report in reports.reports_of(store.db, kari.id)] == [second, first]
    assert reports.reports_of(store.db, kari.id + 1) == []


def test_an_order_settles_what_is_open_and_nothing_that_came_before(store: Store, kari: Person) -> None:
    later = NOW + timedelta(hours=1)
    order = Order(0, kari.id, Purpose.RECOGNITION, Basis.STATUTE, NOW, "kberg", "person", OrderState.OPEN, NOW, None)
    with store.write() as db:
        report_id = reports.add(db, wish(kari))
        order_ids = [orders.place(db, order, []) for _ in range(2)]
        reports.settle(db, kari.id, order_ids[0], NOW)
        reports.settle(db, kari.id, order_ids[1], later)
    report = reports.report(store.db, report_id)
    assert report is not None
    assert (report.order_id, report.settled_at, report.order_state) == (order_ids[0], NOW, OrderState.OPEN)
    assert reports.open_report(store.db, kari.id, None, None) is None


def test_only_an_open_report_is_taken_back(store: Store, kari: Person) -> None:
    order = Order(0, kari.id, Purpose.RECOGNITION, Basis.STATUTE, NOW, "kberg", "person", OrderState.OPEN, NOW, None)
    with store.write() as db:
        report_id = reports.add(db, wish(kari))
        assert reports.withdraw(db, report_id)
        assert not reports.withdraw(db, report_id)
        settled = reports.add(db, wish(kari))
        reports.settle(db, kari.id, orders.place(db, order, []), NOW)
        assert not reports.withdraw(db, settled)
    assert [report.id for report in reports.reports_of(store.db, kari.id)] == [settled]
