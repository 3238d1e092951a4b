"""An ELMO file as a shelf: shared as it is, found by the numbers in it."""

import base64
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from webapp.errors import Refusal
from webapp.model import Identifier, Learner, Transcript
from webapp.provider.elmo_file import put_file
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import write
from world import KARI_NUMBER, NOW

REAL_FILES = Path(__file__).parents[3] / "shared" / "elmo"


@pytest.fixture
def empty(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "empty.sqlite")


def held(shelf: Shelf, institution: int, number: str) -> bytes:
    return gzip.decompress(shelf.compressed(shelf.entries(institution, [number])[number]))


@pytest.mark.parametrize(
    "wrap",
    [bytes, gzip.compress, base64.encodebytes, lambda data: base64.encodebytes(gzip.compress(data))],
    ids=["XML", "gzip", "base64", "EMREX"],
)
def test_a_file_in_any_wrapping_is_shared_as_it_is(
    wrap: Callable[[bytes], bytes], empty: Shelf, document: bytes
) -> None:
    put_file(empty, wrap(document))
    assert held(empty, 185, KARI_NUMBER) == document
    empty.close()


def test_a_lost_leading_zero_comes_back(empty: Shelf) -> None:
    learner = Learner((Identifier("nationalIdentifier", "1859712345"), Identifier("esi", "12345678901")))
    document = write(Transcript(learner), NOW)
    put_file(empty, document, institution=185)
    assert held(empty, 185, "01859712345") == document
    assert empty.entries(185, ["12345678901"]) == {}
    empty.close()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"hei", "Filen er verken"),
        (b"<html/>", "Filen er verken"),
        (write(Transcript(Learner((Identifier("nationalIdentifier", KARI_NUMBER),))), NOW), "--institution"),
        (write(Transcript(Learner()), NOW), "fødselsnummer"),
    ],
)
def test_a_file_that_cannot_be_shared_is_refused(data: bytes, sentence: str, empty: Shelf) -> None:
    with pytest.raises(Refusal, match=sentence):
        put_file(empty, data)
    assert empty.sharers() == []
    empty.close()


@pytest.mark.skipif(not REAL_FILES.is_dir(), reason="the real files of ../shared/elmo are not here")
def test_the_norwegian_files_can_be_shared(empty: Shelf) -> None:
    for file in REAL_FILES.glob("no-*"):
        put_file(empty, file.read_bytes())
    assert [sharer.number for sharer in empty.sharers()] == [185]
    empty.close()
