"""A network full of hostile and broken sources: each ends in its own state, and the others are unharmed."""

from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import ExitStack
from pathlib import Path

import pytest

from misbehaviours import MISBEHAVIOURS, BadServer, self_signed
from serving import served
from webapp.errors import SENTENCES, SourceFailure
from webapp.fetching.ordering import find_or_register, place
from webapp.house import House, open_house
from webapp.identity import parse
from webapp.model import Answer, FetchState, Institution, OrderState, Origin, Outcome, Purpose
from webapp.provider import create_provider
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import meaning_digest, write
from webapp.store import orders, results
from world import KARI_NUMBER, NOW, OLA_NUMBER, course, transcript

GOOD = range(9500, 9549)
SOMEBODY_ELSE = 9549
BAD = dict(enumerate(MISBEHAVIOURS, 9000))


def source(number: int, url: str, timeout_seconds: float) -> str:
    return (
        f'[[source]]\ninstitution = {number}\nname = "Institusjon {number}"\nprotocol = "elmo-pull"\n'
        f'url = "{url}"\ntimeout_seconds = {timeout_seconds}\n'
    )


@pytest.fixture
def network(tmp_path: Path) -> Iterator[list[str]]:
    """The [[source]]s of every misbehaviour, of one that answers about Ola, and of 49 that answer well."""
    shelf = Shelf(tmp_path / "shelf.sqlite")
    for number in (*GOOD, SOMEBODY_ELSE):
        shelf.add_institution(Institution(number))
        about = OLA_NUMBER if number == SOMEBODY_ELSE else KARI_NUMBER
        said = transcript(course(f"C{number}"), institution=number, number=about)
        shelf.put(number, [KARI_NUMBER], write(said, NOW), etag=meaning_digest(said))
    with ExitStack() as stack:
        stack.callback(shelf.close)
        good = stack.enter_context(served(create_provider(shelf)))
        sources = [source(number, f"{good}/{number}", 30) for number in (*GOOD, SOMEBODY_ELSE)]
        tls, _ = self_signed(tmp_path)
        for number, name in BAD.items():
            bad = MISBEHAVIOURS[name]
            server = stack.enter_context(BadServer(bad.speech, tls if bad.certified else None))
            url = server.url.replace("http://", "https://") if bad.tls else server.url
            sources.append(source(number, bad.url or url, 2))
        yield sources


@pytest.fixture
def house(network: list[str], tmp_path: Path) -> Iterator[House]:
    (tmp_path / "sources.toml").write_text("\n".join(network), encoding="utf-8")
    house = open_house(tmp_path)
    yield house
    house.close()


@pytest.mark.slow
def test_each_ends_in_its_own_state_and_the_others_are_unharmed(house: House) -> None:
    kari = find_or_register(house.store, parse(KARI_NUMBER), "Kari", "Nordmann", NOW)
    order_id = place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    wait(house.fanout.start(order_id), timeout=60)
    lines = orders.lines_of(house.store.db, order_id)
    said: dict[int, Answer] = {line.fetch.institution: line.answer for line in lines if line.answer}
    for number, name in BAD.items():
        failures = {MISBEHAVIOURS[name].failure} | MISBEHAVIOURS[name].also
        assert said[number].outcome is Outcome.FAILED, name
        assert SourceFailure(said[number].failure or "") in failures, name
        assert SENTENCES[SourceFailure(said[number].failure or "")].endswith("."), name
    assert {said[number].outcome for number in GOOD} == {Outcome.FOUND}
    assert said[SOMEBODY_ELSE].outcome is Outcome.MISMATCH
    assert {line.fetch.state for line in lines} == {FetchState.DONE, FetchState.FAILED}
    ended = orders.order(house.store.db, order_id)
    assert ended and ended.state is OrderState.INCOMPLETE_TEMPORARY
    studies = results.studies_of(house.store.db, kari.id)
    assert [(s.institution, [r.result.code for r in s.results]) for s in studies] == [(n, [f"C{n}"]) for n in GOOD]
