"""What the learner attained: date, term, extent, grade, level and the source's own key."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from webapp.model import Level, Term
from webapp.sources.elmo.findings import FindingCode, Findings
from webapp.sources.elmo.nodes import Node, Parts, clean, first_text, names, text_of, typed_texts
from webapp.sources.elmo.remembering import remembered
from webapp.sources.elmo.rows import Row
from webapp.sources.elmo.terms import read_date, term_in, term_of_completion, term_of_start

_DECIMAL = re.compile(r"\d{1,12}(?:[.,]\d{0,18})?|[.,]\d{1,18}")
#: FS' study levels go from 30 to 990; smaller integers are levels of another scheme.
_FS_LEVELS = range(30, 991)
#: The type of an instance's identifier that holds a whole source key in the documents that we write.
SOURCE_KEY = "sourceKey"
_RECORD_KEYS = ("ewp-loi-id", "opintosuoritus_avain")
#: Not of learners' birth dates: nothing of a person is to stay in memory.
_day = remembered(read_date)


def date_of(row: Row, findings: Findings) -> date | None:
    """The day of completion."""
    for node in row.loi.get("date", ()):
        if (raw := text_of(node)) is None:
            continue
        if (day := _day(raw)) is not None:
            return day
        findings.note(FindingCode.UNREADABLE_DATE, node[0])
    return None


def term_of(row: Row, completed: date | None, findings: Findings) -> Term | None:
    """The term as given: by name in academicTerm or (purl) in `start`; else derived from dates.

    In a document of our own, what is not given was not known.
    """
    if (own := first_text(row.extensions.get("derivedTerm"))) and (term := term_in(own)):
        return Term(term.year, term.season, derived=True)
    academic_term = row.tree.first(row.loi, "academicTerm")
    for nodes in (academic_term.get("title"), row.loi.get("start"), row.loi.get("date")):
        for node in nodes or ():
            if (raw := text_of(node)) and (term := term_in(raw)):
                return term
    return None if row.setting.exact else _derived_term(row, academic_term, completed, findings)


def _derived_term(row: Row, academic_term: Parts, completed: date | None, findings: Findings) -> Term | None:
    if (begun := _start(academic_term, findings)) is not None:
        return term_of_start(begun)
    completed = _day(first_text(academic_term.get("end")) or "") or completed
    if completed is not None:
        return term_of_completion(completed)
    begun = _start(row.loi, findings)
    return term_of_start(begun) if begun is not None else None


def _start(found: Parts, findings: Findings) -> date | None:
    for node in found.get("start", ()):
        if (raw := text_of(node)) is None:
            continue
        if (day := _day(raw)) is not None:
            return day
        findings.note(FindingCode.UNREADABLE_TERM, node[0])
    return None


def credits_of(row: Row, findings: Findings) -> tuple[Decimal | None, str | None]:
    """Extent and its scheme as given, from the instance or (purl) from the specification; ECTS if there."""
    nodes = row.loi.get("credit") or row.los.get("credit")
    if not nodes:
        return None, None
    if len(nodes) == 1:
        found = row.tree[nodes[0][0]]
        return _number(found, findings), first_text(found.get("scheme"))
    told = [(found, first_text(found.get("scheme"))) for found in (row.tree[element] for element, _ in nodes)]
    chosen = next((place for place, (_, scheme) in enumerate(told) if (scheme or "").casefold() == "ects"), 0)
    for place, node in enumerate(nodes):
        if place != chosen:
            findings.note(FindingCode.FURTHER_CREDITS, node[0])
    found, scheme = told[chosen]
    return _number(found, findings), scheme


def _number(credit: Parts, findings: Findings) -> Decimal | None:
    for node in credit.get("value", ()):
        if (raw := text_of(node)) is None:
            continue
        if (number := _decimal(raw)) is not None:
            return number
        findings.note(FindingCode.UNREADABLE_CREDITS, node[0])
    return None


@remembered
def _decimal(text: str) -> Decimal | None:
    return Decimal(text.replace(",", ".")) if _DECIMAL.fullmatch(text) and text.isascii() else None


def grade_of(loi: Parts) -> str | None:
    """The grade as printed: resultLabel, in the purl form `result`."""
    return first_text(loi.get("resultLabel")) or first_text(loi.get("result"))


def grading_scheme_of(row: Row) -> str | None:
    """The grading scheme's number at the issuer, in the purl form its name ("NO30")."""
    if (given := first_text(row.loi.get("gradingSchemeLocalId"))) is not None:
        return given
    of_results = (clean(element.get("scheme")) for element, _ in row.loi.get("result", ()))
    return next((scheme for scheme in of_results if scheme), None) or first_text(row.extensions.get("fsGradingScheme"))


def level_of(row: Row) -> Level | None:
    """The level: EQF if given, else FS' own code, else another scheme's, else the word in the file."""
    levels: list[Level] = []
    for element, _ in row.loi.get("level", ()):
        if level := _level(row.tree[element]):
            if level.scheme == "EQF":
                return level
            levels.append(level)
    in_credits = (row.tree[element].get("level") for element, _ in row.loi.get("credit") or row.los.get("credit") or ())
    words = [word for nodes in (*in_credits, row.los.get("level")) if (word := _level_text(nodes))]
    for code in (_level_text(row.extensions.get("fsLevel")), *words):
        if code is not None and code.isascii() and code.isdigit() and int(code[:4]) in _FS_LEVELS:
            return Level("FS", code)
    if levels:
        return levels[0]
    return Level("ELMO", words[0]) if words else None


def _level(found: Parts) -> Level | None:
    scheme, value = first_text(found.get("type")), _level_text(found.get("value"))
    if not scheme or not value:
        return None
    return _eqf(value) if scheme.upper() == "EQF" else Level(scheme, value)


@remembered
def _eqf(value: str) -> Level:
    return Level("EQF", value)


def _level_text(nodes: Sequence[Node] | None) -> str | None:
    text = first_text(nodes)
    return None if text == "-" else text


def thesis_title_of(row: Row) -> dict[str, str]:
    """The title of a thesis: fsAssesmentName as it is given.

    FS puts the title of a thesis there; of an ordinary course it holds the form of assessment. Nothing in the
    document tells one from the other, and a thesis title that is lost is worse than a form that is shown.
    """
    return names(row.extensions.get("fsAssesmentName"))


def source_key_of(loi: Parts) -> str | None:
    """The source's own stable key of the record, as type:value; `elmo` identifiers are not stable."""
    if "identifier" not in loi:
        return None
    found = dict(reversed(typed_texts(loi["identifier"])))
    if SOURCE_KEY in found:
        return found[SOURCE_KEY]
    for kind in (*_RECORD_KEYS, *reversed(found)):
        if kind in found and kind.casefold() != "elmo":
            return f"{kind}:{found[kind]}"
    return None
