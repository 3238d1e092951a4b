"""The reader's language: bokmål, nynorsk or English, and Flask-Babel's functions with their types."""

from collections.abc import Callable
from typing import Any

import flask_babel
from flask import request

from webapp.errors import Refusal

#: The languages of the screens with their own names, the language of the sources first.
LANGUAGES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}
#: Where the browser keeps the language that the reader chose.
COOKIE = "language"

gettext: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext
#: For words that stand in a module: translated when they are shown.
lazy_gettext: Callable[..., Any] = flask_babel.lazy_gettext


def chosen_language() -> str:
    """The language that the reader chose, else the one that the browser asks for, else bokmål."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(["nb", "no", "nn", "en"], "nb").replace("no", "nb")


def said(refusal: Refusal) -> str:
    """A refusal in the reader's language."""
    return gettext(refusal.sentence, **refusal.values)
