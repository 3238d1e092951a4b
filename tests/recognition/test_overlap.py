"""The same course twice in a case is told, and what only looks alike to a machine is not."""

from webapp.model import StoredResult
from webapp.recognition.overlap import overlaps
from world import UIB, UIO, bachelor, course, stored


def two(first: StoredResult, second: StoredResult) -> bool:
    found = overlaps([first, second], {1, 2})
    assert found in ({}, {1: frozenset({2}), 2: frozenset({1})})
    return bool(found)


def test_the_same_code_at_two_institutions_overlaps() -> None:
    assert two(stored(course("MAT 1100"), 1, UIO), stored(course("mat1100", name={"nb": "Annet"}), 2, UIB))


def test_the_same_name_in_another_spelling_overlaps() -> None:
    norwegian = course("A1", name={"nb": "Økonomi – innføring"})
    assert two(stored(norwegian, 1, UIO), stored(course("B1", name={"nn": "OKONOMI innforing"}), 2, UIB))


def test_fysikk_1_is_not_fysikk_2() -> None:
    assert not two(stored(course("A1", name={"nb": "Fysikk 1"}), 1), stored(course("A2", name={"nb": "Fysikk 2"}), 2))


def test_courses_without_code_or_name_are_not_alike() -> None:
    assert not two(stored(course("", name={}), 1), stored(course("", name={}), 2))


def test_two_qualifications_of_the_same_name_are_two() -> None:
    assert not two(stored(bachelor(), 1, UIO), stored(bachelor(), 2, UIB))


def test_only_ticked_courses_overlap() -> None:
    assert overlaps([stored(course("MAT1100"), 1), stored(course("MAT1100"), 2)], {1}) == {}
