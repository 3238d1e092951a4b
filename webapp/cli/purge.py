"""`eksternstudium purge`: take what the rules of retention say that goes, or see what would go."""

import getpass
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from functools import partial

import click

from webapp.fetching.run_lock import is_carried_out
from webapp.house import open_house
from webapp.model import Preview, Purged
from webapp.privacy.previewing import preview
from webapp.privacy.purging import purge
from webapp.web.retention_words import due_words, hold_name


@click.command("purge")
@click.option("--dry-run", is_flag=True, help="Vis hva som ville gått, og hvorfor resten blir, uten å slette.")
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON i stedet for linjer.")
def purge_now(dry_run: bool, as_json: bool) -> None:
    """Slett det som er eldre enn grensene i [retention] i settings.toml. Det samme gjøres hver natt."""
    house = open_house()
    try:
        if dry_run:
            seen = preview(house.store, house.settings, house.clock())
            click.echo(json.dumps(_values(seen), ensure_ascii=False) if as_json else "\n".join(_lines(seen)))
            return
        is_busy = partial(is_carried_out, house.settings.instance)
        record = purge(house.store, house.settings, getpass.getuser(), house.clock, threading.Event(), is_busy)
    finally:
        house.close()
    if as_json:
        click.echo(json.dumps({"purged": asdict(record.purged), "rebuilt": record.rebuilt_at is not None}))
        return
    click.echo("\n".join(_taken(record.purged)))
    if record.rebuilt_at is None and not record.purged.is_nothing:
        click.echo("Databasefilen er i bruk. Den skrives på nytt neste natt, så ingen rester blir liggende.")


def _values(seen: Preview) -> Mapping[str, object]:
    held = [{"reason": each.hold, "people": each.people, "next_on": _iso(each.next_on)} for each in seen.held]
    return {"would_purge": asdict(seen.purged), "held": held}


def _lines(seen: Preview) -> Iterator[str]:
    yield from _taken(seen.purged)
    for each in seen.held:
        until = f", de første går {each.next_on:%d.%m.%Y}" if each.next_on else ""
        yield f"Blir: {each.people} ({hold_name(each.hold)}){until}"


def _taken(purged: Purged) -> Iterator[str]:
    for what, count in due_words(purged):
        yield f"{what}: {count}"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
