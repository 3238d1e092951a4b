"""The screens of the small world, through the door."""

from collections.abc import Callable, Iterator
from concurrent.futures import wait

import pytest
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement

from webapp.fetching.ordering import place
from webapp.house import House
from webapp.model import Origin, Person, Purpose
from webapp.web.factory import create_app
from world import NOW


@pytest.fixture
def client(house: House) -> Iterator[FlaskClient]:
    app = create_app(house)
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
