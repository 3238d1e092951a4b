"""What an older version was set up with, a newer one still takes: a folder of tests/released/ for each release."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from webapp.config import read_settings

RELEASED = sorted((Path(__file__).parent / "released").iterdir())


@pytest.mark.parametrize("release", RELEASED, ids=lambda folder: folder.name)
def test_settings_and_sources_of_a_release_are_still_taken(release: Path) -> None:
    settings = read_settings(release, {})
    assert len(settings.sources) == len(named(release / "sources.toml")["source"])
    assert settings.settings.model_fields_set == named(release / "settings.toml").keys()


def named(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
