"""The fenced blocks of the documentation, and the commands of ours that they and the sentences hold."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, pairwise
from pathlib import Path

import click

from webapp.cli import main
from webapp.cli.shelves import FileFirst

ROOT = Path(__file__).parent.parent
_FENCE = re.compile(r"^(?P<margin> *)```(?P<language>[a-z]*)$")
_PROGRAM = re.compile(r"([\w./~-]*/)?eksternstudium(\.pyz)?")
#: What stands before a command, and what runs another.
_BEFORE = re.compile(r"[$#]|sudo|env|-.*|\w+=.*")
_RUNNER = re.compile(r"python3(\.\d+)?|docker|podman|ssh")


@dataclass(frozen=True)
class Page:
    """A page by its name, as `docs/api.md`, and its text."""

    name: str
    text: str

    @property
    def outside_blocks(self) -> str:
        """Its text without the blocks."""
        return re.sub(r"^ *```.*?^ *```$", "", self.text, flags=re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: the number of its first line, its language, and its lines without their margin."""

    begins: int
    language: str
    lines: tuple[str, ...]


def _pages() -> Iterator[Page]:
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        yield Page(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8"))


#: The README and all of docs/.
PAGES = tuple(_pages())


def blocks_of(page: Page) -> Iterator[Block]:
    """The blocks of a page, in order. ValueError for one that is not closed, or has no language."""
    lines = iter(enumerate(page.text.splitlines(), 1))
    for number, line in lines:
        if (opened := _FENCE.match(line)) is None:
            continue
        margin, inside = len(opened["margin"]), []
        for _, each in lines:
            if each.strip() == "```":
                break
            inside.append(each[margin:])
        else:
            raise ValueError(f"{page.name}, line {number}: the block is not closed")
        if not opened["language"]:
            raise ValueError(f"{page.name}, line {number}: the block has no language")
        yield Block(number + 1, opened["language"], tuple(inside))


def inline_commands(page: Page) -> Iterator[str]:
    """The commands of ours that stand in sentences, as `eksternstudium run full`."""
    return (" ".join(code.split()) for code in re.findall(r"`(eksternstudium [^`]+)`", page.outside_blocks))


def complaint_about(command: str) -> str | None:
    """What is wrong with a command of ours: a subcommand or an option that does not exist. None when nothing is, or
    when it is none of ours. Its values are not looked at."""
    words = [word.strip("[]…") for word in _arguments(command)]
    within: click.Command = main
    context = click.Context(main)
    for word in words:
        if word.startswith("--"):
            options = {name for parameter in within.get_params(context) for name in parameter.opts}
            if word.split("=")[0] not in options:
                return f"{within.name} has no option {word}"
        elif isinstance(within, click.Group):
            further = within.get_command(context, word)
            if further is None and isinstance(within, FileFirst):
                further = within.get_command(context, within._default)
            if further is None:
                return f"{within.name} has no command {word}"
            within = further
    return None


def _arguments(command: str) -> Sequence[str]:
    """What our program is called with in a command line; nothing when it is not called.

    The account, the folder and the container of a service have the same name: it counts where it is the command, or
    what a container or an interpreter is to run, and no value of an option.
    """
    tokens = shlex.split(re.split(r"\s[|>&;]|\$\(", command)[0], comments=True)
    pairs = list(pairwise(["", *tokens]))
    begun = dropwhile(lambda pair: pair[0] in {"-u", "-g"} or _BEFORE.fullmatch(pair[1]), pairs)
    begins = next((token for _, token in begun), "")
    if not (_PROGRAM.fullmatch(begins) or _RUNNER.fullmatch(begins)):
        return ()
    called = (
        place for place, (before, token) in enumerate(pairs, 1) if _PROGRAM.fullmatch(token) and before[:1] != "-"
    )
    return tokens[next(called, len(tokens)) :]
