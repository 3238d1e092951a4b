"""`eksternstudium run`: FS154.001 by hand, whom it would order for, and its evenings in a year."""

import getpass
import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from webapp.cli.monitored import monitored
from webapp.cli.run_report import show_calendar, show_preview, show_run
from webapp.cli.run_work import UNFINISHED, Stop, carried_out, lock_held, signals_heard
from webapp.cli.stopping import leave
from webapp.errors import Refusal
from webapp.fetching import nightly
from webapp.fetching.engines import Engine, engine_at
from webapp.fetching.planning import Judging, preview
from webapp.house import House, open_house
from webapp.model import RunKind, RunState, RunWish
from webapp.store import runs

#: How far a run that the clock started stands back for the screens.
NICENESS = 10

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Wish:
    """A run of a kind, of one admission or of all (None), judged `at` an instant or (None) now."""

    kind: RunKind
    admission: str | None
    at: datetime | None


@click.command()
@click.argument("kind", type=click.Choice([kind.value for kind in RunKind]), required=False)
@click.option("--admission", metavar="CODE", help="Bare dette opptaket, som 2027-HØST-NOM.")
@click.option("--at", metavar="TIME", help="Tidspunktet reglene vurderes for, som 2026-11-27T20:00.")
@click.option("--dry-run", is_flag=True, help="Vis hvem det ville blitt bestilt for, uten å bestille.")
@click.option("--calendar", "year", type=click.IntRange(2000, 2999), metavar="YEAR", help="Vis årets kjøringer.")
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON i stedet for en tabell.")
@click.option("--engine", metavar="ADDRESS", help="La en Dask-klynge spørre kildene, som tcp://127.0.0.1:8786.")
@click.option("--carry-out", "run_id", type=int, hidden=True)
def run(
    kind: str | None,
    admission: str | None,
    at: str | None,
    dry_run: bool,
    year: int | None,
    as_json: bool,
    engine: str | None,
    run_id: int | None,
) -> None:
    """Kjør FS154.001 nå: KIND er full (alle søkere) eller delta (nye søkere). Eller vis kalenderen for et år.

    En kjøring som ble brutt av, går videre når den samme kommandoen gis igjen. Slutter med status 0 når kjøringen er
    ferdig, også når noen institusjoner ikke svarte, med 1 når noen stoppet den, og med 2 når den ikke kunne begynne.
    """
    status = 0
    with closing(open_house()) as house:
        if run_id is not None:
            status = _carry_out_for_the_clock(house, run_id)
        elif year is not None:
            show_calendar(nightly.calendar(house.store.db, house.settings, year), as_json)
        elif kind is None:
            raise Refusal("Skriv full eller delta, eller --calendar og et år.")
        else:
            code = admission.strip().upper() if admission else None
            wish = _Wish(RunKind(kind), code, _instant(at, house.settings.zone) if at else None)
            if dry_run:
                _preview(house, wish, as_json)
            else:
                status = _run(house, wish, engine or house.settings.settings.import_runs.engine, as_json)
    if status:
        leave(status)


def _instant(text: str, zone: ZoneInfo) -> datetime:
    """An instant as somebody writes it: local time, unless it has an offset."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise Refusal("Tidspunktet %(text)s lar seg ikke lese. Skriv det som 2026-11-27T20:00.", text=text) from wrong
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)


def _preview(house: House, wish: _Wish, as_json: bool) -> None:
    began, now = time.monotonic(), house.clock()
    judging = Judging(house.store.db, house.settings, wish.kind, wish.at or now, now, wish.admission)
    selection = preview(judging)
    show_preview(judging, selection, time.monotonic() - began, as_json)


def _run(house: House, wish: _Wish, address: str | None, as_json: bool) -> int:
    """Carry out what was broken off, then what is wished for, with the engine at an address; returns the exit status.
    Raises Refusal, and leaves no run, when that cannot be had."""
    with lock_held(house), signals_heard() as stop, engine_at(address) as engine:
        wished = _run_of(house, wish)
        broken = [each for each in nightly.to_carry_out(house.store.db) if each.state is RunState.RUNNING]
        for each in broken:
            if each.id != wished and not stop.heard:
                click.echo(f"Kjøring {each.id} ble brutt av. Den gjøres ferdig først.", err=True)
                carried_out(house, each.id, stop, engine, shown=not as_json)
        if not stop.heard:
            carried_out(house, wished, stop, engine, shown=not as_json)
    ended = runs.run(house.store.db, wished)
    if ended is None:
        raise LookupError(f"run {wished} is gone")
    show_run(ended, runs.sources_of(house.store.db, wished), house.settings, house.clock(), as_json)
    return _status(ended.state, stop)


def _run_of(house: House, wish: _Wish) -> int:
    """The run that a wish is about: the one that the same wish began before, or a new one.

    Raises Refusal for an unknown admission.
    """
    now = house.clock()
    same = nightly.called_for_again(house.store.db, wish.kind, wish.admission, wish.at, now)
    if same is not None:
        said = "ble brutt av, og går videre" if same.state is RunState.RUNNING else "venter, og begynner nå"
        click.echo(f"Kjøring {same.id} {said}.", err=True)
        return same.id
    with house.store.write() as db:
        new = RunWish(wish.kind, wish.at or now, getpass.getuser(), wish.admission)
        return nightly.add_forced(db, house.settings, new, now, wish.at)


def _carry_out_for_the_clock(house: House, run_id: int) -> int:
    """What the screens' child process does: it says nothing, unless something goes wrong."""
    os.nice(NICENESS)
    monitored(house.settings)
    with lock_held(house), signals_heard() as stop, _engine_of_the_clock(house) as engine:
        state = carried_out(house, run_id, stop, engine, shown=False)
    return _status(state, stop)


@contextmanager
def _engine_of_the_clock(house: House) -> Iterator[Engine]:
    """The engine that is set; threads where it cannot be had, for an evening is not to be missed."""
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(engine_at(house.settings.settings.import_runs.engine))
        except Refusal as refusal:
            _log.warning("the run is carried out in threads: %s", refusal)
            engine = stack.enter_context(engine_at(None))
        yield engine


def _status(state: RunState, stop: Stop) -> int:
    if state in UNFINISHED:
        # As a shell says it: ended by a signal.
        click.echo("Kjøringen er avbrutt. Den går videre ved neste start.", err=True)
        return 128 + stop.signal
    return 0 if state in (RunState.COMPLETE, RunState.INCOMPLETE) else 1
