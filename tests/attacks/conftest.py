"""Those whom the attacks are made on and by: a house that asks who is there, and who has signed in to it.

One house for all attacks of a file: none of them may change anything in it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import wait
from datetime import timedelta
from unittest.mock import patch

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from signing_in import user_with, with_sign_in
from webapp.config import Settings, SettingsFile
from webapp.fetching import fanout as fanout_module
from webapp.fetching.fanout import Fanout
from webapp.fetching.ordering import place
from webapp.house import House
from webapp.identity import parse
from webapp.institutions import REGISTER
from webapp.model import Origin, Person, Purpose, Role
from webapp.source_settings import ElmoPullSettings
from webapp.store import Store, people, sessions
from webapp.store.institutions import remember
from webapp.web.access import COOKIE
from webapp.web.factory import create_app
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIO, FakeSource, course, found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings = Settings(
        instance=tmp_path_factory.mktemp("attacked"),
        settings=SettingsFile(test_instance=True),
        sources=(ElmoPullSettings(institution=UIO, url="http://127.0.0.1:9"),),
    )
    store = Store(settings.database)
    with store.write() as db:
        remember(db, REGISTER.values())
    answers = {UIO: FakeSource(found(course("BIO100"), number=KARI_NUMBER))}
    with patch.object(fanout_module, "open_sources", lambda _: answers):
        house = House(settings, store, Fanout(store, settings, lambda: NOW), lambda: NOW)
        yield with_sign_in(house)
        house.close()
        store.close()


def _person(house: House, number: str, given_names: str, family_name: str) -> Person:
    with house.store.write() as db:
        person = people.person(db, people.register(db, [parse(number)], given_names, family_name, NOW))
    assert person is not None
    return person


@pytest.fixture(scope="module")
def kari(house: House) -> Person:
    return _person(house, KARI_NUMBER, "Kari", "Nordmann")


@pytest.fixture(scope="module")
def ola(house: House) -> Person:
    return _person(house, OLA_NUMBER, "Ola", "Hansen")


@pytest.fixture(scope="module")
def app(house: House) -> APIFlask:
    return create_app(house)


@pytest.fixture(scope="module")
def signed_in(house: House, app: APIFlask) -> Callable[..., FlaskClient]:
    """A browser of somebody with some roles; with none, of a stranger."""

    def browser(*roles: Role, name: str = "") -> FlaskClient:
        client = app.test_client()
        if roles:
            user = user_with(house, *roles, name=name)
            with house.store.write() as db:
                token = sessions.begin(db, user.id or 0, NOW, NOW + timedelta(hours=8))
            client.set_cookie(COOKIE, token)
        return client

    return browser


@pytest.fixture
def caseworker(signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    return signed_in(Role.CASEWORKER)


@pytest.fixture(scope="module")
def order_id(house: House, kari: Person) -> int:
    """An order about Kari that has been answered."""
    order_id = place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    wait(house.fanout.start(order_id), timeout=10)
    return order_id
