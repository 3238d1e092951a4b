"""The documentation as a site: it builds strictly, its links lead somewhere, and nothing comes from elsewhere."""

import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from lxml import html

from documented_blocks import PAGES, ROOT

#: Where a page may point at: what others wrote of something, never a registry or a place that serves packages.
ELSEWHERE = {"age-encryption.org", "distributed.dask.org", "github.com", "squidfunk.github.io", "www.rfc-editor.org"}


@pytest.fixture(scope="module")
def documents(site: Path) -> dict[Path, html.HtmlElement]:
    return {page: html.fromstring(page.read_bytes()) for page in site.rglob("*.html")}


def test_all_links_and_anchors_lead_somewhere(documents: dict[Path, html.HtmlElement]) -> None:
    names = {page: set(document.xpath("//@id | //a/@name")) for page, document in documents.items()}
    broken = []
    for page, document in documents.items():
        for link in document.xpath("//a/@href | //img/@src"):
            address, anchor = urldefrag(link)
            if urlsplit(address).scheme:
                continue
            target = (page.parent / unquote(address)).resolve() if address else page
            if not target.exists() or (anchor and unquote(anchor) not in names.get(target, set())):
                broken.append(f"{page.name}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(documents: dict[Path, html.HtmlElement]) -> None:
    loaded = "//script/@src | //img/@src | //iframe/@src | //link[@rel != 'canonical']/@href"
    from_elsewhere = {
        link for document in documents.values() for link in document.xpath(loaded) if re.match(r"\w+:|//", link)
    }
    assert from_elsewhere == set()


def test_nothing_stands_in_a_page_that_its_policy_does_not_let_in(documents: dict[Path, html.HtmlElement]) -> None:
    """The screens serve it under a policy without anything inline."""
    inline = (
        "//script[not(@src)][not(@type = 'application/json')] | //style | //@style | //@*[starts-with(name(), 'on')]"
    )
    assert {page.name: found for page, document in documents.items() if (found := document.xpath(inline))} == {}


def test_a_scripts_file_is_there(documents: dict[Path, html.HtmlElement]) -> None:
    scripts = {
        (page.parent / name).resolve()
        for page, document in documents.items()
        for name in document.xpath("//script/@src")
    }
    assert len(scripts) > 3
    assert [script for script in scripts if not script.is_file()] == []


def test_norwegian_pages_say_so(documents: dict[Path, html.HtmlElement]) -> None:
    norwegian = {page.stem for page, document in documents.items() if document.xpath("//article[@lang = 'nb']")}
    assert norwegian == {"dpia", "tilgjengelighet"} | {
        page.stem for page in (ROOT / "docs" / "saksbehandler").glob("*.md")
    }


def test_links_to_elsewhere_are_few_and_https(documents: dict[Path, html.HtmlElement]) -> None:
    links = {link for document in documents.values() for link in document.xpath("//a/@href") if urlsplit(link).scheme}
    assert {urlsplit(link).hostname for link in links if not link.startswith("mailto:")} <= ELSEWHERE
    assert [link for link in links if link.startswith("http:")] == []


def test_lists_and_tables_are_shown_as_such(documents: dict[Path, html.HtmlElement]) -> None:
    """Markdown differs from program to program: one wants an empty line before a list, or four spaces in it."""
    paragraphs = [
        (page.name, line)
        for page, document in documents.items()
        for paragraph in document.xpath("//article//p")
        for line in paragraph.text_content().split("\n")
        if re.match(r"(- |\d+\. |\| |```)", line)
    ]
    assert paragraphs == []


def test_files_that_the_readme_points_at_are_there() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", PAGES[0].text)
    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("language", ["no", "en"])
def test_the_search_knows_the_language(site: Path, language: str) -> None:
    assert f'"{language}"' in (site / "search" / "search_index.json").read_text(encoding="utf-8")[:400]
