"""What a wheel has beside the code as it stands: the translations, compiled, for git keeps the catalogues as people
write them; and, where a release hands it over, the documentation as a site."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: The environment's name for the folder of the built site. Not the checkout's site/, which may be of last week.
SITE_VARIABLE = "DOCUMENTATION_SITE"


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling before it gathers the files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write a .mo beside each .po, and lay the site into the package."""
        for catalogue in (Path(self.root) / "webapp").glob("**/translations/*/LC_MESSAGES/*.po"):
            with catalogue.open("rb") as written, catalogue.with_suffix(".mo").open("wb") as compiled:
                texts = read_po(written, locale=catalogue.parts[-3])
                # Ours bear no time, for which babel writes that of the clock: two builds would not be the same bytes.
                texts.creation_date = datetime.fromtimestamp(0, UTC)
                write_mo(compiled, texts)
        if self.target_name == "wheel" and (site := os.environ.get(SITE_VARIABLE)):
            build_data["force_include"][site] = "webapp/site"
