from statistics import median

import pytest
from werkzeug.test import Client

from webapp.demo.behaviour import MEDIAN_SECONDS, SLOW_SECONDS, Behaving
from webapp.demo.roster import BEHAVIOURS, Behaviour

SLOW = next(number for number, behaviour in BEHAVIOURS.items() if behaviour is Behaviour.SLOW)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What would have been waited, in seconds, instead of waiting."""
    waits: list[float] = []
    monkeypatch.setattr("webapp.demo.behaviour.time.sleep", waits.append)
    return waits


def client(seed: int = 1, latency_scale: float = 1.0) -> Client:
    def provider(environ, start_response):  # type: ignore[no-untyped-def]
        start_response("204 No Content", [])
        return []

    return Client(Behaving(provider, seed=seed, latency_scale=latency_scale))


def delays(slept: list[float], **how: float) -> list[float]:
    asking = client(**how)  # type: ignore[arg-type]
    for _ in range(200):
        asking.post("/185/results")
    waits = slept.copy()
    slept.clear()
    return waits


def test_delays_lie_around_the_median_and_vary(slept: list[float]) -> None:
    waits = delays(slept)
    assert median(waits) == pytest.approx(MEDIAN_SECONDS, rel=0.15)
    assert 0.03 < min(waits) < max(waits) < 0.8
    assert len(set(waits)) == len(waits)


def test_the_same_seed_gives_the_same_delays(slept: list[float]) -> None:
    assert delays(slept) == delays(slept) != delays(slept, seed=2)


def test_the_slow_one_takes_five_seconds(slept: list[float]) -> None:
    client().post(f"/{SLOW}/results")
    assert slept == [SLOW_SECONDS]


def test_all_delays_are_scaled(slept: list[float]) -> None:
    client(latency_scale=0.5).post(f"/{SLOW}/results")
    client(latency_scale=0).post("/185/results")
    assert slept == [SLOW_SECONDS / 2, 0]
