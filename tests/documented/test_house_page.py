"""What the pages for developers say of the house is so."""

import re

from house_table import DOCUMENT, floors, sentence_of, written

from documented_blocks import PAGES, ROOT

#: What the pages invent for the sake of their example.
MADE_UP = {
    "templates/person_institutions.html",
    "tests/stages/soap_record.py",
    "tests/web/test_institutions_of.py",
    "webapp/sources/soap_record.py",
    "webapp/web/institutions_of.py",
}
#: A path of ours in code.
PATH = re.compile(r"`((?:webapp|templates|static|tests|tools|bench|deploy)/[\w./-]*)`")


def test_the_floors_are_those_that_imports_are_held_to() -> None:
    """`python tools/house_table.py` brings the page up to date."""
    page = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"| `{room}` | {sentence_of(room)} |\n" in page for _, rooms in floors() for room in rooms)
    assert written(page) == page


def test_the_paths_that_pages_name_are_there() -> None:
    named = {path for page in PAGES for path in PATH.findall(page.text)}
    assert len(named) > 40
    assert {path for path in named if not (ROOT / path).exists()} == MADE_UP


def test_the_documents_that_the_code_points_at_are_there() -> None:
    pages = {page.name for page in PAGES} | {"docs/screens.md"}
    pointed = {
        name
        for folder in ("webapp", "templates", "tools", "bench")
        for file in (ROOT / folder).rglob("*.*")
        if file.suffix in (".py", ".html")
        for name in re.findall(r"\bdocs/[\w/-]+\.md\b", file.read_text(encoding="utf-8"))
    }
    assert pointed
    assert pointed <= pages
