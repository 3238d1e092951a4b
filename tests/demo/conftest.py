"""A small demo network on disk, and served without its delays."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.demo import Addresses, prepare_network, running_network

SMALL = 40


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare_network(tmp_path_factory.mktemp("demo"), people=SMALL)


@pytest.fixture(scope="session")
def addresses(network: Path) -> Iterator[Addresses]:
    with running_network(network, latency_scale=0) as addresses:
        yield addresses
