"""Who reads a page: the language that the reader's browser asks for, or that was chosen."""

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_domain, get_locale

from webapp.web.language import ANYBODY, LANGUAGES, Reader, read_by

#: Where the browser keeps the language that the reader chose.
COOKIE = "language"


def register_reader(app: Flask, time_zone: str) -> None:
    """Let the pages of an application be in the reader's language, with the hours of a time zone."""
    Babel(app, default_locale="nb", default_timezone=time_zone, locale_selector=_chosen_language)
    read_by(_reader)


def _reader() -> Reader:
    """Who reads the page that is being made. Flask-Babel looks for the reader's catalogue at each text, which a list of
    a thousand rows would wait for."""
    if not has_request_context():
        return ANYBODY
    if "reader" not in g:
        mine = str(get_locale())
        others = (language for language in LANGUAGES if language != mine)
        g.reader = Reader(get_domain().get_translations(), (mine, *others))
    reader: Reader = g.reader
    return reader


def _chosen_language() -> str:
    """The language that the reader chose, else the one that the browser asks for, else bokmål."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(["nb", "no", "nn", "en"], "nb").replace("no", "nb")
