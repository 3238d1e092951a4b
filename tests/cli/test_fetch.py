"""`eksternstudium fetch`, over HTTP to a provider, as somebody in a terminal sees it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from serving import served
from webapp.cli import main
from webapp.config import Settings
from webapp.model import Institution
from webapp.provider import create_provider
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import meaning_digest, write
from webapp.store import Store
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO, UIT, bachelor, course, transcript

Fetch = Callable[..., Result]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "shelf.sqlite")
    shelf.add_institution(Institution(UIO, {"nb": "Universitetet i Oslo"}))
    shelf.add_institution(Institution(UIB, {"nb": "Universitetet i Bergen"}))
    shelf.add_institution(Institution(UIT, {"nb": "UiT Norges arktiske universitet"}), exchanges=False)
    said = transcript(bachelor(), course("MAT1100", parent=0), course("EXPHIL03"))
    shelf.put(UIO, [KARI_NUMBER], write(said, NOW), etag=meaning_digest(said))
    yield shelf
    shelf.close()


@pytest.fixture
def fetch(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetch]:
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(tmp_path / "instance"))
    (tmp_path / "instance").mkdir()
    with served(create_provider(shelf)) as url:
        sources = [
            f'[[source]]\ninstitution = {number}\nprotocol = "elmo-pull"\nurl = "{url}/{number}"\n'
            for number in (UIO, UIB, UIT)
        ]
        (tmp_path / "instance" / "sources.toml").write_text("\n".join(sources))
        yield lambda *arguments: CliRunner().invoke(main, ["fetch", *arguments])


def test_json_tells_what_each_institution_answered(fetch: Fetch) -> None:
    result = fetch(KARI_NUMBER, "--purpose", "recognition", "--reason", "Ringte", "--json")
    report = json.loads(result.stdout)
    said = {
        line["institution"]: (line["name"], line["answer"], line["results"], line["changes"], line["error"])
        for line in report["fetches"]
    }
    assert (result.exit_code, report["order"], report["state"]) == (0, 1, "complete")
    assert said == {
        UIO: ("Universitetet i Oslo", "found", 3, 3, None),
        UIB: ("Universitetet i Bergen", "nothing", 0, 0, None),
        UIT: ("UiT Norges arktiske universitet", "not-shared", 0, 0, None),
    }
    (left,) = map(json.loads, CliRunner().invoke(main, ["audit", "export"]).stdout.splitlines()[:-1])
    assert (left["act"], left["door"], left["people"]) == ("ordered", "fetch", [1])
    assert left["content"] == {"purpose": "recognition", "order": "1"}
    assert 0 < report["slowest_answer_seconds"] <= report["seconds"]
    assert set(report) == {"order", "state", "seconds", "slowest_answer_seconds", "fetches"}


def test_a_second_fetch_finds_nothing_changed(fetch: Fetch) -> None:
    fetch(KARI_NUMBER, "--purpose", "recognition", "--reason", "Ringte", "--json")
    report = json.loads(fetch(KARI_NUMBER, "--purpose", "recognition", "--reason", "Ringte", "--json").stdout)
    (oslo,) = [line for line in report["fetches"] if line["institution"] == UIO]
    assert (oslo["answer"], oslo["results"], oslo["changes"]) == ("unchanged", 3, 0)


def test_the_table_has_a_line_for_each_institution_and_a_last_sentence(fetch: Fetch) -> None:
    text = " ".join(fetch(KARI_NUMBER, "--purpose", "recognition", "--reason", "Ringte").stdout.split())
    assert "Universitetet i Oslo 1 kvalifikasjon, 2 emner · 3 nye" in text
    assert "Deler ikke resultater" in text
    assert "1 institusjon hadde resultater, 1 hadde ingen, 1 deler ikke." in text


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_the_number_is_in_no_output(fetch: Fetch, arguments: list[str]) -> None:
    result = fetch(KARI_NUMBER, "--purpose", "recognition", "--reason", "Ringte", *arguments)
    assert KARI_NUMBER not in result.output
    assert KARI_NUMBER[6:] not in result.output


def test_without_consent_an_admission_asks_nobody(fetch: Fetch) -> None:
    report = json.loads(fetch(OLA_NUMBER, "--purpose", "admission", "--reason", "Ringte", "--json").stdout)
    assert (report["state"], {line["answer"] for line in report["fetches"]}) == ("complete", {"no-consent"})


def test_the_environment_can_change_the_basis(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKSTERNSTUDIUM_LEGAL_BASIS__ADMISSION", "statute")
    report = json.loads(fetch(KARI_NUMBER, "--purpose", "admission", "--reason", "Ringte", "--json").stdout)
    assert {line["answer"] for line in report["fetches"]} == {"found", "nothing", "not-shared"}


def test_a_wrong_number_is_one_sentence_and_status_2(fetch: Fetch) -> None:
    wrong = KARI_NUMBER[:-1] + str((int(KARI_NUMBER[-1]) + 1) % 10)
    result = fetch(wrong, "--purpose", "recognition", "--reason", "Ringte", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "Kontrollsifrene stemmer ikke" in result.stderr


def test_a_wrong_sources_file_is_one_sentence_and_status_2(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "instance" / "sources.toml").write_text("[[source]]\ninstitution = 1\n")
    result = fetch(KARI_NUMBER, "--purpose", "recognition", "--reason", "Ringte")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "sources.toml, linje 1: «protocol» mangler" in result.stderr


def test_it_asks_for_the_reason_and_keeps_it(fetch: Fetch, tmp_path: Path) -> None:
    assert fetch(KARI_NUMBER, "--purpose", "recognition").exit_code == 2
    refused = fetch(KARI_NUMBER, "--purpose", "recognition", "--reason", " ")
    assert (refused.exit_code, "Skriv" in refused.stderr) == (2, True)
    assert fetch(KARI_NUMBER, "--purpose", "recognition", "--reason", "Klagesak").exit_code == 0
    store = Store(Settings(instance=tmp_path / "instance").database)
    assert [row["reason"] for row in store.db.query("SELECT reason FROM orders")] == ["Klagesak"]
    store.close()
