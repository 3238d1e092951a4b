"""`eksternstudium audit`: the trace verified, and given as JSON lines."""

import json
import re
import sys
from contextlib import closing

import click

from webapp.cli.tracing import leave_trace
from webapp.errors import Refusal
from webapp.house import open_house
from webapp.model import Act, TraceHead, TraceVerdict
from webapp.store import trace_chain, trace_reading
from webapp.web.trace_words import fault_words

EXIT_TAMPERED = 1


@click.group()
def audit() -> None:
    """Kontroller og hent ut sporingen: hvem som har gjort hva med hvem."""


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON i stedet for setninger.")
@click.option("--expect", "heads", metavar="N:HASH", multiple=True, help="En kontrollsum som ble tatt vare på før.")
def verify(as_json: bool, heads: tuple[str, ...]) -> None:
    """Kontroller hele kjeden. Status 1 når noe er endret.

    Ta vare på kontrollsummen som skrives ut, et annet sted enn her. Gis den med --expect senere, oppdages det også om
    slutten er kuttet av, eller om hele kjeden er laget på nytt.
    """
    expected = [_head(text) for text in heads]
    with closing(open_house()) as house:
        verdict = trace_chain.verified(house.store, house.clock(), *expected)
    _tell(verdict, as_json)
    if verdict.fault is not None:
        sys.exit(EXIT_TAMPERED)


@audit.command()
def export() -> None:
    """Skriv hele sporingen som JSON, én innføring på hver linje."""
    with closing(open_house()) as house:
        leave_trace(house, Act.EXPORTED, "audit export")
        for row in trace_reading.entries(house.store.db):
            click.echo(json.dumps(row, ensure_ascii=False))


def _head(text: str) -> TraceHead:
    found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text.strip())
    if found is None:
        raise Refusal("Skriv kontrollsummen slik den ble skrevet ut: nummer, kolon og 64 tegn.")
    return TraceHead(int(found[1]), found[2])


def _tell(verdict: TraceVerdict, as_json: bool) -> None:
    head = f"{verdict.head.number}:{verdict.head.hash}"
    if as_json:
        told = {"sound": verdict.fault is None, "head": head, "fault": verdict.fault, "entry": verdict.fault_at}
        click.echo(json.dumps(told))
        return
    if verdict.fault is None:
        click.echo(f"Sporingen er hel: {verdict.head.number} innføringer.")
        click.echo(f"Kontrollsum: {head}")
    else:
        click.echo(f"{fault_words(verdict)} Til og med innføring {verdict.head.number} er den hel.", err=True)
