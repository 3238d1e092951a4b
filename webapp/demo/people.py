"""The synthetic people of the demo network: names, birth dates and numbers (month + 80) that nobody has."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from random import Random

from webapp.demo.chance import chance
from webapp.demo.tables import rows
from webapp.identity import make_synthetic

SEED = 154
PEOPLE = 3000

OLDEST, YOUNGEST = date(1962, 1, 1), date(2003, 12, 31)
#: How many of 100 people have had a D-number before the number that they have now.
FORMER_D_NUMBER_PERCENT = 6
DOUBLE_NAME_SHARE = 0.3

#: Groups of names that go together: how many of 100 people, then given names and family names.
_NAMES = [
    (int(row["share"]), row["women"].split(), row["men"].split(), row["families"].split()) for row in rows("names")
]
_SHARES = [share for share, *_ in _NAMES]


@dataclass(frozen=True)
class DemoPerson:
    """Somebody in the demo network. `identifiers`: 11 digits each, the current one first, then former ones."""

    identifiers: tuple[str, ...]
    given_names: str
    family_name: str
    birth_date: date

    @property
    def number(self) -> str:
        """The current number."""
        return self.identifiers[0]


def _named(given_names: str, family_name: str, born: date, former: bool = False) -> DemoPerson:
    numbers = [make_synthetic(born, 0)]
    if former:
        numbers.append(make_synthetic(born, 0, d_number=True))
    return DemoPerson(tuple(numbers), given_names, family_name, born)


#: Whose fetch shows everything: degrees with courses, loose courses, a thesis, vekttall, a merged institution,
#: a former number, and each way in which an institution can fail to answer.
DEMO_PERSON = _named("Solveig Marie", "Hætta", date(1976, 8, 24), former=True)
#: A nurse with one degree at one institution.
NURSE = _named("Ingrid", "Solheim", date(1994, 3, 9))
#: Somebody who has studied nowhere.
NEWCOMER = _named("Jonas", "Bakken", date(2003, 11, 30))
#: Somebody whose education ended before the reform of 2003.
VETERAN = _named("Kjell Arne", "Ødegård", date(1962, 2, 28))
#: A doctor of philosophy.
DOCTOR = _named("Fatima", "Hussain", date(1985, 6, 17), former=True)
NAMED = (DEMO_PERSON, NURSE, NEWCOMER, VETERAN, DOCTOR)

#: Whom an institution that mixes people up answers about.
SOMEBODY_ELSE = _named("Ola", "Feilkobling", date(1980, 4, 1))


def demo_people(seed: int = SEED, count: int = PEOPLE) -> tuple[DemoPerson, ...]:
    """`count` people, those with names of their own above first. The same seed gives the same people, and more
    people with the same seed begin with the same ones. `count` is at least 5."""
    return NAMED + tuple(islice(_people(seed), count - len(NAMED)))


def _people(seed: int) -> Iterator[DemoPerson]:
    taken = Counter(person.birth_date for person in (*NAMED, SOMEBODY_ELSE))
    random = chance("people", seed)
    while True:
        born = OLDEST + timedelta(days=random.randrange((YOUNGEST - OLDEST).days + 1))
        numbers = [make_synthetic(born, taken[born])]
        if random.randrange(100) < FORMER_D_NUMBER_PERCENT:
            numbers.append(make_synthetic(born, taken[born], d_number=True))
        taken[born] += 1
        yield DemoPerson(tuple(numbers), *_name(random), born)


def _name(random: Random) -> tuple[str, str]:
    _, women, men, families = random.choices(_NAMES, _SHARES)[0]
    given = random.sample(random.choice((women, men)), 2 if random.random() < DOUBLE_NAME_SHARE else 1)
    return " ".join(given), random.choice(families)
