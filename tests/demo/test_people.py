from datetime import date
from itertools import islice

from webapp.demo import DEMO_PERSON, PEOPLE, demo_people
from webapp.demo.people import NAMED, SOMEBODY_ELSE, DemoPerson
from webapp.identity import Kind, parse

EVERYBODY = demo_people()


def test_there_are_three_thousand_people_the_named_ones_first() -> None:
    assert len(EVERYBODY) == PEOPLE == 3000
    assert EVERYBODY[: len(NAMED)] == NAMED


def test_every_number_is_valid_synthetic_and_of_month_plus_eighty() -> None:
    for person in (*EVERYBODY, SOMEBODY_ELSE):
        for identifier in map(parse, person.identifiers):
            assert (identifier.synthetic, identifier.birth_date) == (True, person.birth_date)
            assert 81 <= int(identifier.number[2:4]) <= 92


def test_no_number_belongs_to_two_people() -> None:
    numbers = [number for person in (*EVERYBODY, SOMEBODY_ELSE) for number in person.identifiers]
    assert len(set(numbers)) == len(numbers)


def test_some_had_a_d_number_before_the_number_they_have_now() -> None:
    changed = [person for person in EVERYBODY if len(person.identifiers) == 2]
    kinds = {tuple(parse(number).kind for number in person.identifiers) for person in changed}
    assert kinds == {(Kind.FODSELSNUMMER, Kind.D_NUMMER)}
    assert 100 < len(changed) < 250


def test_the_same_seed_gives_the_same_people_and_more_of_them_begin_alike() -> None:
    assert demo_people(count=50) == tuple(islice(EVERYBODY, 50))


def test_another_seed_gives_other_people_beside_the_named() -> None:
    others = demo_people(seed=7, count=50)
    assert others[: len(NAMED)] == NAMED
    assert set(others[len(NAMED) :]).isdisjoint(EVERYBODY)


def test_the_demo_person_is_always_the_same() -> None:
    solveig = DemoPerson(("24887649975", "64887649969"), "Solveig Marie", "Hætta", date(1976, 8, 24))
    assert solveig == DEMO_PERSON
