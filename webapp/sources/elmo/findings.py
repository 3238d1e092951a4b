"""What a document says that could not be understood: stable codes, their sentences, and where it was."""

from enum import StrEnum

from lxml.etree import _Element

from webapp.model import Finding
from webapp.sources.elmo.nodes import clean, local

TEXT_LIMIT_CHARACTERS = 200
#: Enough to see what is wrong with a source; a document of nothing but faults must not keep us busy.
FINDINGS_LIMIT = 200


class FindingCode(StrEnum):
    """The kinds of findings; the codes are stored and must not change."""

    UNEXPECTED_NAMESPACE = "unexpected-namespace"
    OTHER_LEARNER = "other-learner"
    UNREADABLE_DATE = "unreadable-date"
    UNREADABLE_TERM = "unreadable-term"
    UNREADABLE_CREDITS = "unreadable-credits"
    FURTHER_CREDITS = "further-credits"
    UNKNOWN_STATUS = "unknown-status"
    UNKNOWN_TYPE = "unknown-type"
    UNREADABLE_URL = "unreadable-url"
    UNREADABLE_NUMBER = "unreadable-institution-number"
    DUPLICATE = "duplicate"


#: The caseworker's sentence for each kind.
SENTENCES: dict[FindingCode, str] = {
    FindingCode.UNEXPECTED_NAMESPACE: "Dokumentet har et annet navnerom enn ELMO.",
    FindingCode.OTHER_LEARNER: "En del av dokumentet gjelder en annen person og er ikke tatt med.",
    FindingCode.UNREADABLE_DATE: "En dato lot seg ikke tyde.",
    FindingCode.UNREADABLE_TERM: "En termin lot seg ikke tyde.",
    FindingCode.UNREADABLE_CREDITS: "Et omfang lot seg ikke tyde.",
    FindingCode.FURTHER_CREDITS: "Omfanget er oppgitt på flere måter; bare én er tatt med.",
    FindingCode.UNKNOWN_STATUS: "En status er ukjent.",
    FindingCode.UNKNOWN_TYPE: "En type er ukjent; kategorien er sluttet av innholdet.",
    FindingCode.UNREADABLE_URL: "En lenke er ikke en nettadresse og er ikke tatt med.",
    FindingCode.UNREADABLE_NUMBER: "Et institusjonsnummer er ikke et tall.",
    FindingCode.DUPLICATE: "Det samme resultatet står to ganger; det er tatt med én gang.",
}


class Findings(list[Finding]):
    """The findings of one document, in the order in which they were made."""

    def note(self, code: FindingCode, element: _Element, text: str | None = None) -> None:
        """Record that `element` could not be understood; `text` if other than what it contains."""
        if len(self) >= FINDINGS_LIMIT:
            return
        said = clean("".join(element.itertext()) if text is None else text) or ""
        self.append(Finding(code, path_of(element), (clean(said[:TEXT_LIMIT_CHARACTERS]) or "")))


def path_of(element: _Element) -> str:
    """Where the element is, by local names; the place among siblings of the same name where it has any."""
    steps = []
    node: _Element | None = element
    while node is not None:
        parent = node.getparent()
        name = local(node)
        twins = [child for child in parent if local(child) == name] if parent is not None else [node]
        steps.append(f"{name}[{twins.index(node) + 1}]" if len(twins) > 1 else name)
        node = parent
    return "/" + "/".join(reversed(steps))
