import pytest

from webapp.demo.catalogue import COMMON_COURSES, SUBJECTS
from webapp.demo.roster import BEHAVIOURS, FIRST_FICTIVE, SCHOOLS, Behaviour, School
from webapp.institutions import REGISTER


def test_there_are_fifty_institutions_all_living_numbered_ones_among_them() -> None:
    alive = {number for number, institution in REGISTER.items() if institution.merged_into is None}
    fictive = {number for number in SCHOOLS if number not in REGISTER}
    assert len(SCHOOLS) == 50
    assert set(SCHOOLS) == alive | fictive
    assert fictive == set(range(FIRST_FICTIVE, FIRST_FICTIVE + 18))


def test_every_institution_has_a_name_and_a_domain_of_its_own() -> None:
    assert len({school.institution.schac for school in SCHOOLS.values()}) == 50
    assert len({school.institution.name["nb"] for school in SCHOOLS.values()}) == 50


def test_each_odd_behaviour_has_an_institution() -> None:
    assert sorted(BEHAVIOURS.values()) == sorted(Behaviour)
    assert set(BEHAVIOURS) <= set(SCHOOLS)


@pytest.mark.parametrize(
    ("school", "subject", "number", "code"),
    [
        (185, "INF", "2010", "IN2010"),
        (194, "INF", "1100", "TDT4100"),
        (194, "PSY", "1010", "PSY1010"),
        (186, "MAT", "1100", "MAT-1100"),
        (203, "SYK", "1001", "SYK100"),
        (215, "SYK", "1001", "SYKHB1001"),
        (224, "INF", "1000", "ITF10001"),
        (185, "EX", "EXPHIL03", "EXPHIL03"),
    ],
)
def test_a_code_is_written_as_the_institution_writes_it(school: int, subject: str, number: str, code: str) -> None:
    assert SCHOOLS[school].code(subject, number) == code


@pytest.mark.parametrize("school", SCHOOLS.values(), ids=lambda school: str(school.number))
def test_no_code_means_two_courses_at_an_institution(school: School) -> None:
    taught = [course for key in school.subjects for course in SUBJECTS[key].courses]
    codes = [school.code(course.subject, course.number) for course in (*taught, *COMMON_COURSES)]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("key", SUBJECTS)
def test_every_subject_leads_to_a_bachelor_and_to_a_master(key: str) -> None:
    courses = SUBJECTS[key].courses
    levels = [course.master_level for course in courses]
    assert (levels.count(False) >= 4, levels.count(True) >= 1, bool(SUBJECTS[key].theses)) == (True, True, True)
