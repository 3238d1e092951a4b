"""The JSON of a transcript has every key, and null where nothing was said."""

from datetime import date
from decimal import Decimal

from webapp.model import (
    Category,
    Finding,
    Identifier,
    Institution,
    Learner,
    LeftOut,
    LeftOutReason,
    Level,
    Result,
    Season,
    Study,
    Term,
    Transcript,
)
from webapp.sources.elmo import transcript_json

NOTHING = {
    "code": None,
    "version": None,
    "name": {"nb": None, "nn": None, "en": None},
    "thesis_title": None,
    "term": None,
    "date": None,
    "credits": None,
    "credit_scheme": None,
    "grade": None,
    "grading_scheme": None,
    "level": None,
    "nus": None,
    "parent": None,
}


def test_a_transcript_has_the_shape_that_the_command_line_promises():
    degree = Result(Category.QUALIFICATION, name={"fi": "Maisteri"})
    course = Result(
        Category.COURSE,
        code="INF4000",
        version="1",
        name={"nb": "Testing", "se": "Geahččalus"},
        thesis_title={"en": "Cod"},
        term=Term(2020, Season.AUTUMN, derived=True),
        date=date(2020, 12, 1),
        credits=Decimal("10.000"),
        credit_scheme="ECTS",
        grade="A",
        grading_scheme="30",
        level=Level("EQF", "7"),
        nus="754115",
        parent=0,
    )
    transcript = Transcript(
        Learner((Identifier("esi", "urn:x"),), "Kari", None, date(1990, 1, 1)),
        (Study(Institution(185, {"nb": "UiO"}, "uio.no", "N OSLO01"), (degree, course)),),
        (LeftOut("MAT1", {"nb": "Matte"}, LeftOutReason.IN_PROGRESS),),
        (Finding("unreadable-date", "/elmo", "x"),),
    )
    assert transcript_json(transcript) == {
        "learner": {
            "identifiers": [{"type": "esi", "value": "urn:x"}],
            "given_names": "Kari",
            "family_name": None,
            "birth_date": "1990-01-01",
        },
        "studies": [
            {
                "institution": {
                    "number": 185,
                    "schac": "uio.no",
                    "erasmus": "N OSLO01",
                    "name": {"nb": "UiO", "nn": None, "en": None},
                },
                "results": [
                    NOTHING
                    | {
                        "category": "KVALIFIKASJON",
                        "name": {"nb": None, "nn": None, "en": None, "fi": "Maisteri"},
                    },
                    {
                        "category": "EMNE",
                        "code": "INF4000",
                        "version": "1",
                        "name": {"nb": "Testing", "nn": None, "en": None, "se": "Geahččalus"},
                        "thesis_title": {"nb": None, "nn": None, "en": "Cod"},
                        "term": {"year": 2020, "season": "HØST", "derived": True},
                        "date": "2020-12-01",
                        "credits": "10.000",
                        "credit_scheme": "ECTS",
                        "grade": "A",
                        "grading_scheme": "30",
                        "level": "7",
                        "nus": "754115",
                        "parent": "Maisteri",
                    },
                ],
            }
        ],
        "left_out": [{"code": "MAT1", "name": {"nb": "Matte", "nn": None, "en": None}, "reason": "in-progress"}],
        "findings": [{"code": "unreadable-date", "path": "/elmo", "text": "x"}],
    }


def test_nothing_at_all_is_null_and_empty_lists():
    assert transcript_json(Transcript(Learner())) == {
        "learner": {"identifiers": [], "given_names": None, "family_name": None, "birth_date": None},
        "studies": [],
        "left_out": [],
        "findings": [],
    }
