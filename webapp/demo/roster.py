"""The 50 institutions of the demo network: what each teaches, how it writes its codes, and how it answers."""

from dataclasses import dataclass
from enum import StrEnum

from webapp.demo.tables import rows
from webapp.institutions import REGISTER
from webapp.model import Institution

#: Real institutions whose number is not known stand here under numbers from 9001 on, which are fictive.
FIRST_FICTIVE = 9001


class Behaviour(StrEnum):
    """How an institution answers that does not answer as it should."""

    SLOW = "slow"
    DEAD = "dead"
    NOT_SHARED = "not-shared"
    NO_CONSENT = "no-consent"
    RUBBISH = "rubbish"
    SOMEBODY_ELSE = "somebody-else"
    FAILS_TWICE = "fails-twice"


#: BI does not take part in the exchange in reality either; the other parts are handed out by lot.
BEHAVIOURS = {
    1627: Behaviour.SLOW,
    1661: Behaviour.DEAD,
    158: Behaviour.NOT_SHARED,
    190: Behaviour.NO_CONSENT,
    1525: Behaviour.RUBBISH,
    54: Behaviour.SOMEBODY_ELSE,
    211: Behaviour.FAILS_TWICE,
}

#: It gives vocational education (EQF 5) only.
VOCATIONAL_COLLEGE = 9018


@dataclass(frozen=True)
class School:
    """An institution as the demo sees it.

    `protocol`: how it is asked in the mixed network; `subjects`: key to the prefix of its codes there; `digits` and
    `separator`: how a code is written; `language`: that of its names beside English, nb or nn.
    """

    institution: Institution
    number: int
    protocol: str
    subjects: dict[str, str]
    digits: int
    separator: str
    language: str

    def code(self, subject: str, number: str) -> str:
        """The code of a course whose number has four digits; other numbers are whole codes already."""
        prefix = self.subjects.get(subject, subject)
        if not number.isdigit():
            return number
        if prefix[-1].isdigit():
            return prefix + number[1:]
        return prefix + self.separator + number[: self.digits].ljust(self.digits, "1")


def _school(row: dict[str, str]) -> School:
    number = int(row["number"])
    own = {"nb": row["nb"], "en": row["en"]} | ({"nn": row["nb"]} if row["language"] == "nn" else {})
    institution = REGISTER.get(number) or Institution(number, own, schac=row["schac"])
    subjects = (word.partition("=") for word in row["subjects"].split())
    return School(
        institution,
        number,
        row["protocol"],
        {key: prefix or key for key, _, prefix in subjects},
        int(row["digits"]),
        row["separator"],
        row["language"],
    )


SCHOOLS: dict[int, School] = {school.number: school for school in map(_school, rows("institutions"))}
