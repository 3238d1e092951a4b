"""Results that every protocol carries, field by field."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from webapp.identity import make_synthetic
from webapp.model import (
    Category,
    Identifier,
    Institution,
    Learner,
    Level,
    Result,
    Season,
    Study,
    Term,
    Transcript,
)
from world import KARI_NUMBER, UIO

FORMER_NUMBER = make_synthetic(date(1998, 5, 3), 0, d_number=True)
_EQF6 = Level("EQF", "6")
DEGREE = Result(
    Category.QUALIFICATION,
    "BIO3",
    name={"nb": "Bachelor i biologi", "nn": "Bachelor i biologi", "en": "Bachelor of Biology"},
    date=date(2021, 6, 20),
    credits=Decimal(180),
    credit_scheme="ECTS",
    level=_EQF6,
    nus="641101",
)
COURSE = Result(
    Category.COURSE,
    "BIO100",
    version="1",
    name={"nb": "Innføring i biologi", "nn": "Innføring i biologi", "en": "Introduction to Biology"},
    term=Term(2019, Season.AUTUMN),
    credits=Decimal(10),
    credit_scheme="ECTS",
    grade="B",
    grading_scheme="30",
    level=_EQF6,
)
THESIS = replace(
    COURSE,
    code="BIO4900",
    name={"nb": "Masteroppgave", "en": "Master's thesis"},
    thesis_title={"nb": "Lav på Hardangervidda", "en": "Lichens of Hardangervidda"},
    term=Term(2022, Season.SPRING),
    credits=Decimal("60"),
    level=Level("EQF", "7"),
)
VEKTTALL = replace(COURSE, code="EXPHIL", term=Term(1999, Season.SPRING), credits=Decimal(5), credit_scheme="vekttall")
HALF = replace(COURSE, code="BIO200", credits=Decimal("7.5"), grade="Bestått", grading_scheme="38")


def told(*results: Result, number: str = KARI_NUMBER, **more: object) -> Transcript:
    """What UiO says of Kari, or of somebody else under that number."""
    numbers = (number, FORMER_NUMBER) if number == KARI_NUMBER else (number,)
    learner = Learner(
        tuple(Identifier("nationalIdentifier", each) for each in numbers), "Kari", "Nordmann", date(1998, 5, 3)
    )
    return Transcript(learner, (Study(Institution(UIO), results),), **more)  # type: ignore[arg-type]
