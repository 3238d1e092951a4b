"""The language of words: the reader's own, or bokmål in the terminal, which does not wait for Flask to be loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from babel.support import LazyProxy, NullTranslations

from webapp.errors import Refusal

#: The languages of the screens with their own names, the language of the sources first.
LANGUAGES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}


@dataclass(frozen=True)
class Reader:
    """Somebody who reads: `catalogue` has the texts in that language; `languages`: the language itself, then the
    others."""

    catalogue: NullTranslations
    languages: tuple[str, ...]


#: Who reads where nobody has chosen a language: texts stand as they are.
ANYBODY = Reader(NullTranslations(), tuple(LANGUAGES))


def anybody() -> Reader:
    """Nobody in particular reads."""
    return ANYBODY


_reader = anybody


def read_by(reader: Callable[[], Reader]) -> None:
    """Let a function say from now on, in this process, who reads just now."""
    global _reader  # noqa: PLW0603 -- there is one in a process, as there is one application
    _reader = reader


def gettext(text: str, **values: object) -> str:
    """A text in the reader's language. `values` stand in it as %(name)s."""
    text = _reader().catalogue.gettext(text)
    return text % values if values else text


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """One of two texts by a count, which stands in it as %(num)d, in the reader's language."""
    return _reader().catalogue.ngettext(one, many, num) % {"num": num, **values}


def lazy_gettext(text: str) -> Any:
    """A text that stands in a module: translated each time that it is shown."""
    return LazyProxy(gettext, text, enable_cache=False)


def reading_order() -> tuple[str, ...]:
    """The languages of texts that are there in several: the reader's own first."""
    return _reader().languages


def said(refusal: Refusal) -> str:
    """A refusal in the reader's language."""
    return gettext(refusal.sentence, **refusal.values)
