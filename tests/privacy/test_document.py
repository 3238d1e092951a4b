"""docs/privacy.md tells the defaults and the sections as they are."""

import re
from pathlib import Path

from webapp.retention_settings import Retention
from webapp.store.whole_person import SECTIONS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text(encoding="utf-8")


def test_it_has_each_limit_with_its_default() -> None:
    told = {name: int(default) for name, default in re.findall(r"^\| `(\w+)` \| (\d+) \|", DOCUMENT, re.M)}
    assert told == Retention().model_dump()


def test_it_has_each_section_of_the_whole_file() -> None:
    table = DOCUMENT[DOCUMENT.index("| Section |") :].split("\n\n")[0]
    told = [name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert told == list(dict.fromkeys(told))
    assert set(told) == SECTIONS.keys()
