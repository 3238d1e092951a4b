"""`eksternstudium applicants import` and `admissions import`, as somebody in a terminal sees them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from webapp.cli import main
from webapp.store import Store, people
from world import KARI_NUMBER

HEADING = "sokernummer;fodselsnummer;etternavn;fornavn;opptak"
KARI = f"1001;{KARI_NUMBER};Nordmann;Kari;2027-HØST-NOM"
Import = Callable[..., Result]


@pytest.fixture
def take_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(tmp_path / "instance"))

    def take_in(what: str, lines: list[str], *options: str) -> Result:
        file = tmp_path / f"{what}.csv"
        file.write_text("\n".join(lines))
        return CliRunner().invoke(main, [what, "import", str(file), *options])

    assert take_in("admissions", ["opptak;navn", "2027-HØST-NOM;Samordna opptak"]).exit_code == 0
    return take_in


def test_what_came_of_it_is_told(take_in: Import) -> None:
    first, second = (take_in("applicants", [HEADING, KARI]) for _ in range(2))
    told = "Personer: 1 nye, 0 endret, 0 uendret\nSøknader: 1 nye, 0 endret, 0 uendret\n1 rad er lest inn.\n"
    assert (first.exit_code, first.stdout) == (0, told)
    assert "Søknader: 0 nye, 0 endret, 1 uendret" in second.stdout


def test_a_dry_run_writes_nothing(take_in: Import, tmp_path: Path) -> None:
    result = take_in("applicants", [HEADING, KARI], "--dry-run")
    assert (result.exit_code, "Dette var en prøve: ingenting er skrevet." in result.stdout) == (0, True)
    store = Store(tmp_path / "instance" / "eksternstudium.sqlite")
    assert people.person_with_number(store.db, KARI_NUMBER) is None
    store.close()


def test_what_is_wrong_is_told_line_by_line_with_status_2(take_in: Import) -> None:
    wrong = KARI.replace("HØST", "HAST")
    result = take_in("applicants", [HEADING, KARI, f"x{wrong[4:]}", f";{wrong[5:]}"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Linje 4: sokernummer: Søkernummeret mangler." in result.stderr
    assert "Linje 3: opptak: «2027-HAST-NOM» er ikke et opptak." in result.stderr
    assert "4 feil i filen. Ingenting er skrevet." in result.stderr
    assert KARI_NUMBER not in result.output


@pytest.mark.parametrize(
    ("what", "lines", "sentence"),
    [
        ("applicants", ["opptak;alder", "2027-HØST-NOM;7"], "Kolonne nr. 2, «alder», er ukjent."),
        ("admissions", ["navn", "Samordna opptak"], "Kolonnen «opptak» mangler."),
    ],
)
def test_a_wrong_column_is_named(take_in: Import, what: str, lines: list[str], sentence: str) -> None:
    result = take_in(what, lines)
    assert (result.exit_code, sentence in result.stderr) == (2, True)


def test_a_file_that_is_not_there_is_one_sentence(take_in: Import) -> None:
    result = CliRunner().invoke(main, ["applicants", "import", "/nowhere/søkere.csv"])
    assert (result.exit_code, "Filen fins ikke, eller den lar seg ikke lese.\n" in result.stderr) == (2, True)
