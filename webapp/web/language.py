"""The reader's language: bokmål, nynorsk or English, and Flask-Babel's functions with their types."""

from collections.abc import Callable
from typing import Any

import flask_babel
from flask import g, has_request_context, request

from webapp.errors import Refusal

#: The languages of the screens with their own names, the language of the sources first.
LANGUAGES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}
#: Where the browser keeps the language that the reader chose.
COOKIE = "language"

ngettext: Callable[..., str] = flask_babel.ngettext
#: For words that stand in a module: translated when they are shown.
lazy_gettext: Callable[..., Any] = flask_babel.lazy_gettext


def gettext(text: str, **values: object) -> str:
    """A text in the reader's language, or outside a request as it stands. `values` stand in it as %(name)s.

    Flask-Babel looks for the reader's catalogue at each text, which a list of a thousand rows would wait for.
    """
    if has_request_context():
        if "catalogue" not in g:
            g.catalogue = flask_babel.get_domain().get_translations()
        text = g.catalogue.ugettext(text)
    return text % values if values else text


def reading_order() -> tuple[str, ...]:
    """The languages of texts that are there in several: the reader's own first; outside a request, bokmål."""
    if not has_request_context():
        return tuple(LANGUAGES)
    if "reading_order" not in g:
        mine = str(flask_babel.get_locale())
        g.reading_order = (mine, *(language for language in LANGUAGES if language != mine))
    order: tuple[str, ...] = g.reading_order
    return order


def chosen_language() -> str:
    """The language that the reader chose, else the one that the browser asks for, else bokmål."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(["nb", "no", "nn", "en"], "nb").replace("no", "nb")


def said(refusal: Refusal) -> str:
    """A refusal in the reader's language."""
    return gettext(refusal.sentence, **refusal.values)
