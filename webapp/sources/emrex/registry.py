"""The registries of EMREX portals: the EWP catalogue (XML) and EMREG (JSON)."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from lxml.etree import _Element
from pydantic import BaseModel, TypeAdapter, ValidationError

from webapp.errors import SourceError, SourceFailure
from webapp.model import Portal
from webapp.source_settings import web_address
from webapp.sources.emrex.keys import read_key

#: A comma before the end of a list or an object, which JSON does not know; texts are passed over.
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: ISO 3166-1 has two letters; registries write the United Kingdom as they like.
_COUNTRIES = {"UK": "GB"}


@dataclass(frozen=True)
class Registry:
    """The portals of a registry, in its order, and why entries of it are left out, in English for the operator."""

    portals: tuple[Portal, ...]
    left_out: tuple[str, ...] = ()


class _Entry(BaseModel):
    acronym: str | None = None
    url: str = ""
    countryCode: str = ""
    institutions: list[str] = []
    pubKey: str | list[str] = ""


_ENTRIES = TypeAdapter(list[dict[str, object]])


def read_registry(data: bytes) -> Registry:
    """The portals in a registry's document. An entry that cannot be used is left out.

    Raises SourceError: NOT_UNDERSTOOD when it is no registry, or has not a single portal that can be used; UNSAFE for
    a document type declaration.
    """
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    entries = _of_json(start) if start.startswith(b"{") else _of_catalogue(start)
    portals: dict[str, Portal] = {}
    left_out: list[str] = []
    for name, entry in entries:
        try:
            portal = entry if isinstance(entry, Portal) else _portal(entry)
            # A portal stands in the catalogue once for each host; the first one counts.
            portals.setdefault(portal.url, portal)
        except ValueError as error:
            left_out.append(f"{name}: {error}")
    if not portals:
        raise SourceError(SourceFailure.NOT_UNDERSTOOD, "the registry has no portal that can be used")
    return Registry(tuple(portals.values()), tuple(left_out))


@dataclass(frozen=True)
class _Said:
    """What an entry says, before it is checked."""

    url: str
    country: str
    keys: tuple[str, ...]
    acronym: str | None
    name: Mapping[str, str]
    institutions: tuple[str, ...]


def _portal(said: _Said) -> Portal:
    """Raises ValueError for an entry that cannot be used."""
    url, country = web_address(said.url), said.country.upper()
    if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in _LOOPBACK:
        # Whoever is on the way could send the student elsewhere.
        raise ValueError("its address is not https")
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise ValueError("it names no country")
    try:
        keys = tuple(read_key(key) for key in said.keys)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("its certificate cannot be read") from None
    if not keys:
        raise ValueError("it has no certificate")
    return Portal(
        said.url, _COUNTRIES.get(country, country), keys, said.acronym, dict(said.name) or None, said.institutions
    )


def _of_json(data: bytes) -> Iterator[tuple[str, _Said]]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    try:
        found = json.loads(_TRAILING_COMMA.sub(lambda match: match[1] or "", text), strict=False)
        listed = _ENTRIES.validate_python(found.get("emps") or found.get("ncps") or [])
    except (ValueError, RecursionError):
        raise SourceError(SourceFailure.NOT_UNDERSTOOD, "the registry is not JSON as EMREG has it") from None
    for number, raw in enumerate(listed, 1):
        try:
            entry = _Entry.model_validate(raw)
        except ValidationError:
            yield f"entry {number}", _Said("", "", (), None, {}, ())
            continue
        keys = entry.pubKey if isinstance(entry.pubKey, list) else [entry.pubKey]
        institutions = tuple(name.strip() for name in entry.institutions if name.strip())
        said = _Said(
            entry.url.strip(), entry.countryCode.strip(), tuple(filter(None, keys)), entry.acronym, {}, institutions
        )
        yield entry.acronym or f"entry {number}", said


def _of_catalogue(data: bytes) -> Iterator[tuple[str, _Said]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        unsafe = re.search(rb"<!doctype (?!html)", data[:1000].lower()) is not None
        failure = SourceFailure.UNSAFE if unsafe else SourceFailure.NOT_UNDERSTOOD
        raise SourceError(failure, "the registry is neither XML nor JSON") from None
    if root.getroottree().docinfo.doctype:
        raise SourceError(SourceFailure.UNSAFE, "the registry has a document type declaration")
    for number, node in enumerate(root.iter("{*}emrex-data-access-point"), 1):
        names = {
            (child.get("{http://www.w3.org/XML/1998/namespace}lang") or "").lower(): text
            for child in reversed(node.findall("{*}name"))
            if (text := _text(child))
        }
        said = _Said(
            _first(node, "url"),
            _first(node, "country-code"),
            tuple(text for child in node.findall("{*}certificate") if (text := _text(child))),
            _first(node, "acronym") or None,
            names,
            tuple(text for child in node.findall("{*}institution") if (text := _text(child))),
        )
        yield next(iter(names.values()), f"entry {number}"), said


def _first(node: _Element, name: str) -> str:
    found = node.find(f"{{*}}{name}")
    return "" if found is None else _text(found)


def _text(node: _Element) -> str:
    return " ".join("".join(node.itertext()).split())
