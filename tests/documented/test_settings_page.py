"""docs/settings.md names every setting of settings.toml in its table, with its default."""

import json
import re
from datetime import time
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from webapp.config import SettingsFile
from webapp.legal_settings import LegalPeriod
from webapp.source_settings import SourceSettings, table_of

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
#: A row of a table: the setting and its default.
ROW = re.compile(r"^\| `(\w+)` \| `?(.*?)`? \|", re.MULTILINE)


def written() -> dict[str, dict[str, str]]:
    """What the page says: the settings of each table, with their defaults."""
    page = PAGE.read_text(encoding="utf-8").replace("## At the top of the file", "## `[]`")
    parts = re.split(r"^## `\[(.*)\]`$", page, flags=re.MULTILINE)[1:]
    return {table: dict(ROW.findall(text)) for table, text in zip(parts[::2], parts[1::2], strict=True)}


def there(model: type[BaseModel] = SettingsFile, table: str = "") -> dict[str, dict[str, str]]:
    """What there is."""
    fields, tables = {}, {}
    for name, info in model.model_fields.items():
        inner = table_of(info)
        if inner is None:
            fields[info.alias or name] = default(info)
        elif issubclass(inner, SourceSettings):
            tables[name] = {}  # docs/sources.md has them, and a test of its own
        else:
            tables |= there(inner, f"{table}.{name}".strip("."))
    return {table: fields} | tables


def default(info: FieldInfo) -> str:
    return "must be set" if info.is_required() else in_toml(info.default)


def in_toml(value: Any) -> str:
    match value:
        case None:
            return "–"
        case time():
            return f'"{value:%H:%M}"'
        case (LegalPeriod(basis=basis),):
            return in_toml(basis)
        case tuple():
            return f"[{', '.join(map(in_toml, value))}]"
        case Enum():
            return json.dumps(value.value)
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)


def test_each_setting_stands_on_the_page_with_its_default() -> None:
    assert written() == there()
