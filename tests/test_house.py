"""An opened instance takes its sources in anew while it is open."""

from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path

import pytest

from webapp.errors import Refusal, SourceFailure
from webapp.fetching.ordering import place
from webapp.house import House, open_house
from webapp.identity import parse
from webapp.model import FetchState, Origin, Purpose
from webapp.store import institutions, orders, people
from world import KARI_NUMBER, NOW

UIO = '[[source]]\ninstitution = 185\nprotocol = "elmo-pull"\nurl = "http://127.0.0.1:9"\n'
NEW = '[[source]]\ninstitution = 77001\nname = "Ny skole"\nprotocol = "elmo-pull"\nurl = "http://127.0.0.1:9"\n'


@pytest.fixture
def open_instance(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "settings.toml").write_text("test_instance = true\n")
    (tmp_path / "sources.toml").write_text(UIO)
    house = open_house(tmp_path, lambda: NOW)
    yield house
    house.close()
    house.store.close()


def asked(house: House) -> dict[int, str | None]:
    """The institutions that a new order asks, each with why it failed."""
    with house.store.write() as db:
        person = people.person_with_number(db, KARI_NUMBER)
        person_id = person.id if person else people.register(db, [parse(KARI_NUMBER)], None, None, NOW)
    kari = people.person(house.store.db, person_id)
    assert kari is not None
    order_id = place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    wait(house.fanout.start(order_id), timeout=10)
    lines = orders.lines_of(house.store.db, order_id)
    assert all(line.fetch.state is FetchState.FAILED for line in lines)
    return {line.fetch.institution: line.answer.failure if line.answer else None for line in lines}


def test_a_source_that_was_added_is_asked(open_instance: House) -> None:
    (open_instance.settings.instance / "sources.toml").write_text(UIO + NEW)
    open_instance.take_sources()
    assert asked(open_instance) == {185: SourceFailure.UNREACHABLE, 77001: SourceFailure.UNREACHABLE}
    assert institutions.choices(open_instance.store.db)[77001] == {"nb": "Ny skole"}


def test_a_source_that_was_removed_is_not_asked(open_instance: House) -> None:
    (open_instance.settings.instance / "sources.toml").write_text(NEW)
    open_instance.take_sources()
    assert list(asked(open_instance)) == [77001]


def test_a_wrong_file_changes_nothing(open_instance: House) -> None:
    (open_instance.settings.instance / "sources.toml").write_text(NEW + "seats = 0\n")
    with pytest.raises(Refusal, match="«seats»"):
        open_instance.take_sources()
    assert list(asked(open_instance)) == [185]


def test_a_source_whose_secret_is_missing_keeps_no_other_from_being_asked(open_instance: House) -> None:
    (open_instance.settings.instance / "sources.toml").write_text(UIO + NEW + 'secret_env = "FINNES_IKKE"\n')
    open_instance.take_sources()
    assert asked(open_instance) == {185: SourceFailure.UNREACHABLE, 77001: SourceFailure.WRONGLY_SET_UP}


def test_a_source_that_could_not_be_opened_is_opened_when_its_secret_has_come(open_instance: House) -> None:
    folder = open_instance.settings.instance
    (folder / "sources.toml").write_text(UIO + 'secret_file = "hemmelig.txt"\n')
    open_instance.take_sources()
    assert asked(open_instance) == {185: SourceFailure.WRONGLY_SET_UP}
    (folder / "hemmelig.txt").write_text("hemmelig")
    open_instance.take_sources()
    assert asked(open_instance) == {185: SourceFailure.UNREACHABLE}
