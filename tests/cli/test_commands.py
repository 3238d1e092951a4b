"""The commands as `eksternstudium --help` tells of them, and what each start loads."""

import os
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name

import click
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from click.testing import CliRunner

from webapp import cli
from webapp.cli import COMMANDS, main

#: What the screens are made with: it takes a second to load, which no run is to wait for.
OF_THE_SCREENS = {"flask", "werkzeug", "jinja2", "apiflask", "waitress", "weasyprint", "xlsxwriter", "apscheduler"}


def loaded(*arguments: str) -> set[str]:
    """The top of each package that a call has loaded at its end."""
    told = "import sys; from webapp.cli import main; main(standalone_mode=False); print(*sys.modules)"
    called = [sys.executable, "-c", told, *arguments]
    said = subprocess.run(called, env=os.environ, stdout=subprocess.PIPE, text=True, check=True).stdout
    return {name.partition(".")[0] for name in said.splitlines()[-1].split()}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_told_of_by_its_first_sentence(name: str) -> None:
    place, sentence = COMMANDS[name]
    command = resolve_name(place)
    assert isinstance(command, click.Command)
    assert command.get_short_help_str(200) == sentence


def test_the_help_names_all_commands() -> None:
    said = CliRunner().invoke(main, ["--help"]).output
    assert all(f"  {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_no_call_from_a_terminal_waits_for_the_screens_to_be_loaded(arguments: list[str]) -> None:
    assert loaded(*arguments) & OF_THE_SCREENS == set()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--help"], "Valg:|Vis denne hjelpen.|Kommandoer:"),
        (["sevre"], "Feil: Kommandoen 'sevre' fins ikke."),
        (["serve", "--prot"], "Feil: Valget '--prot' fins ikke. Mente du"),
        (["serve", "--port", "abc"], "Bruk: |Feil: Verdien for '--port' kan ikke brukes: 'abc' er ikke et heltall."),
        (["run", "halv"], "'halv' er ikke blant dem som kan velges: 'full', 'delta'."),
        (["fetch"], "Feil: Et argument mangler: 'NUMBER'."),
    ],
)
def test_what_click_says_is_in_bokmaal(typed: list[str], said: str) -> None:
    output = CliRunner().invoke(main, typed).output
    assert [part for part in said.split("|") if part not in output] == []


def test_what_is_translated_of_click_is_what_it_says() -> None:
    written = Path(cli.__file__).with_name("translations") / "nb" / "LC_MESSAGES" / "click.po"
    with written.open("rb") as file:
        translated = {str(message.id) for message in read_po(file) if message.id}
    found = extract_from_dir(Path(click.__file__).parent, [("**.py", "python")])
    assert len(translated) > 40
    assert translated - {str(message) for _, _, message, _, _ in found} == set()
