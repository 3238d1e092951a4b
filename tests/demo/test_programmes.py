from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from webapp.demo import before_reform, programmes
from webapp.demo.chance import chance
from webapp.demo.plans import Programme
from webapp.demo.record import Record
from webapp.demo.roster import SCHOOLS
from webapp.model import Category, Level, Result, Season, Term

PROGRAMMES = (
    programmes.bachelor,
    programmes.master,
    programmes.one_year,
    programmes.single_courses,
    programmes.doctorate,
    before_reform.cand_mag,
)


def rows(programme: Programme, school: int = 185, subject: str = "INF", luck: object = 1) -> list[Result]:
    record = Record(SCHOOLS[school], chance("test", luck))
    programme(record, subject, 2010)
    return record.rows


def many(programme: Programme, **where: object) -> Iterator[Result]:
    """The rows of fifty students."""
    for luck in range(50):
        yield from rows(programme, luck=luck, **where)  # type: ignore[arg-type]


def test_a_bachelor_is_a_degree_of_180_credits_with_as_many_in_courses() -> None:
    degree, *courses = rows(programmes.bachelor, luck=2)
    assert degree.date is not None
    assert degree == Result(
        Category.QUALIFICATION,
        "BA-IN",
        name={"nb": "Bachelor i informatikk", "en": "Bachelor's Degree in Informatics"},
        term=Term(2013, Season.SPRING),
        date=date(2013, 6, degree.date.day),
        credits=Decimal(180),
        credit_scheme="ECTS",
        level=Level("EQF", "6"),
        nus="654101",
    )
    assert {course.parent for course in courses} == {0}
    assert sum(course.credits or 0 for course in courses) == 180


def test_a_master_ends_with_a_thesis_that_has_a_title_in_norwegian_and_english() -> None:
    thesis = rows(programmes.master)[-1]
    assert (thesis.code, thesis.name["nb"], thesis.credits) == ("IN4990", "Masteroppgave", Decimal(60))
    assert set(thesis.thesis_title) == {"nb", "en"}


def test_a_doctor_has_the_title_of_the_thesis_on_the_degree() -> None:
    degree = rows(programmes.doctorate)[0]
    assert (degree.code, degree.level, degree.nus) == ("PHD", Level("EQF", "8"), "854101")
    assert degree.thesis_title


def test_a_degree_from_before_the_reform_has_vekttall_and_no_courses_below_it() -> None:
    degree, *courses = rows(before_reform.cand_mag, subject="HIS")
    assert (degree.credits, degree.credit_scheme) == (Decimal(80), "vekttall")
    assert [(c.code, c.credits, c.parent) for c in courses] == [
        ("EXPHIL", Decimal(5), None),
        ("HIS-GR", Decimal(20), None),
        ("HIS-ML", Decimal(10), None),
    ]
    assert all(1.0 <= float(course.grade or 0) <= 4.0 for course in courses)


def test_single_courses_belong_to_nothing() -> None:
    assert {row.parent for row in many(programmes.single_courses)} == {None}


def test_a_nynorsk_institution_names_its_courses_in_nynorsk() -> None:
    degree = rows(programmes.bachelor, school=203, subject="SYK")[0]
    assert degree.name == {"nn": "Bachelor i sjukepleie", "en": "Bachelor's Degree in Nursing"}


def test_the_vocational_college_gives_vocational_credits() -> None:
    found = rows(programmes.vocational, school=9018, subject="BYG")
    assert {(row.level, row.credit_scheme) for row in found} == {(Level("EQF", "5"), "fagskolepoeng")}


def test_nursing_has_practice_and_some_have_groups_and_terms_abroad() -> None:
    categories = {row.category for row in many(programmes.bachelor, school=215, subject="SYK")}
    assert categories == set(Category)


def test_grades_are_of_several_kinds_and_all_passed() -> None:
    grades = {row.grade for row in many(programmes.bachelor) if row.category is Category.COURSE}
    assert grades == {"A", "B", "C", "D", "E", "Bestått", "Godkjent", "Innpasset"}


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_every_row_stands_below_its_parent_and_every_code_once(programme: Programme) -> None:
    found = rows(programme)
    assert all(row.parent is None or row.parent < place for place, row in enumerate(found))
    codes = [row.code for row in found if row.code]
    assert len(set(codes)) == len(codes)
