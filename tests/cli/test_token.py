"""`eksternstudium token`: made, listed and revoked from a terminal."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from webapp.cli import main


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(tmp_path / "instance"))
    return CliRunner()


def test_a_token_is_made_listed_and_revoked(run: CliRunner) -> None:
    until = "2026-12-31"
    made = run.invoke(main, ["token", "add", "studentweb", "--scope", "see", "--scope", "work", "--until", until])
    assert made.exit_code == 0, made.output
    token = made.stdout.strip()
    assert token.startswith("eks_")
    name, prefix, scopes, last, seen, state = run.invoke(main, ["token", "list"]).stdout.strip().split("\t")
    assert (name, scopes, last, seen, state) == ("studentweb", "see work", until, "aldri brukt", "i bruk")
    assert token.startswith(prefix.rstrip("…"))
    assert "trukket tilbake" in run.invoke(main, ["token", "revoke", "studentweb"]).stdout
    assert run.invoke(main, ["token", "list"]).stdout.strip().endswith("trukket tilbake")
    again = run.invoke(main, ["token", "revoke", "studentweb"])
    assert (again.exit_code, again.stderr) == (2, "Ingen nøkkel i bruk heter studentweb. Se dem med token list.\n")


def test_there_is_no_token_for_the_trace(run: CliRunner) -> None:
    made = run.invoke(main, ["token", "add", "studentweb", "--scope", "audit", "--until", "2026-12-31"])
    assert made.exit_code == 2
    assert "'audit' er ikke blant dem som kan velges" in made.stderr
