"""The text of sources.toml with other sources in it: comments, order and all that is not changed stay as they are.

Each `[[source]]` is taken out of the text, changed by itself and put back; what stands right above a source goes with
it when it goes.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel
from tomlkit.items import AoT, Table

from webapp.checked_toml import TomlFile
from webapp.config import checked_sources
from webapp.errors import Refusal
from webapp.source_settings import Downtime, SourceSettings

NAME = "sources.toml"
#: The tables that a source may have one of each of.
_TABLES = ("client_certificate", "maskinporten")
Sources = tuple[SourceSettings, ...]
_HEAD = re.compile(r"^[ \t]*\[\[[ \t]*source[ \t]*\]\]", re.MULTILINE)
#: Blank lines and comments at the end of a text; of those, what is not right above the next source: a comment of its
#: own, with a blank line below.
_TRAILING = re.compile(r"(?:^[ \t]*(?:#[^\n]*)?(?:\n|\Z))*\Z", re.MULTILINE)
_APART = re.compile(r".*^[ \t]*\r?\n", re.MULTILINE | re.DOTALL)


@dataclass
class _Part:
    """A source in the text: what stands above it, and the source itself from its head on."""

    above: str
    text: str


@dataclass
class _Text:
    """The file in its parts: what stands before the first source, the sources, and what stands after the last."""

    head: str
    parts: list[_Part] = field(default_factory=list)
    tail: str = ""

    def whole(self) -> str:
        return self.head + "".join(part.above + part.text for part in self.parts) + self.tail


def rewritten(content: str, before: Sources, wanted: Sources) -> str:
    """The text with the sources that are wanted. Raises Refusal when it cannot be written so that it says just that."""
    text = _parts_of(content, len(before))
    new = {source.institution: source for source in wanted}
    old = {source.institution for source in before}
    kept: list[_Part] = []
    apart = ""
    for part, source in zip(text.parts, before, strict=True):
        if source.institution not in new:
            found = _APART.match(part.above)
            apart += found[0] if found else ""
            continue
        part.above, apart = _joined(apart, part.above), ""
        if source != new[source.institution]:
            part.text = _changed(part.text, source, new[source.institution])
        kept.append(part)
    text.parts, text.tail = kept, _joined(apart, text.tail)
    for source in wanted:
        if source.institution not in old:
            blank = "" if text.tail.endswith("\n\n") or not (text.parts or text.tail) else "\n"
            above = text.tail + blank
            text.parts.append(_Part(above, _written(source)))
            text.tail = ""
    content = text.whole()
    if checked_sources(TomlFile(NAME, content)) != wanted:
        raise _by_hand_only()
    return content


def _parts_of(content: str, count: int) -> _Text:
    """The text in its parts. Raises Refusal when the sources are not written as `[[source]]`, each by itself."""
    if content and not content.endswith("\n"):
        content += "\n"
    starts = [found.start() for found in _HEAD.finditer(content)]
    if len(starts) != count:
        raise _by_hand_only()
    if not starts:
        return _Text("", tail=content)
    text, above = _Text(content[: starts[0]]), ""
    for start, end in zip(starts, [*starts[1:], len(content)], strict=True):
        part = content[start:end]
        trailing = _TRAILING.search(part)
        cut = trailing.start() if trailing else len(part)
        text.parts.append(_Part(above, part[:cut]))
        above = part[cut:]
    text.tail = above
    whole = tomllib.loads(content)["source"]
    try:
        alone = [tomllib.loads(part.text)["source"][0] for part in text.parts]
    except (tomllib.TOMLDecodeError, LookupError):
        alone = []
    if alone != whole:
        raise _by_hand_only()
    return text


def _joined(apart: str, below: str) -> str:
    """What stood above a source that went, and what stands below it, without two blank lines for one."""
    return apart.removesuffix("\n") + below if apart and below.startswith("\n") else apart + below


def _by_hand_only() -> Refusal:
    return Refusal("sources.toml er skrevet slik at bare et menneske kan endre den. Skriv hver kilde som [[source]].")


def _written(source: SourceSettings) -> str:
    document = tomlkit.document()
    table = tomlkit.table()
    for name in ("institution", "protocol", *type(source).model_fields):
        value = getattr(source, name)
        given = name in ("institution", "protocol") or value != type(source).model_fields[name].default
        if given and name not in table and name not in ("downtime", *_TABLES):
            table.append(name, _toml(value))
    # After all else: what stands below the head of a table belongs to that.
    for name in _TABLES:
        if (inner := getattr(source, name, None)) is not None:
            table.append(name, _inner(tomlkit.table(), inner))
    _put_downtime(table, source.downtime)
    array = tomlkit.aot()
    array.append(table)
    document.append("source", array)
    return tomlkit.dumps(document)


def _changed(text: str, before: SourceSettings, wanted: SourceSettings) -> str:
    """A source's text with what is wanted of it; what is as it was stays as it is written."""
    document = tomlkit.parse(text)
    array = document["source"]
    assert isinstance(array, AoT)  # noqa: S101  # found by its head
    table = array[0]
    fields = type(wanted).model_fields
    for name in [name for name in table if name not in fields]:
        table.remove(name)
    for name, info in fields.items():
        value = getattr(wanted, name)
        if name == "downtime":
            if value != before.downtime:
                _put_downtime(table, value)
        elif name in _TABLES and value is not None:
            if value != getattr(before, name, None):
                table[name] = _inner(table.get(name, tomlkit.table()), value)
        elif name in table and value == getattr(before, name, None):
            continue
        elif value == info.default and not info.is_required() and name != "protocol":
            if name in table:
                table.remove(name)
        elif name in table or value != info.default:
            table[name] = _toml(value)
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def _inner(table: Any, wanted: BaseModel) -> Any:
    """A table of a source, with what is wanted in it; what is as it was stays as it is written."""
    for name, info in type(wanted).model_fields.items():
        value = getattr(wanted, name)
        is_usual = not info.is_required() and value == info.default
        if is_usual and name in table:
            table.remove(name)
        elif not is_usual and table.get(name) != _toml(value):
            table[name] = _toml(value)
    return table


def _put_downtime(table: Table, wanted: Sequence[Downtime]) -> None:
    """Times that are written there already stay as they are written."""
    left = list(wanted)
    there = table.get("downtime")
    kept = tomlkit.aot()
    for item in there or ():
        time = Downtime.model_validate(dict(item))
        if time in left:
            left.remove(time)
            kept.append(item)
    for time in left:
        item = tomlkit.table()
        for name, value in time.model_dump(by_alias=True).items():
            item.append(name, _toml(value))
        kept.append(item)
    if there is not None:
        table.remove("downtime")
    if len(kept):
        table.append("downtime", kept)


def _toml(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and "\n" in value:
        return tomlkit.string(value, multiline=True)
    return value
