"""A transcript as an ELMO 1.7 document."""

from datetime import datetime
from decimal import Decimal

from lxml import etree
from lxml.etree import _Element

from webapp.model import Category, Institution, Learner, Result, Season, Study, Term, Text, Transcript
from webapp.sources.elmo.instances import SOURCE_KEY
from webapp.sources.elmo.issuers import MERGED_INTO
from webapp.sources.elmo.nodes import ELMO_NS, FS_NS, NO_LANGUAGE, OWN_NS
from webapp.sources.elmo.own import add_own, add_texts
from webapp.sources.elmo.rows import INSTANCE, SPECIFICATION

#: ELMO 1.7 has a type for each of these; the other categories need our own extension.
_TYPES = {
    Category.QUALIFICATION: "Degree Programme",
    Category.COURSE: "Course",
    Category.COURSE_GROUP: "Module",
}
_SAID_BY_TYPE = (Category.QUALIFICATION, Category.COURSE)
#: The season's name in each language, then its first and last day: FS' own boundaries of terms.
_TERMS = {
    Season.SPRING: ({"no": "Vår", "nn": "Vår", "en": "Spring"}, "01-15", "07-15"),
    Season.SUMMER: ({"no": "Sommer", "nn": "Sommar", "en": "Summer"}, "06-15", "08-15"),
    Season.AUTUMN: ({"no": "Høst", "nn": "Haust", "en": "Autumn"}, "08-15", "12-15"),
}


def write(transcript: Transcript, generated_at: datetime) -> bytes:
    """The transcript as UTF-8 XML that is valid by the schema and that `read` makes the same transcript of.

    Texts are expected as `read` leaves them: no control characters, white space collapsed, never blank.
    A study's results are written in document order (a parent, then all below it). Left-out rows and findings
    are written too; whoever shares passed results only gives a transcript without them.
    """
    root = etree.Element(f"{{{ELMO_NS}}}elmo", nsmap={None: ELMO_NS, "fs": FS_NS, "own": OWN_NS})
    stamp = generated_at.isoformat(timespec="seconds")
    _add(root, "generatedDate", stamp)
    _add_learner(root, transcript.learner)
    for study in transcript.studies or (Study(Institution(number=None)),):
        _add_report(root, study, stamp)
    add_own(_add(root, "extension"), transcript)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _add(holder: _Element, name: str, text: str | None = None) -> _Element:
    node = etree.SubElement(holder, f"{{{ELMO_NS}}}{name}")
    node.text = text
    return node


def _add_identifier(holder: _Element, kind: str, value: object) -> None:
    if value is not None:
        _add(holder, "identifier", str(value)).set("type", kind)


def _add_learner(root: _Element, learner: Learner) -> None:
    node = _add(root, "learner")
    for identifier in learner.identifiers:
        _add_identifier(node, identifier.type, identifier.value)
    _add(node, "givenNames", learner.given_names)
    _add(node, "familyName", learner.family_name)
    if learner.birth_date is not None:
        _add(node, "bday", learner.birth_date.isoformat())


def _add_report(root: _Element, study: Study, stamp: str) -> None:
    report = _add(root, "report")
    _add_issuer(report, study.institution)
    # A parent stands before its children, so that its element is there when theirs are added.
    elements: list[_Element] = []
    for result in study.results:
        holder = report if result.parent is None else _add(elements[result.parent], "hasPart")
        elements.append(_add_specification(holder, result))
    _add(report, "issueDate", stamp)
    for scheme in sorted({result.grading_scheme for result in study.results if result.grading_scheme}):
        _add(report, "gradingScheme").set("localId", scheme)


def _add_issuer(report: _Element, institution: Institution) -> None:
    issuer = _add(report, "issuer")
    if institution.number is not None:
        _add(issuer, "country", "NO")
    _add_identifier(issuer, "local", institution.number)
    _add_identifier(issuer, "erasmus", institution.erasmus)
    _add_identifier(issuer, "schac", institution.schac)
    _add_identifier(issuer, MERGED_INTO, institution.merged_into)
    if not len(issuer):
        # The schema wants an identifier, a title and an address of everyone.
        _add_identifier(issuer, "local", "")
    _add_titles(issuer, institution.name)
    urn = f"urn:x-eksternstudium:institution:{institution.number or 'unknown'}"
    _add(issuer, "url", f"https://www.{institution.schac}/" if institution.schac else urn)


def _add_titles(holder: _Element, name: Text) -> None:
    add_texts(holder, f"{{{ELMO_NS}}}title", name or {NO_LANGUAGE: ""})


def _add_specification(holder: _Element, result: Result) -> _Element:
    node = _add(holder, SPECIFICATION)
    if result.code is not None:
        local = result.code if result.version is None else f"{result.code}-{result.version}"
        _add_identifier(node, "local", local)
    _add_identifier(node, "nus", result.nus)
    _add_identifier(node, "courseCode", result.code)
    _add_identifier(node, "courseVersion", result.version)
    _add_titles(node, result.name)
    if result.category in _TYPES:
        _add(node, "type", _TYPES[result.category])
    if result.url is not None:
        _add(node, "url", result.url)
    _add_instance(_add(node, "specifies"), result)
    return node


def _add_instance(specifies: _Element, result: Result) -> None:
    node = _add(specifies, INSTANCE)
    _add_source_key(node, result.source_key)
    if result.date is not None:
        _add(node, "date", result.date.isoformat())
    if result.term is not None and not result.term.derived:
        _add_term(node, result.term)
    _add(node, "status", "passed")
    if result.grading_scheme is not None:
        _add(node, "gradingSchemeLocalId", result.grading_scheme)
    if result.grade is not None:
        _add(node, "resultLabel", result.grade)
    _add_credit(node, result.credits, result.credit_scheme)
    if result.level is not None:
        level = _add(node, "level")
        _add(level, "type", result.level.scheme)
        _add(level, "value", result.level.value)
    _add_extension(node, result)


def _add_source_key(instance: _Element, key: str | None) -> None:
    """As the identifier that it was, type:value; whole where it does not come apart and together again."""
    if key is None:
        return
    kind, colon, value = key.partition(":")
    comes_apart = colon and value and kind.casefold() not in ("elmo", SOURCE_KEY.casefold())
    if comes_apart and f"{kind.strip()}:{value.strip()}" == key:
        _add_identifier(instance, kind, value)
    else:
        _add_identifier(instance, SOURCE_KEY, key)


def _add_term(instance: _Element, term: Term) -> None:
    seasons, first_day, last_day = _TERMS[term.season]
    node = _add(instance, "academicTerm")
    add_texts(node, f"{{{ELMO_NS}}}title", {code: f"{term.year} {word}" for code, word in seasons.items()})
    _add(node, "start", f"{term.year}-{first_day}")
    _add(node, "end", f"{term.year}-{last_day}")


def _add_credit(instance: _Element, value: Decimal | None, scheme: str | None) -> None:
    if value is None and scheme is None:
        return
    node = _add(instance, "credit")
    _add(node, "scheme", scheme)
    if value is not None:
        _add(node, "value", format(value, "f"))


def _add_extension(instance: _Element, result: Result) -> None:
    """What ELMO has no place for: FS' own element for thesis titles, ours for the rest."""
    node = etree.Element(f"{{{ELMO_NS}}}extension")
    add_texts(node, f"{{{FS_NS}}}element", result.thesis_title)
    for title in node:
        title.set("type", "fsAssesmentName")
    if result.category not in _SAID_BY_TYPE:
        etree.SubElement(node, f"{{{OWN_NS}}}category").text = result.category
    if result.term is not None and result.term.derived:
        words = _TERMS[result.term.season][0]
        etree.SubElement(node, f"{{{OWN_NS}}}derivedTerm").text = f"{result.term.year} {words['no']}"
    if len(node):
        instance.append(node)
