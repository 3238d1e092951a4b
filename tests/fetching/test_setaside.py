"""An answer about somebody else is decided by a caseworker, with a reason, once."""

from collections.abc import Callable
from concurrent.futures import wait

import pytest

from webapp.errors import Refusal
from webapp.fetching.ordering import find_or_register, place
from webapp.fetching.setaside import accept, reject, set_aside
from webapp.house import House
from webapp.identity import parse
from webapp.model import Origin, Outcome, Person, Purpose, Reply
from webapp.sources.elmo import write
from webapp.store import orders, people, results
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIO, FakeSource, course, found


def order(house: House, person: Person) -> int:
    order_id = place(house.store, house.settings, person, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    wait(house.fanout.start(order_id), timeout=10)
    (line,) = [line for line in orders.lines_of(house.store.db, order_id) if line.fetch.institution == UIO]
    return line.fetch.id


@pytest.fixture
def fetch_id(house: House, kari: Person, sources: dict[int, FakeSource]) -> int:
    """A fetch about Kari that UiO answered with a transcript under Ola's number."""
    reply = found(course("MAT1100"), number=OLA_NUMBER)
    assert reply.transcript
    sources[UIO].answer = Reply(Outcome.FOUND, reply.transcript, payload=write(reply.transcript, NOW))
    return order(house, kari)


def test_what_was_set_aside_can_be_compared(house: House, kari: Person, fetch_id: int) -> None:
    aside = set_aside(house.store, fetch_id, kari.id)
    assert (aside.person, aside.transcript.learner.national_identifiers) == (kari, (OLA_NUMBER,))
    assert aside.verdict.reasons == ("Nummeret er et annet enn det som ble spurt om.",)


def test_an_accepted_answer_is_merged_and_its_number_remembered(house: House, kari: Person, fetch_id: int) -> None:
    accept(house.store, fetch_id, kari.id, "kberg", "Nytt nummer, bekreftet av studenten", NOW)
    (study,) = results.studies_of(house.store.db, kari.id)
    assert [row.result.code for row in study.results] == ["MAT1100"]
    assert people.person_with_number(house.store.db, OLA_NUMBER) == people.person(house.store.db, kari.id)
    assert order(house, kari) != fetch_id
    (again,) = results.studies_of(house.store.db, kari.id)
    assert len(again.results) == 1


def test_a_rejected_answer_stays_aside(house: House, kari: Person, fetch_id: int) -> None:
    reject(house.store, fetch_id, kari.id, "kberg", "Tvilling", NOW)
    assert results.studies_of(house.store.db, kari.id) == []
    with pytest.raises(Refusal, match="ikke noe svar å ta stilling til"):
        accept(house.store, fetch_id, kari.id, "kberg", "Likevel", NOW)


@pytest.mark.parametrize("decide", [accept, reject])
def test_a_decision_needs_a_reason(house: House, kari: Person, fetch_id: int, decide: Callable[..., None]) -> None:
    with pytest.raises(Refusal, match="Skriv en begrunnelse"):
        decide(house.store, fetch_id, kari.id, "kberg", "  ", NOW)


def test_another_persons_number_cannot_be_taken(house: House, kari: Person, fetch_id: int) -> None:
    find_or_register(house.store, parse(OLA_NUMBER), "Ola", "Nordmann", NOW)
    with pytest.raises(Refusal, match="registrert på en annen person"):
        accept(house.store, fetch_id, kari.id, "kberg", "Samme person", NOW)
    assert results.studies_of(house.store.db, kari.id) == []
    assert people.person_with_number(house.store.db, KARI_NUMBER) == kari
