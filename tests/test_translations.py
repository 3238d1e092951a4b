"""Every text of the screens in nynorsk and English, with the same values in it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from webapp.web.language import LANGUAGES

ROOT = Path(__file__).parent.parent
OTHERS = [language for language in LANGUAGES if language != "nb"]
#: The words behind `make translations` that gather the texts.
EXTRACT = re.search(r"pybabel --quiet (extract .*?)--output-file", (ROOT / "Makefile").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """All texts of the screens, gathered from the code."""
    assert EXTRACT is not None
    target = tmp_path_factory.mktemp("texts") / "messages.pot"
    words = EXTRACT.group(1).replace("\\", " ").split()
    babel = [sys.executable, "-m", "babel.messages.frontend", "--quiet", *words, "--output-file", target, "."]
    subprocess.run(babel, cwd=ROOT, check=True)
    with target.open("rb") as file:
        return read_po(file)


def catalogue(language: str) -> Catalog:
    with (ROOT / "webapp" / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def said(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, tuple) else [message.string]


def asked(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, tuple) else [message.id]


def values(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)", text))


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_screens_is_translated(texts: Catalog, language: str) -> None:
    translated = {str(m.id) for m in catalogue(language) if m.id and all(said(m)) and not m.fuzzy}
    assert sorted(str(m.id) for m in texts if m.id and str(m.id) not in translated) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_names_the_same_values(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            known = set.union(*map(values, asked(message)))
            # "en institusjon" may leave the number out; no translation may ask for a value that nobody gives.
            assert all(values(text) <= known for text in said(message)), message.id
            assert values(said(message)[-1]) == values(asked(message)[-1]), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_stands_for_a_text_that_is_gone(texts: Catalog, language: str) -> None:
    known = {str(m.id) for m in texts if m.id}
    assert sorted(str(m.id) for m in catalogue(language) if m.id and str(m.id) not in known) == []
