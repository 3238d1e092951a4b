"""Compile the translations when a wheel is built: git keeps the catalogues as people write them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling before it gathers the files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write a .mo beside each .po."""
        for catalogue in (Path(self.root) / "webapp" / "translations").glob("*/LC_MESSAGES/*.po"):
            with catalogue.open("rb") as written, catalogue.with_suffix(".mo").open("wb") as compiled:
                texts = read_po(written, locale=catalogue.parts[-3])
                # Ours bear no time, for which babel writes that of the clock: two builds would not be the same bytes.
                texts.creation_date = datetime.fromtimestamp(0, UTC)
                write_mo(compiled, texts)
