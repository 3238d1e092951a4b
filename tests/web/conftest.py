"""The screens of the small world, through the door."""

from collections.abc import Callable, Iterator
from concurrent.futures import wait

import pytest
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement

from lent_screens import screens_of
from local_accounts import Clock, cheap_hashes, with_accounts
from webapp.fetching.ordering import place
from webapp.house import House
from webapp.intake.applying import take_in_admission, take_in_application
from webapp.model import AdmissionRecord, Alternative, ApplicationRecord, Origin, Person, Purpose
from world import KARI_NUMBER, NOW


@pytest.fixture
def client(house: House) -> Iterator[FlaskClient]:
    app = screens_of(house)
    app.testing = True
    with app.test_client() as client:
        yield client


@pytest.fixture
def fetched(house: House, kari: Person) -> Callable[[], int]:
    """Orders Kari's results, waits until all have answered, and gives the order's id."""

    def fetch() -> int:
        order_id = place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
        wait(house.fanout.start(order_id), timeout=10)
        return order_id

    return fetch


@pytest.fixture
def page(client: FlaskClient, kari: Person) -> Callable[[], HtmlElement]:
    """Kari's page as it is now."""
    return lambda: html.fromstring(client.get(f"/people/{kari.id}").text)


@pytest.fixture
def application(house: House, kari: Person) -> str:
    """Kari's application, with her consent; gives its applicant number."""
    take_in_admission(house.store, house.settings, AdmissionRecord("2027-HØST-NOM", "Samordna opptak", "J"), NOW)
    record = ApplicationRecord(
        "NOM1001",
        KARI_NUMBER,
        "2027-HØST-NOM",
        consent_given_at="2026-11-01T12:00",
        alternatives=(Alternative(1, "MAT-B", "Bachelor i matematikk"), Alternative(3, "FYS-B")),
    )
    take_in_application(house.store, house.settings, record, NOW)
    return record.applicant_number


@pytest.fixture
def clock() -> Clock:
    """The time where people sign in, which a test sets going."""
    return Clock()


@pytest.fixture
def home(house: House, clock: Clock) -> Iterator[House]:
    """The same house with local accounts."""
    with cheap_hashes():
        yield with_accounts(house, clock)
