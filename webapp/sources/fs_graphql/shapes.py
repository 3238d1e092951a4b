"""What FS says, in the shapes of its schema as far as we ask for them. Anything may be null in GraphQL."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_Any = TypeVar("_Any")


def _without_nulls(given: object) -> object:
    """A list that is null, or has nulls in it, holds what is left."""
    if given is None:
        return ()
    return [each for each in given if each is not None] if isinstance(given, list) else given


#: Most lists may be null and hold nulls; null is then "none".
Listed = Annotated[tuple[_Any, ...], BeforeValidator(_without_nulls)]
#: Texts by language code.
Texts = dict[str, str | None] | None


class Shape(BaseModel):
    """A type of the schema; codes may be texts or numbers."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class Coded(Shape):
    """Anything of which only the code matters."""

    kode: str | None = None


class Identified(Shape):
    """Anything of which only FS' own id matters."""

    id: str


class Organisation(Shape):
    """Organisasjon; its code is the institution number."""

    organisasjonskode: str | None = None
    navnAlleSprak: Texts = None
    erasmusInstitusjonskode: str | None = None


class Level(Coded):
    """Studieniva."""

    eqfnivakode: str | None = None


class Extent(Shape):
    """Vekting: credits and what kind they are."""

    verdi: Annotated[Decimal, Field(ge=0)] | None = None
    vektingstype: Coded | None = None


class Grade(Shape):
    """Karakter, with the rule that it was given by."""

    navnAlleSprak: Texts = None
    tall: str | None = None
    bokstavEllerUgradert: str | None = None
    regel: Coded | None = None


class Term(Shape):
    """Termin."""

    arstall: int | None = None
    betegnelse: Coded | None = None


class Period(Shape):
    """Vurderingsperiode."""

    gjelderTermin: Term | None = None


class TermPeriod(Shape):
    """The terms that a course lasts."""

    sluttTermin: Term | None = None


class Unit(Shape):
    """Vurderingsenhet."""

    reellVurderingsperiode: Period | None = None
    vurderingsperiode: Period | None = None
    terminPeriode: TermPeriod | None = None


class Language(Shape):
    """Språk."""

    iso6391Kode: str | None = None


class ThesisTitle(Shape):
    """A thesis title in the language that it was written in."""

    tittel: str | None = None
    sprak: Language | None = None


class Address(Shape):
    """An address, whatever its language."""

    und: str | None = None


class Course(Coded):
    """Emne."""

    versjonskode: str | None = None
    navnAlleSprak: Texts = None
    studieniva: Level | None = None
    url: Address | None = None


class Status(Coded):
    """Vurderingsresultatstatus."""

    erBestatt: bool | None = None


class CourseGroup(Coded):
    """Emnesamling."""

    navnAlleSprak: Texts = None
    nusKode: str | None = None
    studieniva: Level | None = None


class Month(Shape):
    """A month of a year."""

    arstall: Annotated[int, Field(ge=1, le=9999)] | None = None
    maned: Annotated[int, Field(ge=1, le=12)] | None = None


class RecordedGroup(Shape):
    """ProtokollfoertEmnesamling."""

    emnesamling: CourseGroup | None = None
    karakter: Grade | None = None
    oppnaddDato: Month | None = None
    erGyldig: bool | None = None
    opprinneligLarested: Organisation | None = None
    oppnaddeKvalifikasjoner: Listed[Identified] = ()


class ResultInQualification(Shape):
    """ResultatIKvalifikasjon."""

    oppnaddKvalifikasjon: Identified | None = None


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
    resultatIKvalifikasjon: Listed[ResultInQualification] = ()
    protokollFoerteEmnesamlinger: Listed[RecordedGroup] = ()
    vurderingsenhet: Unit | None = None

    @property
    def qualifications(self) -> frozenset[str]:
        """The ids of the qualifications that it is a part of."""
        linked = (each.oppnaddKvalifikasjon for each in self.resultatIKvalifikasjon)
        return frozenset(each.id for each in (*self.oppnaddeKvalifikasjoner, *linked) if each)


class QualificationKind(Shape):
    """Kvalifikasjon."""

    navnAlleSprak: Texts = None
    nuskode: str | None = None
    studieniva: Level | None = None


class Programme(Coded):
    """Studieprogram."""

    navnAlleSprak: Texts = None


class GroupInQualification(Shape):
    """EmnesamlingIKvalifikasjon."""

    protokollfoertEmnesamling: RecordedGroup | None = None


class Qualification(Identified):
    """OppnaddKvalifikasjon."""

    datoOppnadd: date | None = None
    erKunngjort: bool | None = None
    kvalifikasjon: QualificationKind | None = None
    studieprogram: Programme | None = None
    vekting: Extent | None = None
    emnesamlingIKvalifikasjon: Listed[GroupInQualification] = ()


class NumberChange(Shape):
    """Fodselsnummerendring."""

    tidligereFodselsnummer: str | None = None
    nyttFodselsnummer: str | None = None


class PersonName(Shape):
    """Personnavn."""

    fornavn: str | None = None
    etternavn: str | None = None


class Profile(Shape):
    """PersonProfil: who somebody is at an institution."""

    fodselsnummer: str | None = None
    fodselsnummertype: str | None = None
    fodselsnummerhistorikk: Listed[NumberChange] = ()
    fodselsdato: date | None = None
    navn: PersonName | None = None

    @property
    def numbers(self) -> Sequence[str]:
        """All numbers of the person, the current one first."""
        changes = [(each.nyttFodselsnummer, each.tidligereFodselsnummer) for each in self.fodselsnummerhistorikk]
        numbers = [self.fodselsnummer, *(number for change in changes for number in change)]
        return tuple(dict.fromkeys(number for number in numbers if number))


class Outcomes(Shape):
    """A connection of Resultat, all of its pages put together. Unlike other lists it may not be null: that would be
    an answer that lacks what was asked for."""

    nodes: Annotated[tuple[Outcome, ...], BeforeValidator(lambda given: _without_nulls(given) if given else given)]


class Student(Identified):
    """StudentVedLarested."""

    larested: Organisation | None = None
    personProfil: Profile | None = None
    oppnaddKvalifikasjon: Listed[Qualification] = ()
    resultaterV2: Outcomes


class Payload(Shape):
    """What is kept of an answer about a person: all of the person's records at the institution."""

    protocol: str
    students: tuple[Student, ...]


class Requirement(Shape):
    """Samtykkekrav."""

    aktiv: bool | None = None


class Consent(Shape):
    """Samtykke: what a student answered, and when."""

    gittSamtykke: bool | None = None
    svartidspunkt: datetime | None = None
    samtykkekrav: Requirement | None = None


class AdmissionKind(Shape):
    """FsOpptak, as far as it names an admission."""

    opptakstype: Coded | None = None
    termin: Term | None = None


class Applied(Shape):
    """FsSoknad."""

    sokernummer: str | None = None
    opptak: AdmissionKind | None = None
