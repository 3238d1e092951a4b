"""Our own extension of a whole document: what ELMO has no place for, and that nothing needs concluding."""

from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element

from webapp.model import Finding, LeftOut, LeftOutReason, Text, Transcript
from webapp.sources.elmo.nodes import NO_LANGUAGE, OWN_NS, XML_LANG, Tree, clean, names

OWN_TRANSCRIPT = f"{{{OWN_NS}}}transcript"


def add_own(holder: _Element, transcript: Transcript) -> None:
    """Append what ELMO cannot say of the whole transcript. The element itself tells the reader that every
    convention (lost zeros, doubtful grades, duplicates, terms from dates) was settled when it was written."""
    own = etree.SubElement(holder, OWN_TRANSCRIPT, studies=str(len(transcript.studies)))
    for row in transcript.left_out:
        attributes = {"reason": str(row.reason)} | ({"code": row.code} if row.code is not None else {})
        add_texts(etree.SubElement(own, f"{{{OWN_NS}}}leftOut", attributes), f"{{{OWN_NS}}}name", row.name)
    for found in transcript.findings:
        node = etree.SubElement(own, f"{{{OWN_NS}}}finding", code=found.code, path=found.path)
        node.text = found.text


def add_texts(holder: _Element, tag: str, texts: Text) -> None:
    """Append one element per language; the language that means none is not written."""
    for code, text in texts.items():
        node = etree.SubElement(holder, tag)
        node.text = text
        if code != NO_LANGUAGE:
            node.set(XML_LANG, code)


def is_without_studies(own: _Element | None) -> bool:
    """Whether the document has a report only because the schema asks for one."""
    return own is not None and own.get("studies") == "0"


def own_left_out(tree: Tree, own: _Element | None) -> Iterator[LeftOut]:
    """The rows that the writer had left out."""
    for node, _ in tree[own].get("leftOut", ()):
        reason = node.get("reason")
        if reason in set(LeftOutReason):
            yield LeftOut(clean(node.get("code")), names(tree[node].get("name")), LeftOutReason(reason))


def own_findings(tree: Tree, own: _Element | None) -> Iterator[Finding]:
    """What the writer had not understood."""
    for node, _ in tree[own].get("finding", ()):
        yield Finding(node.get("code") or "", node.get("path") or "", clean(node.text) or "")
