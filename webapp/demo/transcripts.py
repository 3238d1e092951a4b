"""What each institution of the demo network holds on a person."""

from collections.abc import Iterator

from webapp.demo.chance import chance
from webapp.demo.people import SOMEBODY_ELSE, DemoPerson
from webapp.demo.plans import plan
from webapp.demo.record import Record
from webapp.demo.roster import BEHAVIOURS, SCHOOLS, Behaviour
from webapp.institutions import REGISTER
from webapp.model import Identifier, Institution, Learner, Study, Transcript


def transcripts_of(person: DemoPerson, seed: int) -> Iterator[tuple[int, Transcript]]:
    """The transcripts of a person, with the number of the institution that holds each."""
    records: dict[int, dict[int, Record]] = {}
    for stay in plan(person, seed):
        school = SCHOOLS[stay.school]
        issuers = records.setdefault(stay.school, {})
        random = chance("record", seed, person.number, stay.school, stay.issuer)
        record = issuers.setdefault(stay.issuer, Record(school, random))
        stay.programme(record, stay.subject, stay.year)
    for number, issuers in records.items():
        mixed_up = BEHAVIOURS.get(number) is Behaviour.SOMEBODY_ELSE
        studies = tuple(Study(_institution(issuer), tuple(record.rows)) for issuer, record in issuers.items())
        yield number, Transcript(_learner(SOMEBODY_ELSE if mixed_up else person), studies)


def _institution(number: int) -> Institution:
    return SCHOOLS[number].institution if number in SCHOOLS else REGISTER[number]


def _learner(person: DemoPerson) -> Learner:
    return Learner(
        (Identifier("nationalIdentifier", person.number),),
        person.given_names,
        person.family_name,
        person.birth_date,
    )
