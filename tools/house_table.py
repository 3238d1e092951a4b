"""Write the floors of the house into docs/house.md: the layers of import-linter, with what each room says of itself."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "house.md"
_TABLE = re.compile(r"(?<=\| Floor \| Room \| What it says of itself \|\n\|---\|---\|---\|\n)(\|[^\n]*\n)*")


def floors() -> Iterator[tuple[int, list[str]]]:
    """The floors from the top down, by number, each with its rooms, as `webapp.web`."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    for number, layer in zip(range(len(layers), 0, -1), layers, strict=True):
        yield number, re.split(r"\s*[|:]\s*", layer)


def sentence_of(room: str) -> str:
    """The first sentence of a room's docstring."""
    path = ROOT / room.replace(".", "/")
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    told = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return " ".join(re.split(r"(?<=\.)\s", told, maxsplit=1)[0].split())


def table() -> str:
    """The rows, a room each; the floor stands before its first room."""
    rows = []
    for number, rooms in floors():
        for room in rooms:
            rows.append(f"| {number if room == rooms[0] else ''} | `{room}` | {sentence_of(room)} |\n")
    return "".join(rows)


def written(document: str) -> str:
    """The document with the table as it is by now."""
    return _TABLE.sub(lambda _: table(), document, count=1)


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
