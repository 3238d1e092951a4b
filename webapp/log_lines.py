"""The lines of the log, as text or as JSON: ids, counts and seconds, and nobody in them.

What looks like an identity number is taken out of a line whoever wrote it: the last defence, for none is meant to get
here.
"""

import json
import logging
import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from structlog.contextvars import merge_contextvars
from structlog.processors import TimeStamper, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

from webapp.logs import Form

#: What stands where digits were that may be somebody's number.
TAKEN_OUT = "[number]"
#: As people write it and programs do; not as a part of a longer number or a word, nor the decimals of a number.
_NUMBER = re.compile(r"(?<![^\W_])(?<!\d[.,])\d{6}[ .\u00a0-]?\d{5}(?![^\W_])", re.ASCII)
_PLACES = ("timestamp", "level", "logger", "event")

_Event = MutableMapping[str, Any]


def without_numbers(value: Any) -> Any:
    """The same without what looks like an identity number, in lists and tables too. Valid or not: one with a slip of
    the pen is still about somebody."""
    match value:
        case bool() | float() | None:
            return value
        case int():
            return TAKEN_OUT if _NUMBER.search(str(value)) else value
        case Mapping():
            return {without_numbers(str(key)): without_numbers(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [without_numbers(each) for each in value]
    return _NUMBER.sub(TAKEN_OUT, str(value))


def formatter(form: Form) -> logging.Formatter:
    """What makes lines of log records."""
    return ProcessorFormatter(
        foreign_pre_chain=(
            add_log_level,
            add_logger_name,
            ExtraAdder(),
            _without_leavings,
            merge_contextvars,
            TimeStamper(fmt="iso", utc=True),
            format_exc_info,
        ),
        processors=(
            ProcessorFormatter.remove_processors_meta,
            lambda _, __, event: without_numbers(event),
            _as_json if form == "json" else _as_text,
        ),
    )


def _without_leavings(_: Any, __: str, event: _Event) -> _Event:
    """The same without what other handlers' formatters left on the record: the words once more."""
    for name in ("message", "asctime"):
        event.pop(name, None)
    return event


def _as_json(_: Any, __: str, event: _Event) -> str:
    first = {place: event.pop(place) for place in _PLACES}
    return json.dumps(first | dict(event), ensure_ascii=False)


def _as_text(_: Any, __: str, event: _Event) -> str:
    """One line, whatever somebody managed to have logged; only what an exception tells goes on below it."""
    at, level, logger, said = (_in_one_line(event.pop(place)) for place in _PLACES)
    below = [event.pop(name) for name in ("exception", "stack_info") if name in event]
    facts = "".join(f" {name}={_fact(value)}" for name, value in event.items())
    return "\n".join([f"{at} {level.upper()} {logger}: {said}{facts}", *below])


def _fact(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(_fact, value))
    text = _in_one_line(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


def _in_one_line(value: object) -> str:
    return str(value).replace("\n", "\\n").replace("\r", "\\r")
