"""Whether an answer is about the person who was asked about."""

from dataclasses import replace
from datetime import date

import pytest

from webapp.fetching.matching import compare
from webapp.model import Identifier, Learner, Person
from world import KARI_NUMBER, OLA_NUMBER

KARI = Person(1, (KARI_NUMBER,), "Kari Anne", "Sætre", date(1998, 5, 3))
ANSWER = Learner((), "Kari", "SAETRE", date(1998, 5, 3))


def with_number(number: str) -> Learner:
    return replace(ANSWER, identifiers=(Identifier("nationalIdentifier", number),))


@pytest.mark.parametrize(
    ("learner", "same"),
    [
        (with_number(KARI_NUMBER), True),
        (replace(with_number(KARI_NUMBER), family_name="Hansen", birth_date=None), True),
        (with_number(OLA_NUMBER), False),
        (ANSWER, True),
        (replace(ANSWER, birth_date=date(1998, 3, 5)), False),
        (replace(ANSWER, birth_date=None), False),
        (replace(ANSWER, family_name="Hansen"), False),
        (replace(ANSWER, given_names="Ola"), False),
        (Learner(), False),
    ],
)
def test_a_number_decides_and_without_one_birth_date_and_name_must_agree(learner: Learner, same: bool) -> None:
    assert compare(KARI, learner).same is same


@pytest.mark.parametrize(
    ("learner", "score"),
    [
        (ANSWER, 5),
        (replace(ANSWER, given_names="Kari Anne"), 0),
        (replace(ANSWER, given_names="Kari Anna"), 1),
        (replace(ANSWER, given_names="Kari Anne", birth_date=None), 100),
        (replace(ANSWER, given_names="Kari Anne", family_name="Sæthre"), 1),
        (Learner(), 115),
    ],
)
def test_a_score_tells_how_far_apart_birth_date_and_names_are(learner: Learner, score: int) -> None:
    assert compare(KARI, learner).score == score


def test_what_agrees_is_told_whatever_the_number_says() -> None:
    assert compare(KARI, with_number(OLA_NUMBER)).agrees == ("Fødselsdatoen stemmer.", "Navnet stemmer.")
    assert compare(KARI, with_number(KARI_NUMBER)).agrees[0] == "Nummeret er personens."


def test_another_countrys_number_of_eleven_digits_decides_nothing() -> None:
    assert compare(KARI, with_number("83041200000")).same
    assert not compare(KARI, replace(with_number("83041200000"), family_name="Kowalski")).same


def test_an_answer_about_a_former_number_is_about_the_person() -> None:
    renumbered = replace(KARI, identifiers=(OLA_NUMBER, KARI_NUMBER))
    assert compare(renumbered, with_number(KARI_NUMBER)).same
