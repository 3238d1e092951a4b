"""What the terminal says of FS154.001: a run, whom one would order for, and the evenings of a year."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from webapp.fetching.evenings import Evening
from webapp.fetching.planning import Judging, Selection
from webapp.model import Gate, Run, RunKind, RunSource, RunState
from webapp.web.words import text_of

#: So that the counts of a large institution stand beside it in 80 columns.
NAME_WIDTH = 30
KINDS = {RunKind.FULL: "komplett", RunKind.DELTA: "endringer"}
GATES = {
    Gate.PHASE: "opptaket er ikke i saksbehandlingsfasen",
    Gate.CUT_OFF: "fristen for opptaket er passert",
    Gate.NO_CONSENT: "samtykke mangler",
    Gate.PROTECTED: "adressen er beskyttet",
    Gate.NUMBER: "nummeret kan ikke brukes",
    Gate.ALREADY_ASKED: "er spurt om før",
}
_ENDS = {
    RunState.WAITING: "venter",
    RunState.RUNNING: "er avbrutt og går videre ved neste start",
    RunState.COMPLETE: "er ferdig",
    RunState.INCOMPLETE: "er ferdig, men noen svar mangler",
    RunState.STOPPED: "ble stoppet",
    RunState.SKIPPED: "ble hoppet over",
}
_DAYS = ("man", "tir", "ons", "tor", "fre", "lør", "søn")


def show_run(run: Run, sources: Sequence[RunSource], zone: ZoneInfo, as_json: bool) -> None:
    """A run as it stands, and what came of it at each institution."""
    if as_json:
        _as_json(_run(run, sources, zone))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Institusjon", no_wrap=True, overflow="ellipsis", max_width=NAME_WIDTH)
    for title in ("Spurt", "Funn", "Ingen", "Uendret", "Feil", "Ellers"):
        table.add_column(title, justify="right")
    for each in sources:
        others = each.no_consent + each.not_shared + each.mismatch
        counts = (each.asked, each.found, each.nothing, each.unchanged, each.failed, others)
        table.add_row(text_of(each.name), *map(_number, counts), style="red" if each.failed else "")
    Console().print(table)
    click.echo(_left_out(run.left_out), nl=False)
    click.echo(_sentence(run, sum(each.failed > 0 for each in sources)))


def show_preview(judging: Judging, selection: Selection, seconds: float, as_json: bool) -> None:
    """Whom a run would order for; nothing was ordered."""
    at = judging.at.astimezone(judging.settings.zone)
    if as_json:
        _as_json(
            {
                "run": None,
                "kind": judging.kind.value,
                "scheduled_for": _iso(at),
                "state": "dry-run",
                "ordered": selection.ordered,
                "people": selection.people,
                "left_out": _all_gates(selection.left_out),
                "sources": [],
                "changed_people": 0,
                "seconds": round(seconds, 3),
            }
        )
        return
    click.echo(
        f"Prøve ({KINDS[judging.kind]}, {at:%d.%m.%Y %H.%M}): det ville blitt bestilt for {_number(selection.ordered)} "
        f"søknader, {_number(selection.people)} personer, i {', '.join(selection.admissions) or 'ingen opptak'}."
    )
    click.echo(_left_out(selection.left_out), nl=False)


def show_calendar(evenings: Iterable[tuple[Evening, Sequence[str]]], as_json: bool) -> None:
    """The evenings that have a run, and the admissions that are open then."""
    if as_json:
        _as_json(
            [{"at": _iso(each.at), "kind": each.kind.value, "admissions": list(codes)} for each, codes in evenings]
        )
        return
    for each, codes in evenings:
        day = _DAYS[each.at.weekday()]
        click.echo(f"{day} {each.at:%d.%m.%Y %H.%M}  {KINDS[each.kind]:9}  {', '.join(codes)}")


def _run(run: Run, sources: Sequence[RunSource], zone: ZoneInfo) -> dict[str, object]:
    """A run as JSON: `seconds` are seconds, `ordered` and `left_out` count applications, the rest people."""
    return {
        "run": run.id,
        "kind": run.kind.value,
        "scheduled_for": _iso(run.scheduled_for.astimezone(zone)),
        "state": run.state.value,
        "ordered": run.ordered,
        "people": run.people,
        "left_out": _all_gates(run.left_out),
        "sources": [
            {
                "institution": each.institution,
                "asked": each.asked,
                "found": each.found,
                "nothing": each.nothing,
                "unchanged": each.unchanged,
                "failed": each.failed,
                "no_consent": each.no_consent,
                "not_shared": each.not_shared,
                "mismatch": each.mismatch,
            }
            for each in sources
        ],
        "changed_people": run.changed_people,
        "seconds": round(run.seconds, 3),
    }


def _sentence(run: Run, failing: int) -> str:
    """What a run did, and what it could not: at `failing` institutions."""
    could_not = f" {failing} institusjon{'er' * (failing > 1)} svarte ikke for alle, og spørres igjen neste kveld."
    return (
        f"Kjøring {run.id} ({KINDS[run.kind]}) {_ENDS[run.state]}. Bestilt for {_number(run.ordered)} søknader, "
        f"{_number(run.people)} personer. Nye eller endrede resultater for {_number(run.changed_people)}."
        f"{could_not if failing else ''} {run.seconds:.0f} s."
    )


def _all_gates(left_out: Mapping[Gate, int]) -> dict[str, int]:
    return {gate.value: left_out.get(gate, 0) for gate in Gate}


def _left_out(left_out: Mapping[Gate, int]) -> str:
    """A line for each reason for which somebody was left out."""
    lines = [f"Utelatt, {GATES[gate]}: {_number(left_out[gate])}\n" for gate in Gate if left_out.get(gate)]
    return "".join(lines)


def _number(count: int) -> str:
    """A number as Norwegians write it, with spaces that do not break."""
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _as_json(said: object) -> None:
    click.echo(json.dumps(said, ensure_ascii=False, indent=2))
