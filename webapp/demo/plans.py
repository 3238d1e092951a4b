"""Who studied what, where and when in the demo network."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from webapp.demo import before_reform, programmes
from webapp.demo.chance import chance
from webapp.demo.people import DEMO_PERSON, DOCTOR, NEWCOMER, NURSE, VETERAN, DemoPerson
from webapp.demo.record import Record
from webapp.demo.roster import BEHAVIOURS, SCHOOLS, VOCATIONAL_COLLEGE, Behaviour, School
from webapp.institutions import REGISTER

#: Enters one education, in a subject and from an autumn on, into a record.
Programme = Callable[[Record, str, int], None]

#: Nobody in the network has results after the spring of this year.
LAST_YEAR = 2026
#: Institutions that have become part of another gave results under their own name until this year.
MERGERS = {REGISTER[214].merged_into: (214, 2015), REGISTER[216].merged_into: (216, 2016)}

_STAYS_WEIGHTS = {0: 6, 1: 40, 2: 34, 3: 20}
_CHOICES: tuple[Programme, ...] = (programmes.bachelor, programmes.one_year, programmes.single_courses)
_FIRST_WEIGHTS, _LATER_WEIGHTS = (65, 15, 20), (25, 25, 50)


@dataclass(frozen=True)
class Stay:
    """One education. `school`: the institution that answers; `issuer`: that which gave the results, the same or
    one that has become part of it."""

    school: int
    issuer: int
    programme: Programme
    subject: str
    year: int


def _at(school: int, programme: Programme, subject: str, year: int) -> Stay:
    return Stay(school, school, programme, subject, year)


#: The part that shows what each odd institution answers where it has something on the person.
_ODD = tuple(
    _at(number, programmes.single_courses, next(iter(SCHOOLS[number].subjects)), 2020)
    for number, behaviour in BEHAVIOURS.items()
    if behaviour in (Behaviour.NO_CONSENT, Behaviour.SOMEBODY_ELSE)
)

#: The people with names of their own, by their number.
FIXED: dict[str, tuple[Stay, ...]] = {
    DEMO_PERSON.number: (
        _at(184, before_reform.cand_mag, "HIS", 1995),
        Stay(203, 216, programmes.single_courses, "GLU", 2004),
        _at(203, programmes.one_year, "IDR", 2018),
        _at(185, programmes.bachelor, "INF", 2008),
        _at(194, programmes.master, "INF", 2011),
        _at(186, programmes.single_courses, "SAMI", 2016),
        _at(215, programmes.single_courses, "MED", 2021),
        _at(9012, programmes.single_courses, "NOR", 2022),
        *_ODD,
    ),
    NURSE.number: (_at(215, programmes.bachelor, "SYK", 2014),),
    NEWCOMER.number: (),
    VETERAN.number: (_at(185, before_reform.cand_mag, "FYS", 1983),),
    DOCTOR.number: (
        _at(192, programmes.bachelor, "BIO", 2004),
        _at(192, programmes.master, "BIO", 2007),
        _at(186, programmes.doctorate, "BIO", 2010),
    ),
}


def plan(person: DemoPerson, seed: int) -> tuple[Stay, ...]:
    """The educations of a person, the earliest first; depends on the person and the seed alone."""
    if person.number in FIXED:
        return FIXED[person.number]
    random = chance("plan", seed, person.number)
    count = random.choices(list(_STAYS_WEIGHTS), list(_STAYS_WEIGHTS.values()))[0]
    year = person.birth_date.year + random.randint(19, 23)
    stays: list[Stay] = []
    for _ in range(count):
        stay = _stay(random, stays, year)
        if year + 3 > LAST_YEAR:
            break
        stays.append(stay)
        year += random.randint(3, 7)
    return tuple(stays)


def _stay(random: Random, before: list[Stay], year: int) -> Stay:
    schools = [number for number in SCHOOLS if all(number != stay.school for stay in before)]
    number = random.choices(schools, [len(SCHOOLS[n].subjects) for n in schools])[0]
    school = SCHOOLS[number]
    programme = _programme(random, before, school, year)
    return Stay(number, _issuer(random, number, year), programme, _subject(random, before, school), year)


def _programme(random: Random, before: list[Stay], school: School, year: int) -> Programme:
    if school.number == VOCATIONAL_COLLEGE:
        return random.choice((programmes.vocational, programmes.single_courses))
    done = {stay.programme for stay in before}
    if year <= before_reform.LAST_START:
        return before_reform.subjects if before_reform.cand_mag in done else before_reform.cand_mag
    if programmes.master in done and random.random() < 0.2 and year + 4 <= LAST_YEAR:
        return programmes.doctorate
    if programmes.bachelor in done and random.random() < 0.6:
        return programmes.master
    return random.choices(_CHOICES, _LATER_WEIGHTS if before else _FIRST_WEIGHTS)[0]


def _subject(random: Random, before: list[Stay], school: School) -> str:
    """The subject studied before where the institution has it, else any of its own."""
    known = [stay.subject for stay in before if stay.subject in school.subjects]
    return known[-1] if known else random.choice(list(school.subjects))


def _issuer(random: Random, number: int, year: int) -> int:
    merged, until = MERGERS.get(number, (number, 0))
    return merged if year + 3 <= until and random.random() < 0.6 else number
