"""What docs/data-protection.md tells the data protection officer is what the program keeps, and for how long."""

import re
from pathlib import Path

import pytest

from webapp.house import House
from webapp.retention_settings import Retention
from webapp.store.whole_person import SECTIONS
from webapp.web.factory import create_app
from webapp.web.person_file_words import section_name

DOCS = Path(__file__).parent.parent / "docs"


def rows(page: str, columns: int) -> list[list[str]]:
    """The rows of tables with so many columns, each a list of its cells."""
    lines = re.findall(r"^\| (.*) \|$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    cells = [[cell.strip() for cell in line.split(" | ")] for line in lines]
    return [row for row in cells if len(row) == columns]


def test_each_section_of_a_persons_file_is_told_of_in_the_same_words(house: House) -> None:
    told = {row[0] for row in rows("data-protection.md", 4)}
    with create_app(house).test_request_context():
        assert {section_name(section) for section in SECTIONS} - told == set()


@pytest.mark.parametrize("page", ["data-protection.md", "privacy.md"])
def test_the_limits_are_those_that_hold_unless_set(page: str) -> None:
    told = {row[0].strip("`"): row[1] for row in rows(page, 4) if row[0].strip("`") in Retention.model_fields}
    assert told == {name: str(limit) for name, limit in Retention().model_dump().items()}
