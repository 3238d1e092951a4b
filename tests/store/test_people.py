"""People are found by number, by name and by birth date."""

from datetime import date

import pytest

from webapp.identity import parse
from webapp.model import Person
from webapp.store import Store, people
from world import KARI_NUMBER, NOW, OLA_NUMBER


@pytest.fixture
def bjorn(store: Store) -> Person:
    with store.write() as db:
        person_id = people.register(db, [parse(OLA_NUMBER)], "Bjørn Åge", "Sætre Lie", NOW)
        found = people.person(db, person_id)
    assert found is not None
    return found


def test_a_person_is_found_by_a_former_number(store: Store) -> None:
    with store.write() as db:
        person_id = people.register(db, [parse(KARI_NUMBER), parse(OLA_NUMBER)], "Kari", "Nordmann", NOW)
    found = people.person_with_number(store.db, OLA_NUMBER)
    assert found == Person(person_id, (KARI_NUMBER, OLA_NUMBER), "Kari", "Nordmann", date(1998, 5, 3))


@pytest.mark.parametrize("written", ["sætre", "Saetre bjo", "LIE", "bjørn sætre", "Åge", "age lie"])
def test_a_name_is_found_by_the_beginnings_of_its_words(
    store: Store, bjorn: Person, kari: Person, written: str
) -> None:
    assert people.people_named(store.db, written) == [bjorn]


@pytest.mark.parametrize("written", ["ætre", "%", "_", "", "bjørn hansen"])
def test_what_is_not_the_beginning_of_a_name_finds_nobody(store: Store, bjorn: Person, written: str) -> None:
    assert people.people_named(store.db, written) == []


def test_a_person_is_found_by_birth_date(store: Store, bjorn: Person, kari: Person) -> None:
    assert people.people_born(store.db, date(1998, 5, 3)) == [kari]


def test_a_name_that_is_known_is_not_replaced(store: Store, kari: Person) -> None:
    with store.write() as db:
        people.complete_name(db, kari.id, "Karianne", "Hansen")
    assert people.person(store.db, kari.id) == kari
