"""Reading single XML nodes by local name, blank as absent, whichever namespace they are in."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import TypeAlias

from lxml.etree import _Element

from webapp.sources.elmo.remembering import remembered

#: An element with its text, cleaned; None where it is blank, and where there are elements inside it.
Node: TypeAlias = tuple[_Element, str | None]
#: The children of an element by local name, in document order.
Parts: TypeAlias = Mapping[str, list[Node]]

ELMO_NS = "https://github.com/emrex-eu/elmo-schemas/tree/v1"
PURL_NS = "http://purl.org/net/elmo"
#: FS' own extension elements: `<element type="fsAssesmentName">` (sic), fsLevel, fsGradingScheme.
FS_NS = "http://www.fellesstudentsystem.no/applikasjoner/webservice/schemas/emrex"
#: What ELMO 1.7 has no place for, in the documents that we write.
OWN_NS = "urn:x-eksternstudium:elmo:1"

#: The language of a text that names none (ISO 639-2: undetermined).
NO_LANGUAGE = "und"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LANGUAGE = re.compile(r"[a-z]{1,8}(-[a-z0-9]{1,8})*")
#: Regional forms of these are stored under the language itself, where screens look for them.
_PLAIN_LANGUAGES = {"no": "nb", "nb": "nb", "nn": "nn", "en": "en"}


def local(element: _Element) -> str:
    """The element's name without its namespace."""
    return _local(str(element.tag))


@remembered
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def namespace(element: _Element) -> str:
    """The element's namespace, blank if it has none."""
    return str(element.tag).rpartition("}")[0][1:]


#: Transcripts have some hundreds of elements.
MOST_ELEMENTS = 50_000
_NO_PARTS: Parts = MappingProxyType({})


class Tree(dict[_Element | None, Parts]):
    """The parts of an element and of all below it, by element; nothing has none.

    It is made in one pass, that knows from the number of an element's children where they end, and cleans each text
    once. Of a document with more than `most` elements, which could fill the memory, it keeps nothing, and asks lxml for
    the children of one element after the other.
    """

    def __init__(self, root: _Element, most: int = MOST_ELEMENTS) -> None:
        super().__init__()
        unfinished: list[tuple[dict[str, list[Node]], int]] = []
        found: dict[str, list[Node]] = {}
        left = 1
        for element in islice(root.iter(), most):
            children = len(element)
            # What `clean` does to most texts, here without a call for each.
            if (text := None if children else element.text) is not None:
                text = text.strip() or None if text.isprintable() and "  " not in text else clean(text)
            name = _local(element.tag)  # type: ignore[arg-type]  # a text: comments are not let in
            if name in found:
                found[name].append((element, text))
            else:
                found[name] = [(element, text)]
            left -= 1
            if children:
                if left:
                    unfinished.append((found, left))
                self[element] = found = {}
                left = children
            elif not left and unfinished:
                found, left = unfinished.pop()
        if left:
            self.clear()

    def first(self, found: Parts, name: str) -> Parts:
        """The parts of the first of an element's parts with a name."""
        return self[found[name][0][0]] if name in found else _NO_PARTS

    def __missing__(self, element: _Element | None) -> Parts:
        if element is None or not len(element):
            return _NO_PARTS
        found: dict[str, list[Node]] = {}
        for child in element:
            found.setdefault(local(child), []).append(node_of(child))
        return found


def clean(raw: str | None) -> str | None:
    """Text with white space collapsed and control characters dropped; None when nothing is left."""
    if raw is None:
        return None
    if raw.isprintable() and "  " not in raw:
        # Of all white space the blank alone is printable.
        return raw.strip() or None
    text = " ".join(raw.split())
    if not text.isprintable():
        # XML allows C1 controls; on a terminal they are commands.
        text = " ".join("".join(c for c in text if unicodedata.category(c) != "Cc").split())
    return text or None


def node_of(element: _Element) -> Node:
    """An element with its text."""
    return element, None if len(element) else clean(element.text)


def text_of(node: Node) -> str | None:
    """What the element says, markup inside it left out."""
    element, text = node
    return clean("".join(element.itertext())) if text is None and len(element) else text


def first_text(nodes: Sequence[Node] | None) -> str | None:
    """The first of the elements' texts that is not blank."""
    for node in nodes or ():
        if (text := node[1] or text_of(node)) is not None:
            return text
    return None


def typed_texts(nodes: Sequence[Node] | None) -> list[tuple[str, str]]:
    """Type attribute and text of each identifier that is not blank."""
    return [(_type(node[0].get("type")), text) for node in nodes or () if (text := node[1] or text_of(node))]


def kinds_and_texts(nodes: Sequence[Node] | None) -> list[tuple[str, str]]:
    """Like `typed_texts`, with the type casefolded."""
    return [(_kind(node[0].get("type")), text) for node in nodes or () if (text := node[1] or text_of(node))]


@remembered
def _type(raw: str | None) -> str:
    return clean(raw) or ""


@remembered
def _kind(raw: str | None) -> str:
    return _type(raw).casefold()


@remembered
def _language(raw: str | None) -> tuple[str, bool]:
    """A language as the model writes it, and whether the tag was exactly that."""
    tag = (clean(raw) or NO_LANGUAGE).lower().replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        return NO_LANGUAGE, False
    plain = _PLAIN_LANGUAGES.get(tag.partition("-")[0], tag)
    return plain, plain == tag


def names(nodes: Sequence[Node] | None) -> dict[str, str]:
    """Texts by language. Where several tags mean one language ("no" and "nb"), the exact one wins."""
    found: dict[str, str] = {}
    exact: set[str] = set()
    for node in nodes or ():
        if (text := node[1] or text_of(node)) is None:
            continue
        code, is_exact = _language(node[0].get(XML_LANG))
        if code not in found or (is_exact and code not in exact):
            found[code] = text
        if is_exact:
            exact.add(code)
    return found
