"""`eksternstudium feed`, from a terminal."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feeding import own_fs
from webapp.cli import main
from webapp.config import Settings
from webapp.identity import parse
from webapp.model import ApplicationRecord
from webapp.store import Store, people
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIO

Feed = Callable[..., Result]


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Feed]:
    instance = tmp_path / "instance"
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(instance))
    store = Store(Settings(instance=instance).database)
    with store.write() as db:
        people.register(db, [parse(KARI_NUMBER)], None, None, NOW)
    store.close()
    with own_fs(tmp_path, ApplicationRecord("NOM1", KARI_NUMBER, "2027-HØST-NOM", None, "Nordmann", "Kari")) as own:
        (instance / "settings.toml").write_text(f'[feed]\ninstitution = {UIO}\nurl = "{own.url}"\n')
        yield lambda *arguments, **more: CliRunner().invoke(main, ["feed", *arguments], **more)


def test_a_number_as_an_argument_or_from_standard_in(feed: Feed) -> None:
    first, again = feed(KARI_NUMBER), feed(input=f"{KARI_NUMBER}\n")
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert "Navn eller numre er oppdatert fra FS." in first.output
    assert "FS har ikke noe nytt om personen." in again.output
    left = [json.loads(line) for line in CliRunner().invoke(main, ["audit", "export"]).stdout.splitlines()[:-1]]
    assert [(each["act"], each["door"], each["people"]) for each in left] == [("changed", "feed", [1])] * 2


def test_somebody_who_is_not_registered_is_refused(feed: Feed) -> None:
    refused = feed(OLA_NUMBER)
    assert refused.exit_code == 2
    assert "Personen er ikke registrert her" in refused.output
    assert OLA_NUMBER not in refused.output
