"""What a learning opportunity is: its category, code, version, names, NUS code and address."""

import re

from webapp.model import Category
from webapp.sources.elmo.findings import FindingCode, Findings
from webapp.sources.elmo.nodes import Parts, first_text, names, parts, text_of, typed_texts
from webapp.sources.elmo.rows import Row, parts_of

_CATEGORIES = {
    "degree programme": Category.QUALIFICATION,
    "degree": Category.QUALIFICATION,
    "course": Category.COURSE,
    "class": Category.COURSE,
    "module group": Category.COURSE_GROUP,
    "delstudier": Category.PARTIAL_STUDIES,
    "exchange": Category.PARTIAL_STUDIES,
    "praksis": Category.PRACTICE,
    "practice": Category.PRACTICE,
    "internship": Category.PRACTICE,
}
_OWN_CATEGORIES: dict[str | None, Category] = {category.value: category for category in Category}
_CODE_AND_VERSION = re.compile(r"(.+)-(\d{1,3})")
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
#: Identifiers that do not name the course or the qualification.
_NOT_A_CODE = frozenset({"elmo", "nus", "subjectarea", "courseversion"})


def category_of(row: Row, findings: Findings) -> Category:
    """The category: our own extension's, else that of the type, else concluded from the content."""
    explicit = first_text(row.extensions.get("category"))
    if explicit in _OWN_CATEGORIES:
        return _OWN_CATEGORIES[explicit]
    kind = first_text(row.los.get("type"))
    known = _CATEGORIES.get(kind.casefold()) if kind else None
    if known is not None:
        return known
    # "Module" is a course in Norway and Finland, and a group of them in Germany: its parts tell.
    if kind and kind.casefold() != "module":
        findings.note(FindingCode.UNKNOWN_TYPE, row.los["type"][0])
    qualification = _qualification(row.los)
    if "title" in qualification or "identifier" in qualification:
        return Category.QUALIFICATION
    return Category.COURSE_GROUP if parts_of(row.los) else Category.COURSE


def names_of(los: Parts) -> dict[str, str]:
    """The names; those of the qualification where the opportunity has none of its own."""
    return names(los.get("title")) or names(_qualification(los).get("title"))


def code_and_version_of(row: Row, category: Category, pairs: list[tuple[str, str]]) -> tuple[str | None, str | None]:
    """Code and version apart, of the row's identifiers. FS writes a course's `local` identifier as CODE-VERSION; others
    write codes."""
    found = _first_of_each(pairs)
    version = found.get("courseversion")
    if "coursecode" in found or row.setting.exact:
        return found.get("coursecode"), version
    code = found.get("local")
    if code is None:
        return next((text for kind, text in pairs if kind not in _NOT_A_CODE), None), version
    if version is not None:
        return code.removesuffix("-" + version), version
    if row.setting.norwegian and category is Category.COURSE and (split := _CODE_AND_VERSION.fullmatch(code)):
        return split[1], split[2]
    return code, None


def nus_of(identifiers: list[tuple[str, str]]) -> str | None:
    """The code of the Norwegian standard classification of education (NUS2000), six digits."""
    return _first_of_each(identifiers).get("nus")


def url_of(row: Row, findings: Findings) -> str | None:
    """The first address that is safe to link to (http or https)."""
    for node in row.los.get("url", []):
        text = text_of(node)
        if text is not None and _URL.fullmatch(text):
            return text
        if text is not None:
            findings.note(FindingCode.UNREADABLE_URL, node)
    return None


def _qualification(los: Parts) -> Parts:
    return parts(los["qualification"][0]) if "qualification" in los else {}


def identifiers_of(los: Parts) -> list[tuple[str, str]]:
    """Type in lower case and text; in the purl form a degree's identifiers are inside its qualification."""
    pairs = [*typed_texts(los.get("identifier")), *typed_texts(_qualification(los).get("identifier"))]
    return [(kind.casefold(), text) for kind, text in pairs]


def _first_of_each(pairs: list[tuple[str, str]]) -> dict[str, str]:
    return dict(reversed(pairs))
