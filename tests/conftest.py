"""An instance of its own for each test, with the people and institutions of the small world."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from lent_screens import give_back
from oauth_server import OAuthServer, oauth_server
from runs import Runner
from webapp.config import Settings, SettingsFile
from webapp.fetching import fanout as fanout_module
from webapp.fetching.fanout import Fanout
from webapp.house import House
from webapp.identity import parse
from webapp.institutions import REGISTER
from webapp.model import Person
from webapp.source_settings import ElmoPullSettings
from webapp.sources import addresses
from webapp.store import Store, people
from webapp.store.institutions import remember
from webapp.web import factory
from world import KARI_NUMBER, NOTHING, NOW, UIB, UIO, UIT, FakeSource

pytest_plugins = ["alone", "no_numbers"]

#: Everybody in the tests is synthetic, in the programs that they start too.
os.environ["EKSTERNSTUDIUM_TEST_INSTANCE"] = "true"
#: Sources of the tests listen on the loopback, which is shut unless a setting opens it.
os.environ["EKSTERNSTUDIUM_NETWORK__ALLOWED_NETWORKS"] = ",".join(map(str, addresses.LOOPBACK))
addresses.OPEN = addresses.LOOPBACK
#: The screens are without the documentation, also where somebody has built it: tests that want it serve it themselves.
factory.site_folder = lambda: None


class BrowserOfOurs(FlaskClient):
    """What a test asks the screens with: a browser on one of our own pages, unless the test says something else."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"


Flask.test_client_class = BrowserOfOurs


class CompiledOnce(BytecodeCache):
    """Keeps what a template was compiled to: else each application of each test would compile its own."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.code


Flask.jinja_options = {"bytecode_cache": CompiledOnce()}


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release of this checkout."""
    folder = tmp_path_factory.mktemp("release")
    build = Path(__file__).parents[1] / "tools" / "release.py"
    subprocess.run([sys.executable, build, folder], check=True)
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation as a site."""
    folder = tmp_path_factory.mktemp("site")
    # Not --quiet: it keeps warnings from being counted, and --strict from failing.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    sources = tuple(ElmoPullSettings(institution=n, url="http://127.0.0.1:9") for n in (UIB, UIO, UIT))
    return Settings(instance=tmp_path / "instance", settings=SettingsFile(test_instance=True), sources=sources)


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database that has institutions and nothing else. To make it takes longer than most tests."""
    store = Store(tmp_path_factory.mktemp("new") / "database")
    with store.write() as db:
        remember(db, REGISTER.values())
    store.close()
    return store.path


@pytest.fixture
def store(settings: Settings, new_database: Path) -> Iterator[Store]:
    settings.database.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(new_database, settings.database)  # with its mode
    store = Store(settings.database)
    yield store
    store.close()


@pytest.fixture(autouse=True)
def lent() -> Iterator[None]:
    """Whose screens a test has, it has for itself."""
    yield
    give_back()


@pytest.fixture
def kari(store: Store) -> Person:
    with store.write() as db:
        person_id = people.register(db, [parse(KARI_NUMBER)], "Kari", "Nordmann", NOW)
        kari = people.person(db, person_id)
    assert kari is not None
    return kari


@pytest.fixture
def sources() -> dict[int, FakeSource]:
    """UiB, UiO and UiT; each has nothing until a test says otherwise."""
    return {number: FakeSource(NOTHING) for number in (UIB, UIO, UIT)}


@pytest.fixture
def house(
    settings: Settings, store: Store, sources: dict[int, FakeSource], monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    monkeypatch.setattr(fanout_module, "open_sources", lambda _: sources)
    house = House(settings, store, Fanout(store, settings, lambda: NOW), lambda: NOW)
    yield house
    house.close()


@pytest.fixture
def runner(store: Store, settings: Settings, sources: dict[int, FakeSource], monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Carries out runs over UiB, UiO and UiT."""
    return Runner(store, settings, sources, monkeypatch)


@pytest.fixture(scope="module")
def issuer() -> Iterator[OAuthServer]:
    """An OAuth server over HTTP."""
    with oauth_server() as server:
        yield server


@pytest.fixture
def oauth(issuer: OAuthServer) -> OAuthServer:
    """An issuer that is as it was at its beginning."""
    issuer.begin_again()
    return issuer
