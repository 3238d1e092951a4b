"""The documentation as a site: it builds strictly, its links lead somewhere, and nothing comes from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from lxml import html

from documented_blocks import PAGES, ROOT

#: Where a page may point at: what others wrote of something, never a registry or a place that serves packages.
ELSEWHERE = {"age-encryption.org", "distributed.dask.org", "github.com", "squidfunk.github.io", "www.rfc-editor.org"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    # Not --quiet: it keeps warnings from being counted, and --strict from failing.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def documents(site: Path) -> dict[Path, html.HtmlElement]:
    return {page: html.fromstring(page.read_bytes()) for page in site.rglob("*.html") if page.name != "404.html"}


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
