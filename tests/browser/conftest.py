"""Debian's Chromium on the screens of the small world."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from browser_gates import Gate
from local_accounts import Clock, with_accounts
from serving import screens_served
from webapp.house import House
from webapp.web.factory import create_app
from world import FakeSource

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def gates(sources: dict[int, FakeSource]) -> Iterator[dict[int, Gate]]:
    """A gate before each institution; those still shut at the end are opened."""
    gates = {number: Gate() for number in sources}
    for number, source in sources.items():
        source.answer = gates[number]
    yield gates
    for gate in gates.values():
        gate.opened.set()


@pytest.fixture
def address(house: House, gates: dict[int, Gate]) -> Iterator[str]:
    with screens_served(create_app(house)) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(house: House, clock: Clock) -> House:
    """A house with local accounts."""
    return with_accounts(house, clock)


@pytest.fixture
def served(home: House) -> Iterator[str]:
    with screens_served(create_app(home)) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, started once."""
    program = shutil.which("chromium-headless-shell")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("No Chromium, and with CI=true it must be there: apt-get install chromium-headless-shell")
        pytest.skip("Chromium is not installed: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that remembers nothing."""
    with chromium.new_context(viewport={"width": 1280, "height": 800}, locale="nb-NO") as context:
        page = context.new_page()
        page.set_default_timeout(15_000)
        yield page
