"""Reading single XML nodes by local name, blank as absent, whichever namespace they are in."""

import re
import unicodedata
from typing import TypeAlias

from lxml.etree import _Element

from webapp.sources.elmo.remembering import remembered

#: The children of an element by local name, in document order.
Parts: TypeAlias = dict[str, list[_Element]]

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
    return str(element.tag).rpartition("}")[2]


def namespace(element: _Element) -> str:
    """The element's namespace, blank if it has none."""
    return str(element.tag).rpartition("}")[0][1:]


def parts(element: _Element | None) -> Parts:
    """The element's children by local name."""
    found: Parts = {}
    for child in element if element is not None else ():
        name = str(child.tag).rpartition("}")[2]
        if name in found:
            found[name].append(child)
        else:
            found[name] = [child]
    return found


def clean(raw: str | None) -> str | None:
    """Text with white space collapsed and control characters dropped; None when nothing is left."""
    if raw is None:
        return None
    text = " ".join(raw.split())
    if not text.isprintable():
        # XML allows C1 controls; on a terminal they are commands.
        text = " ".join("".join(c for c in text if unicodedata.category(c) != "Cc").split())
    return text or None


def text_of(element: _Element) -> str | None:
    """What the element says, markup inside it left out."""
    return clean("".join(element.itertext()) if len(element) else element.text)


def first_text(elements: list[_Element] | None) -> str | None:
    """The first of the elements' texts that is not blank."""
    for element in elements or ():
        if (text := text_of(element)) is not None:
            return text
    return None


def typed_texts(elements: list[_Element] | None) -> list[tuple[str, str]]:
    """Type attribute and text of each identifier that is not blank."""
    return [(_type(element.get("type")), text) for element in elements or () if (text := text_of(element)) is not None]


@remembered
def _type(raw: str | None) -> str:
    return clean(raw) or ""


def language(element: _Element) -> tuple[str, bool]:
    """The element's language as the model writes it, and whether the tag was exactly that."""
    return _language(element.get(XML_LANG))


@remembered
def _language(raw: str | None) -> tuple[str, bool]:
    tag = (clean(raw) or NO_LANGUAGE).lower().replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        return NO_LANGUAGE, False
    plain = _PLAIN_LANGUAGES.get(tag.partition("-")[0], tag)
    return plain, plain == tag


def names(elements: list[_Element] | None) -> dict[str, str]:
    """Texts by language. Where several tags mean one language ("no" and "nb"), the exact one wins."""
    found: dict[str, str] = {}
    exact: set[str] = set()
    for element in elements or ():
        if (text := text_of(element)) is None:
            continue
        code, is_exact = language(element)
        if code not in found or (is_exact and code not in exact):
            found[code] = text
        if is_exact:
            exact.add(code)
    return found
