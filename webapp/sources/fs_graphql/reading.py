"""A student of FS as a transcript: what is announced, valid and passed, in the order of FS."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from operator import attrgetter
from typing import TypeVar

from pydantic import ValidationError

from webapp.errors import N_, UnreadableElmo
from webapp.model import (
    Category,
    Identifier,
    Institution,
    Learner,
    LeftOut,
    LeftOutReason,
    Level,
    Result,
    Season,
    Study,
    Term,
    Text,
    Transcript,
)
from webapp.sources.elmo import nodes
from webapp.sources.elmo.terms import term_of_completion
from webapp.sources.fs_graphql import shapes
from webapp.sources.fs_graphql.shapes import each_of

PROTOCOL = "fs-graphql/1"
#: FS' kinds of credits; others keep their code.
_SCHEMES = {"SP": "ECTS", "VT": "vekttall"}
_SEASONS = {
    "VÅR": Season.SPRING,
    "VAR": Season.SPRING,
    "SOM": Season.SUMMER,
    "HØST": Season.AUTUMN,
    "HOST": Season.AUTUMN,
}
_LANGUAGES = {"no": "nb"}
#: Numbers that an institution made up: of no meaning anywhere else.
FICTIVE = "FS_FIKTIVT_NUMMER"
#: Codes and names of courses come again and again; those of people do not go through here.
clean = lru_cache(maxsize=50_000)(nodes.clean)
_URL = re.compile(r"https?://\S+", re.IGNORECASE)

_Identified = TypeVar("_Identified", bound=shapes.Identified)


def read_students(payload: bytes) -> Transcript:
    """The transcript in an answer as it is kept. Raises UnreadableElmo."""
    try:
        return transcript_of(shapes.PAYLOAD.validate_json(payload).students)
    except ValidationError:
        # From None: what did not fit may be a name.
        raise UnreadableElmo(N_("Svaret fra FS har ikke den formen som er avtalt.")) from None


def transcript_of(students: Sequence[shapes.Student]) -> Transcript:
    """One person's records at an institution as one transcript."""
    own = _institution(next((each.larested for each in students if each.larested), None))
    qualifications = _each_once(each for student in students for each in each_of(student.oppnaddKvalifikasjon))
    # What is not announced leaves no trace, and nor does what has been replaced.
    outcomes = [
        each
        for each in _each_once(each for student in students for each in each_of(student.resultaterV2.nodes))
        if each.erKunngjort and each.erGyldig
    ]
    reasons = {each.id: _reason_to_leave_out(each) for each in outcomes}
    table = _Table(own, [each for each in qualifications if each.erKunngjort])
    table.take([each for each in outcomes if reasons[each.id] is None])
    left_out = tuple(_left_out(each.emne, reason) for each in outcomes if (reason := reasons[each.id]))
    return Transcript(_learner([each.personProfil for each in students if each.personProfil]), table.studies, left_out)


def _each_once(given: Iterable[_Identified]) -> list[_Identified]:
    """Each id once: pages may overlap when something came in between."""
    return list({each.id: each for each in given}.values())


def _reason_to_leave_out(outcome: shapes.Outcome) -> LeftOutReason | None:
    status = outcome.vurderingsresultatstatus
    passed = status.erBestatt if status else None
    if passed is False:
        return LeftOutReason.FAILED
    # erOppnadd is false while a complaint is pending.
    return None if passed and outcome.erOppnadd else LeftOutReason.UNCERTAIN


def _left_out(course: shapes.Course | None, reason: LeftOutReason) -> LeftOut:
    return LeftOut(clean(course.kode) if course else None, text_of(course.navnAlleSprak) if course else {}, reason)


@dataclass
class _Row:
    """A result in the making, which takes the place of its parent, with those that belong to it."""

    make: Callable[[int | None], Result]
    is_course: bool
    parts: list["_Row"] = field(default_factory=list)


class _Table:
    """The rows of a transcript: each institution's qualifications, then its groups, then its loose courses."""

    def __init__(self, own: Institution, qualifications: Sequence[shapes.Qualification]) -> None:
        self._own = own
        self._qualifications = qualifications
        self._institutions: dict[object, Institution] = {_key(own): own}
        self._loose: dict[object, list[_Row]] = {_key(own): []}
        self._rows: dict[tuple[object, str], _Row] = {}

    def take(self, outcomes: Sequence[shapes.Outcome]) -> None:
        """Enter the qualifications, the groups and these results."""
        homes = {each.id: self._home(each.opprinneligLarested) for each in outcomes}
        links = {each.id: each.qualifications for each in outcomes}
        homes_of_parts: dict[str, set[object]] = {each.id: set() for each in self._qualifications}
        for id, qualifications in links.items():
            for each in qualifications & homes_of_parts.keys():
                homes_of_parts[each].add(homes[id])
        for qualification in self._qualifications:
            # FS does not say where it was achieved, but where its courses were.
            of_parts = homes_of_parts[qualification.id]
            home = of_parts.pop() if len(of_parts) == 1 else _key(self._own)
            self._enter(home, qualification.id, _Row(partial(_qualification, qualification), False), ())
        for qualification in self._qualifications:
            for listed in each_of(qualification.emnesamlingIKvalifikasjon):
                if listed.protokollfoertEmnesamling:
                    self._group(listed.protokollfoertEmnesamling, frozenset({qualification.id}))
        for outcome in outcomes:
            link = links[outcome.id]
            groups = [self._group(each, link) for each in each_of(outcome.protokollFoerteEmnesamlinger)]
            parents = (*(group for group in groups if group), *self._in_order(link))
            self._enter(homes[outcome.id], outcome.id, _Row(partial(_course, outcome), True), parents)

    @property
    def studies(self) -> tuple[Study, ...]:
        """What each institution says; one without anything is there only if there is no other."""
        studies = [Study(self._institutions[home], _in_a_row(rows)) for home, rows in self._loose.items()]
        return tuple(study for study in studies if study.results) or (Study(self._own),)

    def _home(self, original: shapes.Organisation | None) -> object:
        """The key of the institution that something stands under: that of before a merger, else the source's own."""
        if original is None:
            return _key(self._own)
        institution = _institution(original)
        home = _key(institution)
        self._institutions.setdefault(home, institution)
        self._loose.setdefault(home, [])
        return home

    def _in_order(self, ids: frozenset[str]) -> Sequence[str]:
        return [each.id for each in self._qualifications if each.id in ids]

    def _group(self, recorded: shapes.RecordedGroup, qualifications: frozenset[str]) -> str | None:
        """Enter a group that was not entered before; returns its key, None when it is not valid."""
        if not recorded.erGyldig or recorded.emnesamling is None:
            return None
        home = self._home(recorded.opprinneligLarested)
        group = recorded.emnesamling
        key = f"emnesamling:{clean(group.kode) or next(iter(text_of(group.navnAlleSprak).values()), '')}"
        if (home, key) not in self._rows:
            parents = qualifications | {each.id for each in each_of(recorded.oppnaddeKvalifikasjoner)}
            row = _Row(partial(_course_group, recorded, group, key), False)
            self._enter(home, key, row, self._in_order(parents))
        return key

    def _enter(self, home: object, key: str, row: _Row, parents: Iterable[str]) -> None:
        """Enter a row below the first of its parents that stands under the same institution."""
        self._rows[home, key] = row
        above = next((self._rows[home, parent] for parent in parents if (home, parent) in self._rows), None)
        (above.parts if above else self._loose[home]).append(row)


_IS_COURSE = attrgetter("is_course")


def _in_a_row(rows: Sequence[_Row]) -> tuple[Result, ...]:
    """Each row with those that belong to it right below; loose courses last, as parts go before them."""
    results: list[Result] = []

    def add(row: _Row, parent: int | None) -> None:
        place = len(results)
        results.append(row.make(parent))
        for part in sorted(row.parts, key=_IS_COURSE) if row.parts else ():
            add(part, place)

    for row in sorted(rows, key=_IS_COURSE):
        add(row, None)
    return tuple(results)


def _key(institution: Institution) -> object:
    return institution.number if institution.number is not None else tuple(sorted(institution.name.items()))


def _institution(organisation: shapes.Organisation | None) -> Institution:
    if organisation is None:
        return Institution(None)
    code = organisation.organisasjonskode or ""
    return Institution(
        int(code) if code.isascii() and code.isdigit() and len(code) <= 8 else None,
        text_of(organisation.navnAlleSprak),
        erasmus=clean(organisation.erasmusInstitusjonskode),
    )


def _qualification(achieved: shapes.Qualification, parent: int | None) -> Result:
    kind, programme = achieved.kvalifikasjon, achieved.studieprogram
    credits, scheme = _extent(achieved.vekting)
    return Result(
        Category.QUALIFICATION,
        clean(programme.kode) if programme else None,
        name=(text_of(kind.navnAlleSprak) if kind else {}) or (text_of(programme.navnAlleSprak) if programme else {}),
        date=achieved.datoOppnadd,
        credits=credits,
        credit_scheme=scheme,
        level=_level(kind.studieniva if kind else None),
        nus=clean(kind.nuskode) if kind else None,
        parent=parent,
        source_key=achieved.id,
    )


def _course(outcome: shapes.Outcome, parent: int | None) -> Result:
    course = outcome.emne or shapes.Course()
    credits, scheme = _extent(outcome.gjeldendeVekting)
    grade, grading_scheme = _grade(outcome.karakter)
    url = course.url.und if course.url else None
    return Result(
        Category.COURSE,
        clean(course.kode),
        version=clean(course.versjonskode),
        name=text_of(course.navnAlleSprak),
        thesis_title=_thesis_title(outcome),
        term=_term(outcome.vurderingsenhet),
        credits=credits,
        credit_scheme=scheme,
        grade=grade,
        grading_scheme=grading_scheme,
        level=_level(course.studieniva),
        url=url if url and _URL.fullmatch(url) else None,
        parent=parent,
        source_key=outcome.id,
    )


def _course_group(recorded: shapes.RecordedGroup, group: shapes.CourseGroup, key: str, parent: int | None) -> Result:
    grade, grading_scheme = _grade(recorded.karakter)
    return Result(
        Category.COURSE_GROUP,
        clean(group.kode),
        name=text_of(group.navnAlleSprak),
        term=_term_of_month(recorded.oppnaddDato),
        grade=grade,
        grading_scheme=grading_scheme,
        level=_level(group.studieniva),
        nus=clean(group.nusKode),
        parent=parent,
        source_key=key,
    )


def _thesis_title(outcome: shapes.Outcome) -> Text:
    """The title as it was written, and its translation; else that of a special syllabus."""
    written = outcome.originalOppgavetittel
    language = (written.sprak.iso6391Kode if written and written.sprak else None) or "nb"
    original = text_of({language.lower(): written.tittel} if written else None)
    return {**text_of(outcome.oversattOppgavetittel), **original} or text_of(outcome.spesialpensumTittel)


def _term(unit: shapes.Unit | None) -> Term | None:
    """The term in which it was really assessed, else in which it should be, else in which the course ended."""
    if unit is None:
        return None
    periods = [each.gjelderTermin for each in (unit.reellVurderingsperiode, unit.vurderingsperiode) if each]
    ended = unit.terminPeriode.sluttTermin if unit.terminPeriode else None
    return next((term for each in (*periods, ended) if (term := term_of(each))), None)


def _term_of_month(month: shapes.Month | None) -> Term | None:
    if month is None or month.arstall is None or month.maned is None:
        return None
    return term_of_completion(date(month.arstall, month.maned, 1))


def term_of(given: shapes.Term | None) -> Term | None:
    """FS' Termin as a term; None when it is not a whole one."""
    season = _SEASONS.get((given.betegnelse.kode or "").upper()) if given and given.betegnelse else None
    return Term(given.arstall, season) if given and season and given.arstall else None


def _extent(extent: shapes.Extent | None) -> tuple[Decimal | None, str | None]:
    code = clean(extent.vektingstype.kode) if extent and extent.vektingstype else None
    return (extent.verdi if extent else None), (_SCHEMES.get(code.upper(), code) if code else None)


def _grade(grade: shapes.Grade | None) -> tuple[str | None, str | None]:
    """The grade as it is written, and the code of its rule."""
    if grade is None:
        return None, None
    written = text_of(grade.navnAlleSprak)
    shown = written.get("nb") or next(iter(written.values()), None)
    return (
        shown or clean(grade.tall) or clean(grade.bokstavEllerUgradert),
        clean(grade.regel.kode) if grade.regel else None,
    )


def _level(level: shapes.Level | None) -> Level | None:
    if level is None:
        return None
    if eqf := clean(level.eqfnivakode):
        return Level("EQF", eqf)
    code = clean(level.kode)
    return Level("FS", code) if code else None


def text_of(texts: Mapping[str, str | None] | None) -> Text:
    """The texts that are there, by language."""
    found = {}
    for language, text in (texts or {}).items():
        if text and (cleaned := clean(text)):
            found[_LANGUAGES.get(language, language)] = cleaned
    return found


def _learner(profiles: Sequence[shapes.Profile]) -> Learner:
    """Who it is, by all numbers; one that the institution made up is no national one."""
    if not profiles:
        return Learner()
    kinds = {each.fodselsnummer: each.fodselsnummertype for each in profiles}
    numbers = dict.fromkeys(number for profile in profiles for number in profile.numbers)
    first, name = profiles[0], profiles[0].navn
    return Learner(
        tuple(Identifier("fictive" if kinds.get(each) == FICTIVE else "nationalIdentifier", each) for each in numbers),
        nodes.clean(name.fornavn) if name else None,
        nodes.clean(name.etternavn) if name else None,
        first.fodselsdato,
    )
