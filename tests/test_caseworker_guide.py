"""The caseworker's guide says what the screens say: what stands in bold type in it are words of theirs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "saksbehandler").glob("*.md"))
#: What a sentence has values in the place of.
_VALUE = re.compile(r"%\\\((?:num|number|\w+)\\\)[sd]")


@pytest.fixture(scope="module")
def on_the_screens() -> re.Pattern[str]:
    """Whatever the screens can say, in bokmål, with any values."""
    with (ROOT / "webapp" / "translations" / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        said = [text for message in read_po(file) if message.id for text in _texts(message.id)]
    return re.compile("|".join(_VALUE.sub(".+?", re.escape(text)) for text in said))


def _texts(id: str | tuple[str, ...]) -> Iterator[str]:
    yield from [id] if isinstance(id, str) else id


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_words_of_the_screens_stand_in_the_guide_as_on_the_screens(page: Path, on_the_screens: re.Pattern[str]) -> None:
    text = re.sub("`.*?`", "", page.read_text("utf-8"))
    bold = [" ".join(words.split()) for words in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)]
    assert [words for words in bold if not on_the_screens.fullmatch(words)] == []


def test_the_guide_is_there() -> None:
    assert len(PAGES) > 10
