"""What FS says, in the shapes of its schema as far as we ask for them. Anything may be null in GraphQL."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

_Any = TypeVar("_Any")

#: A list of the schema: it may be null, and hold nulls. No validator of ours drops them, which would cost more than
#: reading all the rest; `each_of` does.
Listed = tuple[_Any | None, ...] | None


def each_of(listed: Sequence[_Any | None] | None) -> Iterator[_Any]:
    """What a list holds; one that is null holds nothing."""
    return (each for each in listed or () if each is not None)


#: Texts by language code.
Texts = dict[str, str | None] | None


# Dataclasses with slots: models weigh three times as much, and a hundred students hold some thirty thousand of them.
shape = dataclass(slots=True, kw_only=True, config=ConfigDict(coerce_numbers_to_str=True))


@shape
class Coded:
    """Anything of which only the code matters."""

    kode: str | None = None


@shape
class Identified:
    """Anything of which only FS' own id matters."""

    id: str


@shape
class Organisation:
    """Organisasjon; its code is the institution number."""

    organisasjonskode: str | None = None
    navnAlleSprak: Texts = None
    erasmusInstitusjonskode: str | None = None


@shape
class Level(Coded):
    """Studieniva."""

    eqfnivakode: str | None = None


@shape
class Extent:
    """Vekting: credits and what kind they are."""

    verdi: Annotated[Decimal, Field(ge=0)] | None = None
    vektingstype: Coded | None = None


@shape
class Grade:
    """Karakter, with the rule that it was given by."""

    navnAlleSprak: Texts = None
    tall: str | None = None
    bokstavEllerUgradert: str | None = None
    regel: Coded | None = None


@shape
class Term:
    """Termin."""

    arstall: int | None = None
    betegnelse: Coded | None = None


@shape
class Period:
    """Vurderingsperiode."""

    gjelderTermin: Term | None = None


@shape
class TermPeriod:
    """The terms that a course lasts."""

    sluttTermin: Term | None = None


@shape
class Unit:
    """Vurderingsenhet."""

    reellVurderingsperiode: Period | None = None
    vurderingsperiode: Period | None = None
    terminPeriode: TermPeriod | None = None


@shape
class Language:
    """Språk."""

    iso6391Kode: str | None = None


@shape
class ThesisTitle:
    """A thesis title in the language that it was written in."""

    tittel: str | None = None
    sprak: Language | None = None


@shape
class Address:
    """An address, whatever its language."""

    und: str | None = None


@shape
class Course(Coded):
    """Emne."""

    versjonskode: str | None = None
    navnAlleSprak: Texts = None
    studieniva: Level | None = None
    url: Address | None = None


@shape
class Status(Coded):
    """Vurderingsresultatstatus."""

    erBestatt: bool | None = None


@shape
class CourseGroup(Coded):
    """Emnesamling."""

    navnAlleSprak: Texts = None
    nusKode: str | None = None
    studieniva: Level | None = None


@shape
class Month:
    """A month of a year."""

    arstall: Annotated[int, Field(ge=1, le=9999)] | None = None
    maned: Annotated[int, Field(ge=1, le=12)] | None = None


@shape
class RecordedGroup:
    """ProtokollfoertEmnesamling."""

    emnesamling: CourseGroup | None = None
    karakter: Grade | None = None
    oppnaddDato: Month | None = None
    erGyldig: bool | None = None
    opprinneligLarested: Organisation | None = None
    oppnaddeKvalifikasjoner: Listed[Identified] = ()


@shape
class Outcome(Identified):
    """Resultat."""

    emne: Course | None = None
    erGyldig: bool | None = None
    erKunngjort: bool | None = None
    erOppnadd: bool | None = None
    vurderingsresultatstatus: Status | None = None
    gjeldendeVekting: Extent | None = None
    karakter: Grade | None = None
    opprinneligLarested: Organisation | None = None
    originalOppgavetittel: ThesisTitle | None = None
    oversattOppgavetittel: Texts = None
    spesialpensumTittel: Texts = None
    oppnaddeKvalifikasjoner: Listed[Identified] = ()
    protokollFoerteEmnesamlinger: Listed[RecordedGroup] = ()
    vurderingsenhet: Unit | None = None

    @property
    def qualifications(self) -> frozenset[str]:
        """The ids of the qualifications that it is a part of."""
        return frozenset([each.id for each in self.oppnaddeKvalifikasjoner or () if each])


@shape
class QualificationKind:
    """Kvalifikasjon."""

    navnAlleSprak: Texts = None
    nuskode: str | None = None
    studieniva: Level | None = None


@shape
class Programme(Coded):
    """Studieprogram."""

    navnAlleSprak: Texts = None


@shape
class GroupInQualification:
    """EmnesamlingIKvalifikasjon."""

    protokollfoertEmnesamling: RecordedGroup | None = None


@shape
class Qualification(Identified):
    """OppnaddKvalifikasjon."""

    datoOppnadd: date | None = None
    erKunngjort: bool | None = None
    kvalifikasjon: QualificationKind | None = None
    studieprogram: Programme | None = None
    vekting: Extent | None = None
    emnesamlingIKvalifikasjon: Listed[GroupInQualification] = ()


@shape
class NumberChange:
    """Fodselsnummerendring."""

    tidligereFodselsnummer: str | None = None
    nyttFodselsnummer: str | None = None


@shape
class PersonName:
    """Personnavn."""

    fornavn: str | None = None
    etternavn: str | None = None


@shape
class Profile:
    """PersonProfil: who somebody is at an institution."""

    fodselsnummer: str | None = None
    fodselsnummertype: str | None = None
    fodselsnummerhistorikk: Listed[NumberChange] = ()
    fodselsdato: date | None = None
    navn: PersonName | None = None

    @property
    def numbers(self) -> Sequence[str]:
        """All numbers of the person, the current one first."""
        changes = [
            (each.nyttFodselsnummer, each.tidligereFodselsnummer) for each in each_of(self.fodselsnummerhistorikk)
        ]
        numbers = [self.fodselsnummer, *(number for change in changes for number in change)]
        return tuple(dict.fromkeys(number for number in numbers if number))


@shape
class Outcomes:
    """A connection of Resultat, all of its pages put together. Unlike other lists it may not be null: that would be
    an answer that lacks what was asked for."""

    nodes: tuple[Outcome | None, ...]


@shape
class Student(Identified):
    """StudentVedLarested."""

    larested: Organisation | None = None
    personProfil: Profile | None = None
    oppnaddKvalifikasjon: Listed[Qualification] = ()
    resultaterV2: Outcomes


@shape
class Payload:
    """What is kept of an answer about a person: all of the person's records at the institution."""

    protocol: str
    students: tuple[Student, ...]


#: Reads what is kept of an answer.
PAYLOAD = TypeAdapter(Payload)
