"""The commands as `eksternstudium --help` tells of them, and what each start loads."""

import os
import subprocess
import sys
from pkgutil import resolve_name

import click
import pytest
from click.testing import CliRunner

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
