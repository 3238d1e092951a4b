"""The lines of the log: what a person reads, what a program finds, and no number in either."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars

from webapp import log_lines, logs
from world import KARI_NUMBER

Line = Callable[..., str]


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A logger whose lines nobody else sees."""
    log = logging.getLogger("webapp.apart")
    log.propagate = False
    log.setLevel(logging.INFO)
    yield log
    log.propagate = True
    log.setLevel(logging.NOTSET)
    log.handlers.clear()


@pytest.fixture
def lines(log: logging.Logger) -> Callable[[logs.Form], StringIO]:
    """Where the lines of a form go."""

    def written(form: logs.Form) -> StringIO:
        handler = logging.StreamHandler(StringIO())
        handler.setFormatter(log_lines.formatter(form))
        log.addHandler(handler)
        return handler.stream

    return written


def test_a_person_reads_the_words_first_and_the_facts_after_them(log: logging.Logger, lines: Any) -> None:
    to = lines("text")
    log.info("fetch %d: %s", 7, "found", extra={"fetch": 7, "seconds": 0.25, "why": "no answer", "at": [1, 2]})
    at, rest = to.getvalue().split(" ", 1)
    assert rest == 'INFO webapp.apart: fetch 7: found fetch=7 seconds=0.25 why="no answer" at=1,2\n'
    assert at.endswith("Z")


def test_a_program_finds_the_facts(log: logging.Logger, lines: Any) -> None:
    to = lines("json")
    with bound_contextvars(request="ab12"):
        log.warning("source %d: blåbær", 185, extra={"institution": 185, "seconds": 0.25})
    line = json.loads(to.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "webapp.apart",
        "event": "source 185: blåbær",
        "request": "ab12",
        "institution": 185,
        "seconds": 0.25,
    }


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("number", [KARI_NUMBER, f"{KARI_NUMBER[:6]} {KARI_NUMBER[6:]}", "12345678901"])
def test_no_number_gets_through(log: logging.Logger, lines: Any, form: logs.Form, number: str) -> None:
    to = lines(form)
    try:
        raise ValueError(f"no such person: {number}")
    except ValueError:
        log.exception("%s failed", number, extra={"who": number, "of": [{"number": number}]})
    assert number not in to.getvalue()
    assert number.replace(" ", "") not in to.getvalue()
    assert to.getvalue().count(log_lines.TAKEN_OUT) == 4


@pytest.mark.parametrize(
    "value",
    [185, 1234567890, 0.12345678901, "2026-11-28T05:48:32.123456Z", "0.12345678901 s", "a12345678901f", None, True],
)
def test_other_digits_are_left(value: object) -> None:
    assert log_lines.without_numbers(value) == value


def test_nobody_makes_a_line_of_their_own(log: logging.Logger, lines: Any) -> None:
    to = lines("text")
    log.info("the source said: %s", "no\n2026-11-28T00:00:00Z ERROR webapp: all is lost", extra={"of": "a\r\nb"})
    assert len(to.getvalue().splitlines()) == 1


def test_the_form_can_be_changed_once_the_settings_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(sys, "stderr", said := StringIO())
    logs.begin()
    logging.getLogger("elsewhere").error("in words")
    logs.go_on("json")
    logging.getLogger("elsewhere").error("as JSON")
    first, second = said.getvalue().splitlines()
    assert first.endswith("ERROR elsewhere: in words")
    assert json.loads(second)["event"] == "as JSON"
