"""What FS says of one thing, as one of ours: a result, an institution, a person, a term."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from webapp.model import Category, Identifier, Institution, Learner, Level, Result, Season, Term, Text
from webapp.sources.elmo import nodes
from webapp.sources.elmo.terms import term_of_completion
from webapp.sources.fs_graphql import shapes

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


def institution_of(organisation: shapes.Organisation | None) -> Institution:
    """An institution; its code is its number."""
    if organisation is None:
        return Institution(None)
    code = organisation.organisasjonskode or ""
    return Institution(
        int(code) if code.isascii() and code.isdigit() and len(code) <= 8 else None,
        text_of(organisation.navnAlleSprak),
        erasmus=clean(organisation.erasmusInstitusjonskode),
    )


def qualification_of(achieved: shapes.Qualification, parent: int | None) -> Result:
    """An achieved qualification."""
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


def course_of(outcome: shapes.Outcome, parent: int | None) -> Result:
    """A passed course."""
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


def course_group_of(recorded: shapes.RecordedGroup, group: shapes.CourseGroup, key: str, parent: int | None) -> Result:
    """A course group, by the key that it is known by."""
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
    for period in (unit.reellVurderingsperiode, unit.vurderingsperiode):
        if period is not None and (term := term_of(period.gjelderTermin)):
            return term
    return term_of(unit.terminPeriode.sluttTermin) if unit.terminPeriode else None


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


def learner_of(profiles: Sequence[shapes.Profile]) -> Learner:
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
