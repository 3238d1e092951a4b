"""What an institution's protocols hold on one student: rows, entered one by one."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random

from webapp.demo.catalogue import Course, in_languages
from webapp.demo.roster import School
from webapp.model import Category, Level, Result, Season, Term, Text

EXTENT = "ECTS"
#: FS' numbers of the scales A–F and passed/failed.
LETTERS, PASSED = "30", "04"

_GRADES: tuple[tuple[str, str | None], ...] = (
    ("A", LETTERS),
    ("B", LETTERS),
    ("C", LETTERS),
    ("D", LETTERS),
    ("E", LETTERS),
)
_OTHER_GRADES: tuple[tuple[str, str | None], ...] = (("Bestått", PASSED), ("Godkjent", PASSED), ("Innpasset", None))
_WEIGHTS = (13, 25, 27, 13, 7, 10, 2, 3)
_THESIS_WEIGHTS = (25, 40, 25, 8, 2)


@dataclass(frozen=True)
class Stage:
    """What a stage of education stands for: EQF level, first digit of its NUS code, scheme of its extent."""

    eqf: str
    nus: str
    extent: str = EXTENT


VOCATIONAL = Stage("5", "5", "fagskolepoeng")
BACHELOR = Stage("6", "6")
MASTER = Stage("7", "7")
DOCTORATE = Stage("8", "8")


@dataclass
class Record:
    """The rows of one student at one institution; `random` decides what nobody has asked for."""

    school: School
    random: Random
    rows: list[Result] = field(default_factory=list)

    def has(self, code: str) -> bool:
        """Whether there is a row with that code already."""
        return any(row.code == code for row in self.rows)

    def enter(self, row: Result) -> int:
        """Enter a row; gives its index, for the rows that belong to it."""
        self.rows.append(row)
        return len(self.rows) - 1

    def text(self, text: Text) -> Text:
        """A text in the languages of the institution."""
        return in_languages(text, self.school.language)

    def code(self, course: Course) -> str:
        """A course's code at this institution."""
        return self.school.code(course.subject, course.number)

    def degree(
        self, code: str, name: Text, year: int, extent: Decimal, stage: Stage, nus: str, title: Text | None = None
    ) -> int:
        """Enter a qualification achieved in June of `year`, with the title of its thesis where it has one."""
        achieved = date(year, 6, self.random.randint(5, 28))
        return self.enter(
            Result(
                Category.QUALIFICATION,
                code,
                name=self.text(name),
                thesis_title=self.text(title) if title else {},
                term=Term(year, Season.SPRING),
                date=achieved,
                credits=extent,
                credit_scheme=stage.extent,
                level=Level("EQF", stage.eqf),
                nus=stage.nus + nus,
            )
        )

    def course(
        self, course: Course, term: Term, stage: Stage, parent: int | None = None, title: Text | None = None
    ) -> int:
        """Enter a passed course; the title makes it a thesis."""
        code = self.code(course)
        if title:
            grade, scale = self.random.choices(_GRADES, _THESIS_WEIGHTS)[0]
        else:
            grade, scale = self.random.choices(_GRADES + _OTHER_GRADES, _WEIGHTS)[0]
        return self.enter(
            Result(
                Category.COURSE,
                code,
                version="1",
                name=self.text(course.name),
                thesis_title=self.text(title) if title else {},
                term=term,
                credits=course.credits,
                credit_scheme=stage.extent,
                grade=grade,
                grading_scheme=scale,
                level=Level("EQF", stage.eqf),
                url=self._description(code),
                parent=parent,
            )
        )

    def _description(self, code: str) -> str | None:
        # Some institutions have course descriptions in FS, some have not; here the even ones have.
        return f"https://emner.example/{self.school.number}/{code}" if self.school.number % 2 == 0 else None


def terms(year: int, count: int) -> list[Term]:
    """`count` terms from the autumn of `year` on."""
    return [Term(year + (i + 1) // 2, Season.SPRING if i % 2 else Season.AUTUMN) for i in range(count)]
