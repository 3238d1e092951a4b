"""What the terminal says of the sources: how they fare, and what came of trying them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from webapp.fetching.trying import Tried
from webapp.fetching.warnings import warned_of
from webapp.house import House
from webapp.model import Outcome, Reply
from webapp.model.sources import SourceHealth, SourceHour, all_times, quantile
from webapp.source_settings import SourceSettings
from webapp.store import source_health
from webapp.web.source_picture import seconds_words
from webapp.web.source_rows import SourceState, protocol_name, state_of
from webapp.web.words import failure_sentence, warning_sentence

#: Median and 95th percentile are those of the answers in this time.
TIMED = timedelta(hours=24)
#: So that what a source says stands beside its name in 80 columns.
NAME_WIDTH = 30
_STYLES = {SourceState.DOWN: "red", SourceState.WRONG: "red", SourceState.OFF: "yellow", SourceState.UNUSED: "dim"}
_OUTCOMES = {
    Outcome.NOTHING: "ingen resultater",
    Outcome.UNCHANGED: "uendret",
    Outcome.NOT_SHARED: "deler ikke resultater",
    Outcome.NO_CONSENT: "samtykke mangler",
    Outcome.AWAITED: "ingen fil er levert",
}


def show_sources(house: House, as_json: bool) -> None:
    """How the sources fare, by their names, and what ends soon."""
    settings, now, db = house.settings, house.clock(), house.store.db
    health, hours = source_health.health(db), source_health.hours(db, now - TIMED)
    known = sorted(settings.sources, key=lambda source: source.title)
    told = [
        (each, health.get(each.institution), [hour for hour in hours if hour.institution == each.institution])
        for each in known
    ]
    if as_json:
        print_json([_facts(house, *each, now) for each in told])
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Institusjon", no_wrap=True, overflow="ellipsis", max_width=NAME_WIDTH)
    table.add_column("Protokoll", no_wrap=True)
    table.add_column("Tilstand")
    for title in ("Median", "95 %"):
        table.add_column(title, justify="right", no_wrap=True)
    for source, its_health, its_hours in told:
        state, words = state_of(source, settings, its_health, now)
        times = all_times(its_hours)
        seconds = (f"{seconds_words(quantile(times, share))} s" if times else "–" for share in (0.5, 0.95))
        table.add_row(source.title, protocol_name(source), words, *seconds, style=_STYLES.get(state, ""))
    Console().print(table)
    for source, its_health, _ in told:
        for warned in warned_of(source, settings, its_health.certificate_until if its_health else None, now):
            click.echo(warning_sentence(warned))


def _facts(
    house: House, source: SourceSettings, health: SourceHealth | None, hours: Sequence[SourceHour], now: datetime
) -> dict[str, Any]:
    settings, times = house.settings, all_times(hours)
    health = health or SourceHealth(source.institution)
    state, words = state_of(source, settings, health, now)
    return {
        "institution": source.institution,
        "name": source.title,
        "protocol": source.protocol,
        "shares": source.shares,
        "state": state.value,
        "sentence": words,
        "answered_at": _iso(health.answered_at),
        "failing_since": _iso(health.failing_since),
        "failure": health.failure if health.failing_since else None,
        "cause": health.cause if health.failing_since else None,
        "answered": sum(hour.answered for hour in hours),
        "failed": sum(hour.failed for hour in hours),
        "median_seconds": _rounded(quantile(times, 0.5)),
        "p95_seconds": _rounded(quantile(times, 0.95)),
        "certificate_until": _iso(health.certificate_until),
        "secret_until": source.secret_until.isoformat() if source.secret_until else None,
        "warnings": [each.what.value for each in warned_of(source, settings, health.certificate_until, now)],
    }


def show_tried(tried: Sequence[tuple[SourceSettings, Tried]], as_json: bool) -> None:
    """What came of trying some sources, and how many answered."""
    if as_json:
        print_json([_tried(source, came) for source, came in tried])
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Institusjon", no_wrap=True, overflow="ellipsis", max_width=NAME_WIDTH)
    table.add_column("Svar")
    table.add_column("Tid", justify="right", no_wrap=True)
    for source, came in tried:
        style = "red" if came.failure else "green"
        table.add_row(source.title, tried_words(came), f"{seconds_words(came.seconds)} s", style=style)
    Console().print(table)
    click.echo(f"{sum(not came.failure for _, came in tried)} av {len(tried)} kilder svarte.")


def tried_words(came: Tried) -> str:
    """What came of trying a source, in a few words."""
    if came.failure is not None:
        return f"{failure_sentence(came.failure, came.seconds)} ({came.cause})"
    said = [came.description.protocol] if came.description else []
    if came.reply is not None:
        said.append(_OUTCOMES.get(came.reply.outcome) or f"{_results(came.reply)} resultater")
    return ", ".join(said)


def _results(reply: Reply) -> int:
    return sum(len(study.results) for study in reply.transcript.studies) if reply.transcript else 0


def _tried(source: SourceSettings, came: Tried) -> dict[str, Any]:
    description, reply = came.description, came.reply
    return {
        "institution": source.institution,
        "name": source.title,
        "ok": came.failure is None,
        "failure": came.failure.value if came.failure else None,
        "cause": came.cause,
        "seconds": round(came.seconds, 3),
        "protocol": description.protocol if description else source.protocol,
        "says": {
            "institution": description.institution,
            "shares": description.shares,
            "batch": description.batch,
            "purposes": sorted(description.purposes),
            **description.facts,
        }
        if description
        else None,
        "outcome": reply.outcome.value if reply else None,
        "results": _results(reply) if reply else None,
        "certificate_until": _iso(came.certificate_until),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def print_json(said: object) -> None:
    """Something, as JSON for people to read and machines too."""
    click.echo(json.dumps(said, ensure_ascii=False, indent=2))
