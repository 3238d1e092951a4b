"""Education before the quality reform of 2003: vekttall, grades from 1.0 (best), degrees without their courses."""

from datetime import date
from decimal import Decimal

from webapp.demo.catalogue import SUBJECTS
from webapp.demo.record import BACHELOR, Record
from webapp.model import Category, Level, Result, Season, Term, Text

#: The last year in which an education of this kind begins here; it takes four years.
LAST_START = 1998
EXTENT = "vekttall"
SCALE = "1.0-6.0"
DEGREE_CREDITS = Decimal(80)

_STEPS: tuple[tuple[str, int, str, str], ...] = (
    ("GR", 20, "grunnfag", "Basic Course"),
    ("ML", 10, "mellomfag", "Intermediate Course"),
)


def cand_mag(record: Record, key: str, year: int) -> None:
    """Four years that end with the degree of cand.mag. in June of `year` + 4; its subjects stand beside it."""
    name = {"nb": "Candidatus magisterii", "nn": "Candidatus magisterii", "en": "Candidatus magisterii (cand.mag.)"}
    record.enter(
        Result(
            Category.QUALIFICATION,
            "CANDMAG",
            name=record.text(name),
            term=Term(year + 4, Season.SPRING),
            date=date(year + 4, 6, record.random.randint(5, 28)),
            credits=DEGREE_CREDITS,
            credit_scheme=EXTENT,
            level=Level("EQF", BACHELOR.eqf),
            nus="6" + SUBJECTS[key].nus,
        )
    )
    subjects(record, key, year)


def subjects(record: Record, key: str, year: int) -> None:
    """Examen philosophicum, then grunnfag and mellomfag in a subject."""
    philosophy = dict.fromkeys(("nb", "nn", "en"), "Examen philosophicum")
    _enter(record, "EXPHIL", philosophy, Decimal(5), Term(year, Season.AUTUMN))
    discipline, field = SUBJECTS[key].discipline, SUBJECTS[key].field["en"]
    for later, (code, extent, norwegian, english) in enumerate(_STEPS, start=1):
        name = dict.fromkeys(("nb", "nn"), f"{discipline} {norwegian}") | {"en": f"{field}, {english}"}
        full_code = f"{key}-{code}"
        _enter(record, full_code, name, Decimal(extent), Term(year + later, Season.SPRING))


def _enter(record: Record, code: str, name: Text, extent: Decimal, term: Term) -> None:
    if record.has(code):
        return
    record.enter(
        Result(
            Category.COURSE,
            code,
            name=record.text(name),
            term=term,
            credits=extent,
            credit_scheme=EXTENT,
            grade=f"{record.random.randint(15, 40) / 10:.1f}",
            grading_scheme=SCALE,
        )
    )
