"""The shelf: what is put there is found again, by each of its numbers, at its own institution."""

import gzip
import sqlite3
from pathlib import Path

import pytest

from webapp.institutions import REGISTER
from webapp.model import Institution
from webapp.provider.shelf import Holding, Shelf
from world import KARI_NUMBER, OLA_NUMBER, UIB, UIO


def found(shelf: Shelf, institution: int, *numbers: str) -> dict[str, bytes]:
    entries = shelf.entries(institution, numbers)
    return {number: gzip.decompress(shelf.compressed(entry)) for number, entry in entries.items()}


@pytest.fixture
def bare(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "bare.sqlite")
    for number in (UIB, UIO):
        shelf.add_institution(REGISTER[number])
    return shelf


def test_a_document_is_found_by_each_of_its_numbers(bare: Shelf) -> None:
    bare.put(UIO, [KARI_NUMBER, "41827000001"], b"<a/>", etag="1")
    assert found(bare, UIO, KARI_NUMBER, "41827000001", OLA_NUMBER) == {
        KARI_NUMBER: b"<a/>",
        "41827000001": b"<a/>",
    }
    bare.close()


def test_a_new_shelf_is_for_its_owner_alone(bare: Shelf, tmp_path: Path) -> None:
    bare.put(UIO, [KARI_NUMBER], b"<a/>", etag="1")
    assert [file.name for file in tmp_path.iterdir() if file.stat().st_mode & 0o077] == []
    bare.close()


def test_a_document_takes_the_place_of_the_former_one(bare: Shelf) -> None:
    bare.put(UIO, [KARI_NUMBER, "41827000001"], b"<a/>", etag="1")
    bare.put(UIO, [KARI_NUMBER], b"<b/>", etag="2")
    assert found(bare, UIO, KARI_NUMBER, "41827000001") == {KARI_NUMBER: b"<b/>"}
    bare.close()


def test_institutions_do_not_see_each_others_documents(bare: Shelf) -> None:
    bare.put_many([Holding(UIO, [KARI_NUMBER], b"<a/>", "1"), Holding(UIB, [KARI_NUMBER], b"<b/>", "1")])
    assert [found(bare, number, KARI_NUMBER)[KARI_NUMBER] for number in (UIO, UIB)] == [b"<a/>", b"<b/>"]
    bare.close()


def test_many_are_put_or_none(bare: Shelf) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        bare.put_many([Holding(UIO, [KARI_NUMBER], b"<a/>", "1"), Holding(9999, [OLA_NUMBER], b"<a/>", "1")])
    assert found(bare, UIO, KARI_NUMBER) == {}
    bare.close()


def test_an_institution_may_change_its_mind(bare: Shelf) -> None:
    bare.put(UIO, [KARI_NUMBER], b"<a/>", etag="1")
    bare.add_institution(REGISTER[UIO], exchanges=False, batch=7)
    sharer = bare.sharers()[1]
    assert (sharer.number, sharer.shares, sharer.batch) == (UIO, False, 7)
    assert KARI_NUMBER in found(bare, UIO, KARI_NUMBER)
    bare.close()


def test_an_institution_without_a_number_has_no_place(bare: Shelf) -> None:
    with pytest.raises(ValueError, match="needs a number"):
        bare.add_institution(Institution(None))
    bare.close()


def test_a_shelf_is_recognised_and_nothing_else(shelf: Shelf, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other.sqlite")
    other.execute("CREATE TABLE institutions (number)")
    other.close()
    (tmp_path / "text").write_text("hei")
    names = ["shelf.sqlite", "other.sqlite", "text", "absent"]
    assert [Shelf.recognises(tmp_path / name) for name in names] == [True, False, False, False]
