from collections import Counter

import pytest

from webapp.demo import DEMO_PERSON, SEED, demo_people
from webapp.demo.people import DOCTOR, NEWCOMER, NURSE, SOMEBODY_ELSE, VETERAN, DemoPerson
from webapp.demo.plans import LAST_YEAR
from webapp.demo.roster import BEHAVIOURS, Behaviour
from webapp.demo.transcripts import transcripts_of
from webapp.model import Category, Result

DEMO = dict(transcripts_of(DEMO_PERSON, SEED))
ODD = {number for number in DEMO if number in BEHAVIOURS}
PEOPLE = demo_people(count=400)


def results(person: DemoPerson) -> list[Result]:
    return [r for _, transcript in transcripts_of(person, SEED) for s in transcript.studies for r in s.results]


def test_the_demo_person_has_results_at_seven_institutions_that_answer_as_they_should() -> None:
    assert set(DEMO) - ODD == {184, 185, 186, 194, 203, 215, 9012}
    assert {BEHAVIOURS[number] for number in ODD} == {Behaviour.NO_CONSENT, Behaviour.SOMEBODY_ELSE}


def test_the_demo_persons_results_show_everything() -> None:
    rows = [r for number in set(DEMO) - ODD for study in DEMO[number].studies for r in study.results]
    assert {row.category for row in rows} >= {Category.QUALIFICATION, Category.COURSE}
    assert {row.credit_scheme for row in rows} == {"ECTS", "vekttall"}
    assert {row.parent is None for row in rows if row.category is Category.COURSE} == {True, False}
    assert sum(bool(row.thesis_title) for row in rows) == 1


def test_a_merged_institutions_results_come_from_what_it_has_become() -> None:
    assert [study.institution.number for study in DEMO[203].studies] == [216, 203]


def test_one_institution_mixes_people_up() -> None:
    learner = DEMO[54].learner
    assert [identifier.value for identifier in learner.identifiers] == [SOMEBODY_ELSE.number]


@pytest.mark.parametrize(
    ("person", "qualifications"),
    [
        (NEWCOMER, []),
        (NURSE, ["BA-SYKHB"]),
        (VETERAN, ["CANDMAG"]),
        (DOCTOR, ["BA-BIO", "MA-BIO", "PHD"]),
    ],
)
def test_the_named_people_have_what_their_names_promise(person: DemoPerson, qualifications: list[str]) -> None:
    found = [row.code for row in results(person) if row.category is Category.QUALIFICATION]
    assert found == qualifications


def test_most_have_studied_at_one_to_three_institutions() -> None:
    counts = Counter(len(list(transcripts_of(person, SEED))) for person in PEOPLE[5:])
    assert set(counts) == {0, 1, 2, 3}
    assert counts[1] + counts[2] + counts[3] > 0.8 * counts.total()


def test_nobody_has_results_from_the_future() -> None:
    years = [row.term.year for person in PEOPLE for row in results(person) if row.term]
    assert 1980 < min(years) < max(years) <= LAST_YEAR


def test_the_same_seed_gives_the_same_transcripts_and_another_gives_others() -> None:
    def said(seed: int) -> list[object]:
        return [list(transcripts_of(person, seed)) for person in PEOPLE[:20]]

    assert said(SEED) == said(SEED) != said(SEED + 1)
