"""The search for identity numbers at the end of the suite would find one in each of its places."""

import logging
from pathlib import Path

import pytest
from flask import Flask, Response, redirect

from no_numbers import Watching, look_at_names, numbers_in, watch_answer
from world import KARI_NUMBER, OLA_NUMBER

GROUPED = f"{KARI_NUMBER[:6]} {KARI_NUMBER[6:]}"


@pytest.mark.parametrize(
    "text", [KARI_NUMBER, f"nr. {GROUPED}.", f"/people?name={OLA_NUMBER}&x=1", f"svar_{KARI_NUMBER}.xml"]
)
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert len(numbers_in(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"{KARI_NUMBER[:6]} *****",
        f"{KARI_NUMBER[:-1]}{(int(KARI_NUMBER[-1]) + 1) % 10}",
        f"9{KARI_NUMBER}",
        f"a{KARI_NUMBER}f",
        f"0.{KARI_NUMBER}",
    ],
)
def test_other_digits_are_none(text: str) -> None:
    assert numbers_in(text) == []


def test_a_log_record_is_looked_at_with_its_exception() -> None:
    found: list[str] = []
    log = logging.getLogger("apart")
    log.propagate = False
    log.setLevel(logging.WARNING)  # whatever a command has set for all
    log.addHandler(Watching(found))
    try:
        raise ValueError(KARI_NUMBER)
    except ValueError:
        log.exception("fetch 1 failed")
    log.warning("fetch 2 failed", extra={"who": KARI_NUMBER})
    assert (len(found), KARI_NUMBER in "".join(found)) == (2, False)


@pytest.mark.parametrize(
    ("path", "answer", "places"),
    [
        (f"/?name={KARI_NUMBER}", Response("yes"), ["address"]),
        (f"/?name={KARI_NUMBER}", Response("no", 422), []),
        ("/", Response(f"no {GROUPED}", 404), ["error 404"]),
        ("/", redirect(f"/{KARI_NUMBER}"), ["Location"]),
        ("/", Response("x", headers={"Content-Disposition": f"filename={KARI_NUMBER}.pdf"}), ["Content-Disposition"]),
    ],
)
def test_an_answer_is_looked_at(path: str, answer: Response, places: list[str]) -> None:
    found: list[str] = []
    with Flask("apart").test_request_context(path):
        watch_answer(Flask("apart"), answer, found)
    assert [one.split(" of ")[0] for one in found] == places


def test_names_in_an_instance_folder_are_looked_at_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    for name in ("instance/eksternstudium.sqlite", f"instance/{KARI_NUMBER}.xml", f"{OLA_NUMBER}.xml"):
        (tmp_path / name).touch()
    found: list[str] = []
    look_at_names(tmp_path, found)
    assert [one.split(" (")[0] for one in found] == ["file: [number].xml"]
    (tmp_path / f"instance/{KARI_NUMBER}.xml").unlink()
