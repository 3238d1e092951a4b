"""What the terminal says of FS154.001: a run, whom one would order for, and the evenings of a year."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from babel.dates import format_datetime
from rich.console import Console
from rich.table import Table

from webapp.config import Settings
from webapp.errors import SwitchedOff
from webapp.fetching.evenings import Evening, next_run
from webapp.fetching.planning import Judging, Selection
from webapp.model import Gate, Run, RunSource
from webapp.web.intake_words import count_of
from webapp.web.labels import gate_name, run_kind_name, run_state_name
from webapp.web.run_words import evening_of, outcome_of, standing_of, title_of
from webapp.web.words import text_of

#: So that the counts of a large institution stand beside it in 80 columns.
NAME_WIDTH = 30


def show_run(run: Run, sources: Sequence[RunSource], settings: Settings, now: datetime, as_json: bool) -> None:
    """A run as it stands, and what came of it at each institution."""
    if as_json:
        _as_json(_run(run, sources, settings.zone))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Institusjon", no_wrap=True, overflow="ellipsis", max_width=NAME_WIDTH)
    for title in ("Spurt", "Funn", "Ingen", "Uendret", "Feil", "Ellers"):
        table.add_column(title, justify="right")
    for each in sources:
        others = each.no_consent + each.not_shared + each.mismatch + each.awaited
        counts = (each.asked, each.found, each.nothing, each.unchanged, each.failed, others)
        table.add_row(text_of(each.name), *map(count_of, counts), style="red" if each.failed else "")
    Console().print(table)
    click.echo(_left_out(run.left_out), nl=False)
    click.echo(_sentence(run, sources, settings, now))


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
        f"{run_kind_name(judging.kind)} {evening_of(at, judging.settings.zone)} ville bestilt for "
        f"{count_of(selection.ordered)} søknader, {count_of(selection.people)} personer, i "
        f"{', '.join(selection.admissions) or 'ingen opptak'}."
    )
    click.echo(_left_out(selection.left_out), nl=False)


def show_calendar(days: Iterable[tuple[Evening, Sequence[str]]], as_json: bool) -> None:
    """The evenings that have a run, and the admissions that are open then."""
    if as_json:
        _as_json([{"at": _iso(each.at), "kind": each.kind.value, "admissions": list(codes)} for each, codes in days])
        return
    for each, codes in days:
        day = format_datetime(each.at, "EEE dd.MM.yyyy HH.mm", locale="nb")
        click.echo(f"{day}  {run_kind_name(each.kind):19}  {', '.join(codes)}")


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
                "awaited": each.awaited,
                "off": {"until": _iso(off.until.astimezone(zone)), "reason": off.reason}
                if (off := SwitchedOff.told(each.off))
                else None,
            }
            for each in sources
        ],
        "changed_people": run.changed_people,
        "seconds": round(run.seconds, 3),
    }


def _sentence(run: Run, sources: Sequence[RunSource], settings: Settings, now: datetime) -> str:
    """Where a run stands; of one that has ended what it did, and what it could not."""
    zone = settings.zone
    if run.finished_at is None:
        return f"{title_of(run, zone)}: {standing_of(run, None, False, zone)}"
    evening = next_run(settings, now)
    outcome = outcome_of(run, sources, evening.at if evening else None, zone, now)
    return f"{title_of(run, zone)}: {run_state_name(run.state)}. {outcome}"


def _all_gates(left_out: Mapping[Gate, int]) -> dict[str, int]:
    return {gate.value: left_out.get(gate, 0) for gate in Gate}


def _left_out(left_out: Mapping[Gate, int]) -> str:
    """A line for each reason for which somebody was left out."""
    lines = [f"Holdt utenfor, {gate_name(gate)}: {count_of(left_out[gate])}\n" for gate in Gate if left_out.get(gate)]
    return "".join(lines)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _as_json(said: object) -> None:
    click.echo(json.dumps(said, ensure_ascii=False, indent=2))
