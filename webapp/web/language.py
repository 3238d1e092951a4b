"""Flask-Babel's two functions with the types that it does not give: a text, or a number and its noun."""

from collections.abc import Callable

import flask_babel

gettext: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext
