"""What a learning opportunity is: its category, code, version, names, NUS code and address."""

import re

from webapp.model import Category
from webapp.sources.elmo.findings import FindingCode, Findings
from webapp.sources.elmo.nodes import Parts, first_text, kinds_and_texts, names, text_of
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
        findings.note(FindingCode.UNKNOWN_TYPE, row.los["type"][0][0])
    qualification = _qualification(row)
    if "title" in qualification or "identifier" in qualification:
        return Category.QUALIFICATION
    return Category.COURSE_GROUP if parts_of(row.tree, row.los) else Category.COURSE


def names_of(row: Row) -> dict[str, str]:
    """The names; those of the qualification where the opportunity has none of its own."""
    return names(row.los.get("title")) or names(_qualification(row).get("title"))


def codes_of(row: Row, category: Category) -> tuple[str | None, str | None, str | None]:
    """Code, version, and the code of the Norwegian standard classification of education (NUS2000, six digits)."""
    pairs = _identifiers(row)
    found = dict(reversed(pairs))
    return (*_code_and_version(row, category, pairs, found), found.get("nus"))


def _code_and_version(
    row: Row, category: Category, pairs: list[tuple[str, str]], found: dict[str, str]
) -> tuple[str | None, str | None]:
    """Code and version apart, of the row's identifiers, and the first of each kind. FS writes a course's `local`
    identifier as CODE-VERSION; others write codes."""
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


def url_of(row: Row, findings: Findings) -> str | None:
    """The first address that is safe to link to (http or https)."""
    for node in row.los.get("url", ()):
        text = text_of(node)
        if text is not None and _URL.fullmatch(text):
            return text
        if text is not None:
            findings.note(FindingCode.UNREADABLE_URL, node[0])
    return None


def _qualification(row: Row) -> Parts:
    return row.tree.first(row.los, "qualification")


def _identifiers(row: Row) -> list[tuple[str, str]]:
    """Type in lower case and text; in the purl form a degree's identifiers are inside its qualification."""
    pairs = kinds_and_texts(row.los.get("identifier"))
    return pairs + kinds_and_texts(_qualification(row).get("identifier")) if "qualification" in row.los else pairs
