"""From the bytes that came to an XML tree: EMREX' base64 and gzip taken off, and nothing dangerous let in."""

import base64
import binascii
import re
import zlib

from lxml import etree

from webapp.errors import UnreadableElmo

SIZE_LIMIT_BYTES = 20_000_000
#: Base64 makes four bytes of three, and breaks its lines.
ARMOUR_LIMIT_BYTES = SIZE_LIMIT_BYTES * 3 // 2
_GZIP_MAGIC = b"\x1f\x8b"
_XML_STARTS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")
#: The EMREX form is gzip inside base64; nobody wraps more often than that.
WRAPPINGS = 2

_NOT_XML = "Svaret er ikke et ELMO-dokument: det er ikke XML."
_BROKEN_XML = "Svaret er ikke et ELMO-dokument: XML-en er ufullstendig eller feil."
_WEB_PAGE = "Svaret er en nettside, ikke et ELMO-dokument."
_DOCTYPE = "ELMO-dokumentet inneholder en DOCTYPE, som ikke slippes inn."
_TOO_LARGE = "ELMO-dokumentet er større enn det som tas imot."
_TOO_MUCH = "ELMO-dokumentet er for dypt eller har for store enkeltdeler til å slippes inn."
_BROKEN_GZIP = "Svaret er pakket med gzip, men lar seg ikke pakke ut."


def open_envelope(data: bytes) -> etree._Element:
    """The root of the document in `data`: XML, or XML in base64, gzip, or gzip in base64.

    Raises UnreadableElmo.
    """
    return _parsed(unwrapped(data))


def unwrapped(data: bytes) -> bytes:
    """The document out of base64 and gzip, from its first character on; it may be no XML. Raises UnreadableElmo."""
    for _ in range(WRAPPINGS):
        if len(data) > ARMOUR_LIMIT_BYTES:
            raise UnreadableElmo(_TOO_LARGE, unsafe=True)
        if data.startswith(_GZIP_MAGIC):
            data = _unzipped(data)
        elif not data.lstrip().startswith(_XML_STARTS):
            data = _unarmoured(data)
        else:
            break
    if len(data) > SIZE_LIMIT_BYTES:
        raise UnreadableElmo(_TOO_LARGE, unsafe=True)
    return data.lstrip()


def _unzipped(data: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=31)
    try:
        plain = unzip.decompress(data, SIZE_LIMIT_BYTES + 1)
    except zlib.error:
        raise UnreadableElmo(_BROKEN_GZIP) from None
    if len(plain) > SIZE_LIMIT_BYTES:
        raise UnreadableElmo(_TOO_LARGE, unsafe=True)
    if not unzip.eof:
        raise UnreadableElmo(_BROKEN_GZIP)
    return plain


def _unarmoured(data: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error:
        raise UnreadableElmo(_NOT_XML) from None


def _parsed(data: bytes) -> etree._Element:
    start = data[:1000].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise UnreadableElmo(_WEB_PAGE)
    # Made anew for each document: lxml lets one thread at a time into a parser.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if re.search(rb"<!doctype", start):
            raise UnreadableElmo(_DOCTYPE, unsafe=True) from None
        if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise UnreadableElmo(_TOO_MUCH, unsafe=True) from None
        raise UnreadableElmo(_BROKEN_XML if data else _NOT_XML) from None
    # An entity that is not resolved stays in the tree as a node: a DOCTYPE is refused whatever it holds.
    if root.getroottree().docinfo.doctype:
        raise UnreadableElmo(_DOCTYPE, unsafe=True)
    return root
