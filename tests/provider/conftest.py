"""A shelf with two institutions: UiO shares what it has on Kari, UiB needs consents."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from webapp.institutions import REGISTER
from webapp.provider import create_provider
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import meaning_digest, write
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO, course, transcript

FORMER_NUMBER = "41827000001"
KARIS = transcript(course("INF1000"))


@pytest.fixture
def document() -> bytes:
    return write(KARIS, NOW)


@pytest.fixture
def etag() -> str:
    return meaning_digest(KARIS)


@pytest.fixture
def shelf(tmp_path: Path, document: bytes, etag: str) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "shelf.sqlite")
    shelf.add_institution(REGISTER[UIO], batch=3)
    shelf.put(UIO, [KARI_NUMBER, FORMER_NUMBER], document, etag=etag)
    yield shelf
    shelf.close()


@pytest.fixture
def two(shelf: Shelf, document: bytes) -> Shelf:
    """The same shelf with UiB on it: Kari has consented there, Ola has not."""
    shelf.add_institution(REGISTER[UIB], requires_consent=True)
    shelf.put(UIB, [KARI_NUMBER], document, etag="kari")
    shelf.put(UIB, [OLA_NUMBER], document, etag="ola", consent=False)
    return shelf


@pytest.fixture
def client(shelf: Shelf) -> FlaskClient:
    return create_provider(shelf).test_client()
