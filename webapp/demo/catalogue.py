"""The courses, programmes and theses of the demo network; like real ones, and no complete catalogue of any."""

from dataclasses import dataclass
from decimal import Decimal

from webapp.demo.tables import rows
from webapp.model import Text

#: The subject of the courses that every institution has.
COMMON = "EX"


@dataclass(frozen=True)
class Course:
    """A course. `number`: four digits, of which the first is 4 on master level, or a whole code."""

    subject: str
    number: str
    credits: Decimal
    name: Text

    @property
    def master_level(self) -> bool:
        """Whether it belongs to a master's degree."""
        return self.number.startswith("4")


@dataclass(frozen=True)
class Subject:
    """What can be studied. `nus`: the last five digits of its codes in NUS2000, the first of six being the level;
    `field`: its name in running text, in each language; `discipline`: its name before 2003."""

    key: str
    nus: str
    field: Text
    discipline: str
    courses: tuple[Course, ...]
    theses: tuple[Text, ...]


def _text(row: dict[str, str]) -> Text:
    return {"nb": row["nb"], "nn": row["nn"] or row["nb"], "en": row["en"]}


def in_languages(text: Text, language: str) -> Text:
    """A text in the language that an institution writes (nb or nn) and in English."""
    return {language: text[language], "en": text["en"]}


_COURSES = [Course(r["subject"], r["number"], Decimal(r["credits"]), _text(r)) for r in rows("courses")]
_THESES = [(r["subject"], _text(r)) for r in rows("theses")]

COMMON_COURSES = tuple(course for course in _COURSES if course.subject == COMMON)
SUBJECTS: dict[str, Subject] = {
    row["subject"]: Subject(
        row["subject"],
        row["nus"],
        _text(row),
        row["discipline"],
        tuple(course for course in _COURSES if course.subject == row["subject"]),
        tuple(title for key, title in _THESES if key == row["subject"]),
    )
    for row in rows("subjects")
}
