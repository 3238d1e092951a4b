"""An answer as it came, made readable: one element a line, and what no person reads cut short."""

from lxml import etree

#: Longer texts are files: a diploma as PDF, written as letters.
LONGEST_TEXT = 2000


def pretty(data: bytes) -> str:
    """The answer as text for a screen. What is no XML stays as it is; nothing it names is loaded."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_blank_text=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return data.decode("utf-8", "replace")
    for element in root.iter(etree.Element):
        if element.text and len(element.text) > LONGEST_TEXT:
            element.text = f"… ({len(element.text)})"
    return etree.tostring(root, encoding="unicode", pretty_print=True)
