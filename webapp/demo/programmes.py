"""What a student leaves behind in the protocols after a degree, a year or single courses."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from webapp.demo.catalogue import COMMON_COURSES, SUBJECTS, Course, Subject
from webapp.demo.record import (
    BACHELOR,
    DOCTORATE,
    EXTENT,
    MASTER,
    PASSED,
    VOCATIONAL,
    Record,
    Stage,
    terms,
)
from webapp.demo.roster import VOCATIONAL_COLLEGE
from webapp.model import Category, Level, Result, Term, Text

BACHELOR_CREDITS, MASTER_CREDITS, YEAR_CREDITS = Decimal(180), Decimal(120), Decimal(60)
VOCATIONAL_CREDITS, DOCTOR_CREDITS = Decimal(120), Decimal(180)
THESIS_CREDITS = {BACHELOR: Decimal(20), MASTER: Decimal(60)}

#: Of 100 bachelors, how many have a term abroad, and how many courses that are gathered in a group.
ABROAD_PERCENT, GROUP_PERCENT = 12, 20
_HOSTS = ("University of Edinburgh", "Københavns Universitet", "Uppsala universitet", "Universität Wien")
_PRACTICE: dict[str, Text] = {
    "SYK": {"nb": "Praksis i sykehus", "nn": "Praksis i sjukehus", "en": "Hospital Placement"},
    "GLU": {"nb": "Praksis i grunnskole", "nn": "Praksis i grunnskule", "en": "School Placement"},
    "BLU": {"nb": "Praksis i barnehage", "nn": "Praksis i barnehage", "en": "Kindergarten Placement"},
    "SOSA": {"nb": "Praksis i barnevern", "nn": "Praksis i barnevern", "en": "Child Welfare Placement"},
}
_DOCTORAL_COURSES = (
    Course("PHD", "9101", Decimal(5), {"nb": "Forskningsetikk", "nn": "Forskingsetikk", "en": "Research Ethics"}),
    Course("PHD", "9210", Decimal(10), {"nb": "Vitenskapsteori", "nn": "Vitskapsteori", "en": "Theory of Science"}),
)


def bachelor(record: Record, key: str, year: int) -> None:
    """Three years that end in June of `year` + 3: a degree with its courses, a thesis last."""
    subject = SUBJECTS[key]
    name = _name("Bachelor i", "Bachelor i", "Bachelor's Degree in", subject)
    degree = record.degree(_code(record, "BA", key), name, year + 3, BACHELOR_CREDITS, BACHELOR, subject.nus)
    span = terms(year, 6)
    room = BACHELOR_CREDITS - THESIS_CREDITS[BACHELOR]
    if record.random.randrange(100) < ABROAD_PERCENT:
        room -= _abroad(record, span[4], degree)
    if key in _PRACTICE:
        _practice(record, key, span[3], degree)
    grouped = record.random.randrange(100) < GROUP_PERCENT
    own = [course for course in subject.courses if not course.master_level]
    holder = _group(record, subject, degree, own) if grouped else degree
    _courses(record, own, span, BACHELOR, holder)
    rest = _fitting(record, [*COMMON_COURSES, *_elsewhere(record, key, False)], room - _sum(own))
    _courses(record, rest, span, BACHELOR, degree)
    _thesis(record, subject, span[-1], BACHELOR, degree)


def master(record: Record, key: str, year: int) -> None:
    """Two years that end in June of `year` + 2: a degree with its courses and its thesis."""
    subject = SUBJECTS[key]
    name = _name("Master i", "Master i", "Master's Degree in", subject)
    degree = record.degree(_code(record, "MA", key), name, year + 2, MASTER_CREDITS, MASTER, subject.nus)
    span = terms(year, 4)
    own = [course for course in subject.courses if course.master_level]
    room = MASTER_CREDITS - THESIS_CREDITS[MASTER]
    _courses(record, _fitting(record, [*own, *_elsewhere(record, key, True)], room), span[:3], MASTER, degree)
    _thesis(record, subject, span[-1], MASTER, degree)


def one_year(record: Record, key: str, year: int) -> None:
    """A study of one year with its courses."""
    subject = SUBJECTS[key]
    name = _name("Årsstudium i", "Årsstudium i", "One-Year Programme in", subject)
    code = _code(record, "AR", key)
    degree = record.degree(code, name, year + 1, YEAR_CREDITS, BACHELOR, subject.nus)
    own = [course for course in subject.courses if not course.master_level]
    _courses(record, _fitting(record, [*own, *COMMON_COURSES], YEAR_CREDITS), terms(year, 2), BACHELOR, degree)


def single_courses(record: Record, key: str, year: int) -> None:
    """One to four courses that belong to no degree."""
    stage = VOCATIONAL if record.school.number == VOCATIONAL_COLLEGE else BACHELOR
    own = [course for course in SUBJECTS[key].courses if not course.master_level]
    chosen = record.random.sample(own, record.random.randint(1, 4))
    _courses(record, chosen, terms(year, 2), stage, None)


def vocational(record: Record, key: str, year: int) -> None:
    """Two years of vocational college."""
    subject = SUBJECTS[key]
    name = _name("Fagskoleutdanning i", "Fagskuleutdanning i", "Higher Vocational Diploma in", subject)
    code = _code(record, "FS", key)
    degree = record.degree(code, name, year + 2, VOCATIONAL_CREDITS, VOCATIONAL, subject.nus)
    own = [course for course in subject.courses if not course.master_level]
    _courses(record, own, terms(year, 4), VOCATIONAL, degree)


def doctorate(record: Record, key: str, year: int) -> None:
    """A doctor's degree, with its thesis and its courses."""
    subject = SUBJECTS[key]
    title = record.random.choice(subject.theses)
    name = dict.fromkeys(("nb", "nn", "en"), "Philosophiae doctor (ph.d.)")
    degree = record.degree("PHD", name, year + 4, DOCTOR_CREDITS, DOCTORATE, subject.nus, title)
    for course, term in zip(_DOCTORAL_COURSES, terms(year, 2), strict=True):
        record.course(course, term, DOCTORATE, degree)


def _name(nb: str, nn: str, en: str, subject: Subject) -> Text:
    field = subject.field
    return {"nb": f"{nb} {field['nb']}", "nn": f"{nn} {field['nn']}", "en": f"{en} {field['en']}"}


def _code(record: Record, degree: str, key: str) -> str:
    return f"{degree}-{record.school.subjects.get(key, key).rstrip('0123456789')}"


def _sum(courses: Iterable[Course]) -> Decimal:
    return sum((course.credits for course in courses), Decimal(0))


def _elsewhere(record: Record, key: str, master_level: bool) -> list[Course]:
    """The courses of the institution's other subjects: those next to the student's own first, as related ones
    stand together in its list, and within each in an order of the student's own."""
    subjects = list(record.school.subjects)
    place = subjects.index(key)
    others: list[Course] = []
    for other in subjects[place + 1 :] + subjects[:place]:
        courses = [course for course in SUBJECTS[other].courses if course.master_level is master_level]
        others += record.random.sample(courses, len(courses))
    return others


def _fitting(record: Record, courses: Iterable[Course], room: Decimal) -> list[Course]:
    """Those of the courses, in turn, that have not been taken yet and for which there is room."""
    chosen: list[Course] = []
    for course in courses:
        if course.credits <= room and not record.has(record.code(course)):
            chosen.append(course)
            room -= course.credits
    return chosen


def _courses(record: Record, courses: Sequence[Course], span: Sequence[Term], stage: Stage, parent: int | None) -> None:
    """The courses, spread over the terms in their order."""
    for position, course in enumerate(courses):
        if not record.has(record.code(course)):
            record.course(course, span[position * len(span) // len(courses)], stage, parent)


def _thesis(record: Record, subject: Subject, term: Term, stage: Stage, degree: int) -> None:
    level = "Master" if stage is MASTER else "Bachelor"
    number = "4990" if stage is MASTER else "3990"
    name = {"nb": f"{level}oppgave", "nn": f"{level}oppgåve", "en": f"{level}'s Thesis"}
    course = Course(subject.key, number, THESIS_CREDITS[stage], name)
    title = record.random.choice(subject.theses) if stage is MASTER else None
    record.course(course, term, stage, degree, title)


def _abroad(record: Record, term: Term, degree: int) -> Decimal:
    """A term at a university abroad; gives its extent."""
    host = record.random.choice(_HOSTS)
    name = {"nb": f"Delstudier ved {host}", "nn": f"Delstudium ved {host}", "en": f"Partial Studies at {host}"}
    extent = Decimal(30)
    record.enter(
        Result(
            Category.PARTIAL_STUDIES,
            name=record.text(name),
            term=term,
            credits=extent,
            credit_scheme=EXTENT,
            grade="Innpasset",
            level=Level("EQF", BACHELOR.eqf),
            parent=degree,
        )
    )
    return extent


def _practice(record: Record, key: str, term: Term, degree: int) -> None:
    record.enter(
        Result(
            Category.PRACTICE,
            record.school.code(key, "2900"),
            name=record.text(_PRACTICE[key]),
            term=term,
            grade="Godkjent",
            grading_scheme=PASSED,
            parent=degree,
        )
    )


def _group(record: Record, subject: Subject, degree: int, courses: Iterable[Course]) -> int:
    """A group (emnesamling) below the degree, for its compulsory courses."""
    field = subject.field
    name = {
        "nb": f"Obligatoriske emner i {field['nb']}",
        "nn": f"Obligatoriske emne i {field['nn']}",
        "en": f"Compulsory Courses in {field['en']}",
    }
    return record.enter(
        Result(
            Category.COURSE_GROUP,
            _code(record, "OBL", subject.key),
            name=record.text(name),
            credits=_sum(courses),
            credit_scheme=EXTENT,
            parent=degree,
        )
    )
