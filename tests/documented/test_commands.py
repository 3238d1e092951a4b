"""Every command in the documentation is run, or, where that takes another machine, is one that could be."""

import re
import shutil
import tomllib
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

import debian
import pytest

from documented_blocks import PAGES, ROOT, Page, blocks_of, complaint_about, inline_commands
from documented_pages import OUTSIDE, PAGES_TRIED_ELSEWHERE, PREPARED, TRIED_ELSEWHERE
from documented_shell import fork_server, run_page
from webapp.demo import NETWORK_TOML, prepare_network, running_network, sources_toml
from webapp.house import open_house

LANGUAGES = {"sh", "console", "toml", "json", "text", "python", "sql", "ini", "yaml", "xml"}
#: Whom the pages ask: some that answer, one that answers about somebody else, one that shares nothing, and a dead one.
SOURCES = {184, 185, 201, 54, 158, 1661}
WITH_COMMANDS = [
    page
    for page in PAGES
    if page.name not in PAGES_TRIED_ELSEWHERE and any(block.language == "sh" for block in blocks_of(page))
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with fork_server(tmp_path_factory.mktemp("program")) as program:
        yield program


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The text of a sources.toml with some of the demo network."""
    with running_network(prepare_network(tmp_path_factory.mktemp("demo"), people=5), latency_scale=0) as addresses:
        _, *each = sources_toml(addresses.base_url, addresses.dead_url).split("[[source]]\n")
        some = [source for source in each if int(re.findall(r"\d+", source)[0]) in SOURCES]
        dead = f'url = "{addresses.dead_url}'
        yield "".join(f"[[source]]\n{source}" for source in some).replace(dead, f"timeout_seconds = 0.2\n{dead}")


@pytest.fixture
def folder(tmp_path: Path, sources: str) -> Path:
    """Where a page begins."""
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "sources.toml").write_text(sources, encoding="utf-8")
    (tmp_path / "instance" / "settings.toml").write_text(f"test_instance = true\n{NETWORK_TOML}", encoding="utf-8")
    house = open_house(tmp_path / "instance")
    house.close()
    house.store.close()
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, debian.CALLED)), reason="curl or openssl is missing")
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=attrgetter("name"))
def test_the_commands_of_a_page_do_what_they_say(page: Page, folder: Path, program: Path) -> None:
    done = run_page(page, folder, program)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_command_that_fails_is_told_with_its_line(folder: Path, program: Path) -> None:
    text = "# A page\n\n```sh\ntrue\n```\n\n```sh\neksternstudium elmo show no-such-file\n```\n"
    done = run_page(Page("made-up.md", text), folder, program)
    assert done.returncode != 0
    assert "made-up.md, line 8: eksternstudium elmo show" in done.stderr


@pytest.mark.parametrize("page", PAGES, ids=attrgetter("name"))
def test_each_block_can_be_run_or_is_no_command(page: Page) -> None:
    for block in blocks_of(page):
        where = f"{page.name}, line {block.begins}"
        assert block.language in LANGUAGES, where
        if block.language == "console":
            firsts = {re.sub(r"^(\$ |# )?(sudo )?", "", line).split(" ")[0] for line in block.lines}
            assert firsts & OUTSIDE, f"{where}: nothing here needs another machine; let it be sh, which is run"
            assert [complaint for line in block.lines if (complaint := complaint_about(line))] == [], where


@pytest.mark.parametrize("page", PAGES, ids=attrgetter("name"))
def test_settings_can_be_read_as_they_stand(page: Page) -> None:
    for block in blocks_of(page):
        if block.language == "toml":
            tomllib.loads("\n".join(block.lines))


@pytest.mark.parametrize("page", PAGES, ids=attrgetter("name"))
def test_commands_in_sentences_exist(page: Page) -> None:
    assert [complaint for command in inline_commands(page) if (complaint := complaint_about(command))] == []


@pytest.mark.parametrize("page", PAGES, ids=attrgetter("name"))
def test_no_command_stands_where_it_is_not_found(page: Page) -> None:
    indented = r"^ {4,}(?:\$ )?(?:eksternstudium|make|curl|python3?|pip) .*$"
    assert re.findall(indented, page.outside_blocks, re.MULTILINE) == []


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("eksternstudium run full --dry-run", None),
        ("sudo -u eksternstudium ./eksternstudium.pyz serve --port 8000", None),
        ("install --owner eksternstudium --mode 700 eksternstudium.pyz --target-directory /opt/eksternstudium", None),
        ("sudo -u eksternstudium env A=/b /opt/eksternstudium/eksternstudium.pyz initt", "main has no command initt"),
        ("podman run --rm --volume eksternstudium:/x eksternstudium serve --prot 1", "serve has no option --prot"),
        ("eksternstudium run full --dryrun", "run has no option --dryrun"),
        ("eksternstudium sources chekc", "sources has no command chekc"),
        ("systemctl restart something", None),
    ],
)
def test_what_is_looked_for_in_a_command(command: str, complaint: str | None) -> None:
    assert complaint_about(command) == complaint


def test_the_table_has_nothing_that_is_not_there() -> None:
    assert set(PREPARED) <= {page.name for page in PAGES}
    assert set(PAGES_TRIED_ELSEWHERE) <= {page.name for page in PAGES}
    assert all((ROOT / test).exists() for test in (PAGES_TRIED_ELSEWHERE | TRIED_ELSEWHERE).values())
