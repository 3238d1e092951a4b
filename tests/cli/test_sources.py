"""`eksternstudium sources`: list, check and import, for people and as JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from misbehaviours import BadServer, answer, says
from run_instance import RunWorld
from webapp.cli import main
from webapp.store import source_health
from world import KARI_NUMBER, UIB, UIO, UIT


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal on which every sentence stands on one line."""
    monkeypatch.setenv("COLUMNS", "200")


def sources(*arguments: str, said: str = "") -> Result:
    return CliRunner().invoke(main, ["sources", *arguments], input=said)


def as_json(*arguments: str, said: str = "") -> Any:
    return json.loads(sources(*arguments, "--json", said=said).output)


def set_up(world: RunWorld, *tables: str) -> None:
    (world.instance / "sources.toml").write_text("".join(f"[[source]]\n{table}\n" for table in tables))


def elmo_pull(number: int, url: str, more: str = "") -> str:
    return f'institution = {number}\nprotocol = "elmo-pull"\nurl = "{url}"\n{more}'


def test_the_list_tells_how_each_fares_and_what_ends(world: RunWorld) -> None:
    off = '[[source.downtime]]\nfrom = 2020-01-01T00:00:00\nuntil = 2999-01-01T00:00:00\nreason = "flytter"\n'
    set_up(
        world,
        elmo_pull(UIO, "http://127.0.0.1:9", "secret_until = 2020-01-31\n"),
        elmo_pull(UIB, "http://127.0.0.1:9", off),
        elmo_pull(UIT, "http://127.0.0.1:9", "enabled = false\n"),
    )
    assert sources("check", str(UIO)).exit_code == 1
    listed = sources("list").output
    assert "Kilden Universitetet i Oslo: hemmeligheten gjaldt til og med 31.01.2020." in listed
    told = {each["institution"]: each for each in as_json("list")}
    assert {number: each["state"] for number, each in told.items()} == {UIB: "off", UIO: "down", UIT: "unused"}
    assert (told[UIO]["failure"], told[UIO]["failed"], told[UIO]["warnings"]) == ("unreachable", 1, ["secret"])
    assert (told[UIO]["secret_until"], told[UIO]["median_seconds"]) == ("2020-01-31", None)


def test_all_are_asked_what_they_are_and_one_that_fails_is_status_1(world: RunWorld) -> None:
    fine = sources("check")
    assert fine.exit_code == 0
    assert "3 av 3 kilder svarte." in fine.output
    with BadServer(says(answer(b"", 503))) as server:
        set_up(world, elmo_pull(UIO, server.url), elmo_pull(UIB, "http://127.0.0.1:9"))
        both = sources("check")
        assert both.exit_code == 1
        assert "Kilden er midlertidig utilgjengelig. (HTTP status 503)" in both.output
        assert "Kilden tok ikke imot forbindelsen" in both.output
        assert "0 av 2 kilder svarte." in both.output
        assert [each["ok"] for each in as_json("check", str(UIB))] == [False]


def test_a_person_is_asked_about_by_a_number_that_is_read(world: RunWorld) -> None:
    (uio,) = as_json("check", str(UIO), "--person", said=f"{KARI_NUMBER}\n")
    assert (uio["ok"], uio["outcome"], uio["results"], uio["says"]["institution"]) == (True, "found", 2, UIO)
    assert KARI_NUMBER not in json.dumps(uio)
    assert source_health.hours(world.store.db, source_health.health(world.store.db)[UIO].answered_at)  # type: ignore[arg-type]
    (kept,) = world.store.db.query("SELECT kind, institution FROM source_changes")
    assert kept == {"kind": "tried", "institution": UIO}


def test_what_cannot_be_checked_is_one_sentence(world: RunWorld) -> None:
    for arguments, said, sentence in (
        (["check", "999"], "", "Institusjon 999 har ingen kilde i sources.toml."),
        (["check", "--person"], "123\n", "11 siffer"),
        (["import", "/no/such/file"], "", "Filen /no/such/file kan ikke leses"),
    ):
        result = sources(*arguments, said=said)
        assert result.exit_code == 2
        assert sentence in result.output


def test_a_file_of_sources_is_taken_in_whole_or_not_at_all(world: RunWorld, tmp_path: Path) -> None:
    set_up(world, elmo_pull(UIO, "http://127.0.0.1:9"), elmo_pull(UIB, "http://127.0.0.1:9"))
    file = tmp_path / "more.toml"
    tables = elmo_pull(UIO, "http://127.0.0.1:8"), elmo_pull(77001, "http://127.0.0.1:9", 'name = "Ny skole"\n')
    file.write_text("".join(f"[[source]]\n{table}\n" for table in tables))
    assert sources("import", str(file)).output == "Lagt til: 77001. Endret: 185. Som før: 0.\n"
    assert as_json("import", str(file)) == {"added": [], "replaced": [], "unchanged": [UIO, 77001]}
    assert {each["institution"] for each in as_json("list")} == {UIB, UIO, 77001}
    file.write_text("[[source]]\ninstitution = 1\n")
    assert sources("import", str(file)).exit_code == 2
    assert {each["institution"] for each in as_json("list")} == {UIB, UIO, 77001}
