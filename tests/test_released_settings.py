"""What an older version was set up with, a newer one still takes: a folder of tests/released/ for each version, which
names every setting that it knew."""

import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from webapp.config import SettingsFile, read_settings
from webapp.source_settings import PROTOCOLS

RELEASED = Path(__file__).parent / "released"
#: Names a file that must be there to be taken: see tests/test_tls.py.
LEFT_OUT = {"network.certificate_authority"}
#: A source, as those of sources.toml; and a lone word, where another has tables.
ELSEWHERE = ("feed.", "legal_basis.admission.")


@pytest.mark.parametrize("release", sorted(folder.name for folder in RELEASED.iterdir()))
def test_settings_and_sources_of_a_version_are_taken(release: str) -> None:
    settings = read_settings(RELEASED / release, {})
    assert settings.settings.model_fields_set == written(release, "settings.toml").keys()
    assert len(settings.sources) == len(written(release, "sources.toml")["source"])


def test_the_files_of_this_version_name_every_setting() -> None:
    ours = version("eksternstudium")
    named = set(paths(written(ours, "settings.toml")))
    known = {path for path in fields(SettingsFile) if not path.startswith(ELSEWHERE)}
    assert known - named == LEFT_OUT
    named = set(paths(written(ours, "sources.toml")["source"]))
    assert {path for model in PROTOCOLS.values() for path in fields(model)} - named == set()


def written(release: str, name: str) -> dict[str, Any]:
    return tomllib.loads((RELEASED / release / name).read_text(encoding="utf-8"))


def paths(value: Any, path: str = "") -> Iterator[str]:
    """The names that a file sets, each with the tables that it stands in."""
    for table in value if isinstance(value, list) else [value]:
        if isinstance(table, dict):
            for name, inner in table.items():
                yield from paths(inner, f"{path}.{name}")
        else:
            yield path[1:]


def fields(annotation: Any, path: str = "") -> Iterator[str]:
    """The names that may be set, as `paths` gives them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            inner = list(fields(field.annotation, f"{path}.{field.alias or name}"))
            yield from inner or [f"{path}.{field.alias or name}"[1:]]
    else:
        for part in get_args(annotation):
            yield from fields(part, path)
