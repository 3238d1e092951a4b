"""The institution that issued a report, and whether it is Norwegian."""

from dataclasses import replace

from lxml.etree import _Element

from webapp.model import Institution
from webapp.sources.elmo.findings import FindingCode, Findings
from webapp.sources.elmo.nodes import Tree, first_text, kinds_and_texts, names

#: FS keeps institution numbers as NUMBER(8,0).
NUMBER_DIGITS = 8
#: Our own identifier type: the number of the institution into which this one was merged.
MERGED_INTO = "mergedInto"


def read_issuer(tree: Tree, element: _Element | None, findings: Findings) -> tuple[Institution, bool | None]:
    """The institution, and whether it is Norwegian (its `local` identifier is then its number in FS).

    None when nothing but perhaps a number tells.
    """
    found = tree[element]
    identifiers = dict(reversed(kinds_and_texts(found.get("identifier"))))
    schac, erasmus = identifiers.get("schac"), identifiers.get("erasmus")
    norwegian = _is_norwegian(first_text(found.get("country")), schac, erasmus)
    number = _number(identifiers.get("local")) if norwegian is not False else None
    if element is not None and norwegian and "local" in identifiers and number is None:
        findings.note(FindingCode.UNREADABLE_NUMBER, element, identifiers["local"])
    institution = Institution(
        number=number,
        name=names(found.get("title")),
        schac=schac,
        erasmus=erasmus,
        merged_into=_number(identifiers.get(MERGED_INTO.casefold())),
    )
    return institution, norwegian


def _is_norwegian(country: str | None, schac: str | None, erasmus: str | None) -> bool | None:
    """By country, else by the SCHAC domain, else by the Erasmus code; None when nothing tells."""
    if country is not None:
        return country.upper() == "NO"
    if schac is not None:
        return schac.lower().endswith(".no")
    return erasmus.upper().startswith("N ") if erasmus is not None else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS else None


def same_issuer(one: Institution, other: Institution) -> bool:
    """Whether two reports of one document have the same issuer: by any identifier both have, else by name."""
    pairs = [(one.schac, other.schac), (one.number, other.number), (one.erasmus, other.erasmus)]
    known = [mine == theirs for mine, theirs in pairs if mine is not None and theirs is not None]
    return all(known) if known else one.name == other.name


def completed(one: Institution, other: Institution) -> Institution:
    """The first with what only the second says."""
    if one is other:
        return one
    return replace(
        one,
        number=one.number if one.number is not None else other.number,
        name={**other.name, **one.name},
        schac=one.schac or other.schac,
        erasmus=one.erasmus or other.erasmus,
        merged_into=one.merged_into if one.merged_into is not None else other.merged_into,
    )
