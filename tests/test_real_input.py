"""The Norwegian files of ../shared/elmo, shared by a provider and fetched over HTTP, seen again in the rows.

Each expectation is read from the file by a plain walk of its own, not by the product's parser.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree, html

from lent_screens import screens_of
from serving import served
from webapp.cli import main
from webapp.house import open_house
from webapp.identity import make_synthetic
from webapp.model import StoredResult
from webapp.provider import create_provider
from webapp.provider.elmo_file import put_file
from webapp.provider.shelf import Shelf
from webapp.store import people, results

SHARED = Path(__file__).parent.parent.parent / "shared" / "elmo"
NORWEGIAN = {
    "no-vitnemalsportalen-test-2023.xml.b64": ("12345678910", date(1991, 1, 20)),
    "no-purl-uio-degree-modulegroup.xml": ("2529290201", date(1992, 2, 2)),
    "no-purl-empmockup.xml": ("2529290201", date(1992, 2, 2)),
}

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/elmo with the real files is not here")


@dataclass(frozen=True, order=True)
class Row:
    """What a caseworker can check against the paper: one course, group or qualification."""

    code: str
    names: tuple[str, str]
    grade: str
    term: str
    credits: Decimal
    parent: str


def local(node: etree._Element, path: str) -> str:
    """The text at a path of local names, "" when there is none."""
    steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
    found = node.xpath(f"string(({steps})[1])")
    return " ".join(str(found).split())


def title(node: etree._Element, language: str) -> str:
    found = node.xpath(f"string(*[local-name()='title'][@xml:lang='{language}'])")
    return " ".join(str(found).split())


def code(node: etree._Element) -> str:
    """The local code; a course's version behind the last hyphen is not part of it."""
    found = node.xpath("string((*|*[local-name()='qualification']/*)[local-name()='identifier'][@type='local'][1])")
    degree = "Degree" in local(node, "type")
    text = str(found)
    return text if degree or not text.rpartition("-")[2].isdigit() else text.rpartition("-")[0]


def term_in(time: str) -> str:
    """ "2019 VÅR" where the file names the term, "2014" where it has a date only."""
    year, _, season = time.partition(" ")
    return f"{year} {season.upper()}" if season else year[:4]


def shown_term(row: StoredResult) -> str:
    term = row.result.term
    if term is None:
        return ""
    return str(term.year) if term.derived else f"{term.year} {term.season}"


def expected(root: etree._Element) -> list[Row]:
    rows = []
    for node in root.iter("{*}learningOpportunitySpecification"):
        instance = "specifies/learningOpportunityInstance/"
        times = [local(node, instance + step) for step in ("academicTerm/title", "date", "start")]
        above = next(node.iterancestors("{*}learningOpportunitySpecification"), None)
        rows.append(
            Row(
                code(node),
                (title(node, "no"), title(node, "en")),
                local(node, instance + "resultLabel") or local(node, instance + "result"),
                next((term_in(time) for time in times if time), ""),
                Decimal(local(node, instance + "credit/value") or local(node, "credit/value")),
                code(above) if above is not None else "",
            )
        )
    return sorted(rows)


def seen(rows: tuple[StoredResult, ...]) -> list[Row]:
    by_id = {row.id: row for row in rows}
    return sorted(
        Row(
            row.result.code or "",
            (row.result.name.get("nb", ""), row.result.name.get("en", "")),
            row.result.grade or "",
            shown_term(row),
            row.result.credits if row.result.credits is not None else Decimal(-1),
            (by_id[row.parent_id].result.code or "") if row.parent_id else "",
        )
        for row in rows
    )


@pytest.fixture(params=NORWEGIAN)
def document(request: pytest.FixtureRequest) -> tuple[bytes, str]:
    """A real file with a synthetic number of the same birth date in place of its own, and that number."""
    raw = (SHARED / request.param).read_bytes()
    own, born = NORWEGIAN[request.param]
    number = make_synthetic(born, 7)
    data = base64.b64decode(raw) if request.param.endswith(".b64") else raw
    return data.replace(own.encode(), number.encode()), number


@dataclass(frozen=True)
class Fetched:
    """What stands in Person eksternstudium: its rows, and the page that shows them."""

    rows: tuple[StoredResult, ...]
    page: html.HtmlElement


@pytest.fixture
def fetched(document: tuple[bytes, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetched]:
    """Person eksternstudium after `eksternstudium fetch` from a provider that shares the file."""
    data, number = document
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(tmp_path))
    shelf = Shelf(tmp_path / "shelf.sqlite")
    put_file(shelf, data)
    with served(create_provider(shelf)) as url:
        (tmp_path / "sources.toml").write_text(
            f'[[source]]\ninstitution = 185\nprotocol = "elmo-pull"\nurl = "{url}"\n'
        )
        run = CliRunner().invoke(main, ["fetch", number, "--purpose", "recognition", "--reason", "Ringte"])
    shelf.close()
    assert run.exit_code == 0, run.output
    house = open_house(tmp_path)
    person = people.person_with_number(house.store.db, number)
    assert person is not None
    (study,) = results.studies_of(house.store.db, person.id)
    yield Fetched(study.results, html.fromstring(screens_of(house).test_client().get(f"/people/{person.id}").text))
    house.close()
    house.store.close()


def on_the_page(page: html.HtmlElement) -> list[tuple[str, ...]]:
    """Code, names, extent and grade of each result as a caseworker reads them."""
    shown = []
    for row in page.xpath("//tr[starts-with(@id, 'result-')]"):
        texts = [" ".join(cell.text_content().split()) for cell in row.xpath("./td")]
        grade = " ".join(row.xpath("string(.//strong)").split())
        shown.append((texts[1], " ".join(row.xpath("string(./td[3]/span[1])").split()), texts[4], grade))
    return sorted(shown)


def test_everything_in_the_file_is_seen_again(document: tuple[bytes, str], fetched: Fetched) -> None:
    assert seen(fetched.rows) == expected(etree.fromstring(document[0]))


def test_everything_in_the_file_is_on_the_page(document: tuple[bytes, str], fetched: Fetched) -> None:
    in_file = expected(etree.fromstring(document[0]))
    shown = on_the_page(fetched.page)
    assert sorted((code.partition("-1")[0], name, extent, grade) for code, name, extent, grade in shown) == sorted(
        (row.code.partition("-1")[0], row.names[0] or row.names[1], f"{row.credits:f} sp", row.grade) for row in in_file
    )
