"""A transcript as FS holds it: a student with qualifications and results, by the names of the schema."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from webapp.identity import Kind
from webapp.model import (
    Category,
    Institution,
    Learner,
    LeftOut,
    LeftOutReason,
    Level,
    Result,
    Season,
    Term,
    Text,
    Transcript,
)

#: A value of the schema: a field's name, and its value or what is called for it.
Node = dict[str, Any]

_EXTENTS = {"ECTS": "SP", "vekttall": "VT"}
_LANGUAGES = ("nb", "nn", "en", "se")


def student_of(institution: Institution, transcript: Transcript, numbers: Sequence[str]) -> Node:
    """The student of a transcript, without `resultaterV2`; its results are at `results`.

    `numbers`: those that the document is found by. They are the learner's former ones only if the learner's own is
    among them: a document may have got mixed up.
    """
    here = organisation_of(institution)
    ids = _Ids(institution, transcript.learner)
    qualifications: list[Node] = []
    results: list[Node] = []
    for study in transcript.studies:
        foreign = study.institution.number != institution.number
        original = organisation_of(study.institution) if foreign else None
        entered: list[Node] = []
        for result in study.results:
            parent = entered[result.parent] if result.parent is not None else None
            node = _Entered(ids, here, original).entered(result, parent)
            entered.append(node)
            if result.category is Category.QUALIFICATION:
                qualifications.append(node)
            elif result.category is not Category.COURSE_GROUP:
                results.append(node)
    results += [_left_out(ids, here, each) for each in transcript.left_out if each.reason in _MARKS]
    return {
        "id": ids.of("StudentVedLarested"),
        "larested": here,
        "personProfil": profile_of(transcript.learner, numbers),
        "oppnaddKvalifikasjon": qualifications,
        "samtykker": [],
        "results": results,
    }


def profile_of(learner: Learner, numbers: Sequence[str]) -> Node:
    """Who a learner is, with former numbers."""
    current = next(iter(learner.national_identifiers), None)
    others = [*learner.national_identifiers[1:], *(numbers if current in numbers else ())]
    former = [each for each in dict.fromkeys(others) if each != current]
    return {
        "fodselsnummer": current,
        "fodselsnummertype": Kind.D_NUMMER if current and current[0] in "4567" else Kind.FODSELSNUMMER,
        "fodselsnummerhistorikk": [{"tidligereFodselsnummer": each, "nyttFodselsnummer": current} for each in former],
        "fodselsdato": learner.birth_date.isoformat() if learner.birth_date else None,
        "navn": {"fornavn": learner.given_names, "etternavn": learner.family_name},
        "tidligerePersonNavn": [],
    }


def organisation_of(institution: Institution) -> Node:
    """An institution."""
    return {
        "organisasjonskode": str(institution.number) if institution.number is not None else None,
        "navnAlleSprak": _texts(institution.name),
        "erasmusInstitusjonskode": institution.erasmus,
    }


class _Ids:
    """Ids that stay the same from build to build, and that tell nothing."""

    def __init__(self, institution: Institution, learner: Learner) -> None:
        self._about = f"{institution.number} {next(iter(learner.national_identifiers), '')}"
        self._given: Counter[str] = Counter()

    def of(self, kind: str, *marks: object) -> str:
        """The id of a thing; further ones of the same kind and marks get others."""
        what = " ".join(map(str, (self._about, kind, *marks)))
        self._given[what] += 1
        return sha256(f"{what} {self._given[what]}".encode()).hexdigest()[:24]


class _Entered:
    """Enters results of one study: `original` is the institution of before a merger."""

    def __init__(self, ids: _Ids, here: Node, original: Node | None) -> None:
        self._ids = ids
        self._here = here
        self._original = original

    def entered(self, result: Result, parent: Node | None) -> Node:
        """A result below its parent, where it has one."""
        if result.category is Category.QUALIFICATION:
            return self._qualification(result)
        if result.category is Category.COURSE_GROUP:
            return self._group(result, parent)
        return self._course(result, parent)

    def _qualification(self, result: Result) -> Node:
        return {
            "id": self._ids.of("OppnaddKvalifikasjon", result.code, result.date),
            "datoOppnadd": result.date.isoformat() if result.date else None,
            "erKunngjort": True,
            "kvalifikasjon": {
                "navnAlleSprak": _texts(result.name),
                "nuskode": result.nus,
                "studieniva": _level(result.level),
            },
            "studieprogram": {"kode": result.code, "navnAlleSprak": _texts(result.name)},
            "vekting": _extent(result.credits, result.credit_scheme),
            "emnesamlingIKvalifikasjon": [],
        }

    def _group(self, result: Result, parent: Node | None) -> Node:
        term = result.term
        month = 6 if term and term.season is Season.SPRING else 12
        group: Node = {
            "emnesamling": {
                "kode": result.code,
                "navnAlleSprak": _texts(result.name),
                "nusKode": result.nus,
                "studieniva": _level(result.level),
            },
            "karakter": _grade(result),
            "oppnaddDato": {"arstall": term.year, "maned": month} if term else None,
            "erGyldig": True,
            "opprinneligLarested": self._original,
            "oppnaddeKvalifikasjoner": [parent] if parent else [],
        }
        if parent:
            parent["emnesamlingIKvalifikasjon"].append({"protokollfoertEmnesamling": group})
        return group

    def _course(self, result: Result, parent: Node | None) -> Node:
        group = parent if parent and "emnesamling" in parent else None
        qualifications = group["oppnaddeKvalifikasjoner"] if group else [parent] if parent else []
        term = {"gjelderTermin": term_of(result.term), "arstall": result.term.year} if result.term else None
        return {
            "id": self._ids.of("Resultat", result.code, result.term, result.name),
            "emne": {
                "kode": result.code,
                "versjonskode": result.version,
                "navnAlleSprak": _texts(result.name),
                "studieniva": _level(result.level),
                "url": {"und": result.url},
            },
            "erGyldig": True,
            "erKunngjort": True,
            "erOppnadd": True,
            "vurderingsresultatstatus": {"kode": "B", "erBestatt": True},
            "gjeldendeVekting": _extent(result.credits, result.credit_scheme),
            "karakter": _grade(result),
            "larested": self._here,
            "opprinneligLarested": self._original,
            **_titles(result.thesis_title),
            "oppnaddeKvalifikasjoner": qualifications,
            "resultatIKvalifikasjon": [{"oppnaddKvalifikasjon": each} for each in qualifications],
            "protokollFoerteEmnesamlinger": [group] if group else [],
            "vurderingsenhet": {"reellVurderingsperiode": term, "vurderingsperiode": term},
        }


#: How FS marks what is not a result: what was passed, and whether nobody complains.
_MARKS = {LeftOutReason.FAILED: (False, False), LeftOutReason.UNCERTAIN: (True, False)}


def _left_out(ids: _Ids, here: Node, row: LeftOut) -> Node:
    passed, undisputed = _MARKS[row.reason]
    return {
        "id": ids.of("Resultat", row.code, row.reason),
        "emne": {"kode": row.code, "navnAlleSprak": _texts(row.name)},
        "erGyldig": True,
        "erKunngjort": True,
        "erOppnadd": undisputed,
        "vurderingsresultatstatus": {"kode": "B" if passed else "S", "erBestatt": passed},
        "larested": here,
    }


def _texts(text: Text) -> Node:
    return {language: text.get(language) for language in _LANGUAGES}


def _level(level: Level | None) -> Node | None:
    if level is None:
        return None
    return {"eqfnivakode": level.value} if level.scheme == "EQF" else {"kode": level.value}


def _extent(credits: Decimal | None, scheme: str | None) -> Node | None:
    if credits is None and scheme is None:
        return None
    # JSON has one kind of number: whole ones are written whole.
    value = None if credits is None else int(credits) if credits == int(credits) else float(credits)
    return {"verdi": value, "vektingstype": {"kode": _EXTENTS.get(scheme or "", scheme)}}


def _grade(result: Result) -> Node | None:
    if result.grade is None and result.grading_scheme is None:
        return None
    names = {"nb": result.grade} if result.grade is not None else None
    return {"navnAlleSprak": names, "regel": {"kode": result.grading_scheme}}


def term_of(term: Term | None) -> Node | None:
    """A term."""
    return {"arstall": term.year, "betegnelse": {"kode": str(term.season)}} if term else None


def _titles(title: Text) -> Node:
    """The original in the language of the institution, and the translation."""
    original = next((language for language in title if language != "en"), None)
    written = {"tittel": title[original], "sprak": {"iso6391Kode": original}} if original else None
    return {"originalOppgavetittel": written, "oversattOppgavetittel": {"en": title.get("en")}}
