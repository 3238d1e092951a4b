"""One fetch over a network in which every institution has a way of its own: the same results come from each."""

from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from carried import COURSE, DEGREE, HALF, THESIS, VEKTTALL, told
from stages import STAGES
from webapp.config import Settings
from webapp.fetching import fanout as fanout_module
from webapp.fetching.fanout import Fanout
from webapp.fetching.ordering import place
from webapp.institutions import REGISTER
from webapp.model import Origin, Outcome, Person, Purpose
from webapp.source_settings import ElmoPullSettings
from webapp.store import Store, orders, results
from world import NOW

RESULTS = (DEGREE, replace(COURSE, parent=0), replace(HALF, parent=0), THESIS, VEKTTALL)


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """An institution for each protocol, by the protocol's name; each holds the same of Kari."""
    institutions = dict(zip(STAGES, REGISTER, strict=False))
    with ExitStack() as opened:
        sources = {}
        for protocol, institution in institutions.items():
            (folder := tmp_path / protocol).mkdir()
            stage = opened.enter_context(STAGES[protocol](folder))
            stage.holds(told(*RESULTS))
            sources[institution] = stage.source
        monkeypatch.setattr(fanout_module, "open_sources", lambda _: sources)
        yield institutions


@pytest.mark.alone  # all protocols at once, each within the short time limit of its stage
def test_every_protocol_brings_the_same_results(
    settings: Settings, store: Store, kari: Person, network: dict[str, int]
) -> None:
    sources = tuple(ElmoPullSettings(institution=n, url="http://127.0.0.1:9") for n in network.values())
    mixed = settings.model_copy(update={"sources": sources})
    fanout = Fanout(store, mixed, lambda: NOW)
    order_id = place(store, mixed, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    wait(fanout.start(order_id), timeout=20)
    lines = {line.fetch.institution: line for line in orders.lines_of(store.db, order_id)}
    fanout.close()
    for protocol, institution in network.items():
        answer = lines[institution].answer
        assert answer is not None, protocol
        assert answer.outcome is Outcome.FOUND, (protocol, answer)
        rows = results.results_from(store.db, kari.id, institution)
        brought = tuple(replace(row.result, source_key=None, url=None) for row in rows)
        places = {row.id: place for place, row in enumerate(rows)}
        parents = tuple(places.get(row.parent_id or 0) for row in rows)
        assert brought == tuple(replace(result, parent=None) for result in RESULTS), protocol
        assert parents == tuple(result.parent for result in RESULTS), protocol
