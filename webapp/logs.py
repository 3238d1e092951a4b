"""The log on standard error.

Whoever logs uses the standard library's logging, and gives what programs are to find beside the words as `extra`.
"""

import logging
from functools import cache
from pkgutil import resolve_name
from typing import Any, Literal

Form = Literal["text", "json"]


def begin() -> None:
    """Have errors logged to standard error, unless somebody else takes care of the log."""
    lines = _Lines()
    lines.setFormatter(_Later())
    logging.basicConfig(handlers=[lines], level=logging.ERROR)


def go_on(form: Form) -> None:
    """Have all that is worth knowing of our own work logged from now on, in a form."""
    begin()
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _Lines):
            handler.setFormatter(_formatter(form))
    logging.getLogger("webapp").setLevel(logging.INFO)


@cache
def _formatter(form: Form) -> logging.Formatter:
    """What makes the lines; it takes its time to load, and most commands log nothing."""
    made: logging.Formatter = resolve_name("webapp.log_lines:formatter")(form)
    return made


class _Later(logging.Formatter):
    """Makes lines of text, and is loaded for the first of them."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        return _formatter("text").format(record)


class _Lines(logging.StreamHandler[Any]):
    """Our handler, known again among those of others."""
