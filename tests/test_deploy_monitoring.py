"""The alert rules and the dashboard ask for figures that there are."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from promql_parser import VectorSelector, parse, walk

from every_door import fill
from webapp.house import House
from webapp.model import Person, RunState
from webapp.privacy.purging import PURGED_BY, purge
from webapp.store import as_text, runs, source_health, trace_chain
from webapp.upkeep.standing import Made, note_good
from webapp.web.metrics import Metrics
from world import NOW, UIO, FakeSource

ROOT = Path(__file__).parents[1]
ALERTS, DASHBOARD = ROOT / "deploy" / "alerts.yml", ROOT / "deploy" / "grafana-dashboard.json"
#: What Prometheus itself knows of what it asks.
OF_PROMETHEUS = {"up": {"job", "instance"}}

Labels = dict[str, set[str]]


@pytest.fixture
def told(house: House, kari: Person, sources: dict[int, FakeSource]) -> Labels:
    """Every figure that there is in a world with one of everything, and its labels."""
    metrics = Metrics(house)
    run_id = int(str(fill(house, kari, sources)["run_id"]))
    purge(house.store, house.settings, PURGED_BY, house.clock, threading.Event())
    trace_chain.verified(house.store, NOW)
    note_good(house.settings.instance, Made(file="x", at=NOW, bytes=1, sha256="0", encrypted=False))
    house.pulse.beat()
    with house.store.write() as db:
        db.execute("UPDATE runs SET begun_at = ?", [as_text(NOW)])
        runs.set_state(db, run_id, RunState.COMPLETE, NOW)
        runs.mark_dealt_with(db, NOW)
        source_health.note_described(db, UIO, NOW, NOW)
    metrics.answered("start.show", 200, 0.1)
    labels: Labels = {name: set(known) for name, known in OF_PROMETHEUS.items()}
    for family in text_string_to_metric_families(metrics.told().decode()):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    return labels


def alerts() -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]:
        yield from group["rules"]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in alerts())
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    yield from (target["expr"] for panel in dashboard["panels"] for target in panel["targets"])


def asked_for(expression: str) -> Iterator[tuple[str, set[str]]]:
    """The figures that an expression asks for, each with the labels that it is chosen by; raises ValueError when
    Prometheus would not take it."""
    selectors: list[VectorSelector] = []
    walk(parse(expression), lambda node: selectors.append(node) if isinstance(node, VectorSelector) else None)
    for each in selectors:
        yield each.name or "", {matcher.name for matcher in each.matchers.matchers}


def test_each_expression_asks_for_figures_that_there_are(told: Labels) -> None:
    unknown = []
    for expression in expressions():
        wanted = list(asked_for(expression))
        assert wanted, expression
        unknown += [(name, labels) for name, labels in wanted if not labels <= told.get(name, set())]
        unknown += [name for name, _ in wanted if name not in told]
        kept = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(", ")}
        unknown += [(label, expression) for label in kept if not any(label in told.get(name, ()) for name, _ in wanted)]
    assert unknown == []


def test_a_figure_that_is_not_there_would_be_found() -> None:
    assert list(asked_for("sum(rate(gone_total{of='x'}[5m])) > 1")) == [("gone_total", {"of"})]
    with pytest.raises(ValueError, match="expected type matrix"):
        list(asked_for("rate(gone_total)"))


def test_each_alert_says_what_is_wrong_and_what_to_do() -> None:
    rules = list(alerts())
    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"].keys() == {"summary", "description"}


def test_every_figure_of_ours_is_in_the_documentation(told: Labels) -> None:
    document = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`(eksternstudium_\w+)`", document))
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in told if name.startswith("eksternstudium_")}
    assert listed == families
