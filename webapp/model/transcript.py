"""What an institution says of a learner, as it was read."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

#: A text in several languages: language code ("nb", "nn", "en", "se" …, lower case) to text.
Text = Mapping[str, str]


class Category(StrEnum):
    """What an external result is: the codes of the FS code screen *Ekstern resultat kategori*."""

    QUALIFICATION = "KVALIFIKASJON"
    COURSE = "EMNE"
    COURSE_GROUP = "EMNESAMLING"
    PARTIAL_STUDIES = "DELSTUDIER"
    PRACTICE = "PRAKSIS"


class Season(StrEnum):
    """The half of the year of a term, as FS writes it."""

    SPRING = "VÅR"
    SUMMER = "SOM"
    AUTUMN = "HØST"


@dataclass(frozen=True)
class Term:
    """A term; `derived` when the source gave a date only and the term was concluded from it."""

    year: int
    season: Season
    derived: bool = False


@dataclass(frozen=True)
class Level:
    """A study level as the source gave it: the scheme ("EQF", "FS", "ELMO" …) says how to read the value."""

    scheme: str
    value: str


@dataclass(frozen=True)
class Institution:
    """A university or college. `number` is the institution number of FS (NUMBER(8,0)), None when unknown."""

    number: int | None
    name: Text = field(default_factory=dict)
    schac: str | None = None
    erasmus: str | None = None
    merged_into: int | None = None


@dataclass(frozen=True)
class Result:
    """One passed result or achieved qualification of a transcript.

    `parent` is the index, in the same study's `results`, of the qualification or group that it belongs to;
    a parent always stands before its children. `source_key` is the source's own stable key where it has one.
    Absent is None; an absent number is never 0.
    """

    category: Category
    code: str | None = None
    version: str | None = None
    name: Text = field(default_factory=dict)
    thesis_title: Text = field(default_factory=dict)
    term: Term | None = None
    date: dt.date | None = None
    credits: Decimal | None = None
    credit_scheme: str | None = None
    grade: str | None = None
    grading_scheme: str | None = None
    level: Level | None = None
    nus: str | None = None
    url: str | None = None
    parent: int | None = None
    source_key: str | None = None


@dataclass(frozen=True)
class Study:
    """What one institution says of the learner: results in document order."""

    institution: Institution
    results: tuple[Result, ...] = ()


class LeftOutReason(StrEnum):
    """Why a row of a transcript does not become a result (only passed ones do)."""

    FAILED = "failed"
    IN_PROGRESS = "in-progress"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class LeftOut:
    """A row of a transcript that is listed with its reason and not imported."""

    code: str | None
    name: Text
    reason: LeftOutReason


@dataclass(frozen=True)
class Finding:
    """Something in an answer that could not be understood: a stable code, where, and the text found there."""

    code: str
    path: str
    text: str


@dataclass(frozen=True)
class Identifier:
    """A learner's identifier with the type that the source gave it, such as nationalIdentifier or esi."""

    type: str
    value: str


@dataclass(frozen=True)
class Learner:
    """Whom a transcript is about."""

    identifiers: tuple[Identifier, ...] = ()
    given_names: str | None = None
    family_name: str | None = None
    birth_date: dt.date | None = None

    @property
    def national_identifiers(self) -> tuple[str, ...]:
        """The learner's Norwegian national identity numbers, 11 digits each."""
        return tuple(
            i.value
            for i in self.identifiers
            if i.type == "nationalIdentifier" and len(i.value) == 11 and i.value.isdigit()
        )


@dataclass(frozen=True)
class Transcript:
    """A parsed answer about one person."""

    learner: Learner
    studies: tuple[Study, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    findings: tuple[Finding, ...] = ()
