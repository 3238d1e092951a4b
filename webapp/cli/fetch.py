"""`eksternstudium fetch`: order one person's results and watch the institutions answer."""

import getpass
import json
import time
from collections.abc import Iterator, Sequence

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from webapp.cli.tracing import leave_trace
from webapp.fetching.ordering import find_or_register, place
from webapp.house import House, open_house
from webapp.model import Act, FetchLine, FetchState, Order, OrderState, Origin, Person, Purpose
from webapp.store import orders
from webapp.web.reasons import reason_of
from webapp.web.words import failure_of, sentence_of, state_of, summary_of, text_of

#: How often the terminal looks at the order, and looks for fetches that another process left behind, in seconds.
LOOK_SECONDS = 0.1
RECOVER_SECONDS = 2.0


@click.command()
@click.argument("number")
@click.option("--purpose", type=click.Choice([p.value for p in Purpose]), required=True, help="Hva det hentes for.")
@click.option("--reason", required=True, help="Hvorfor det hentes, i noen få ord.")
@click.option("--given-names", help="Fornavn, for en person som ikke er registrert.")
@click.option("--family-name", help="Etternavn, for en person som ikke er registrert.")
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON i stedet for en tabell.")
def fetch(
    number: str, purpose: str, reason: str, given_names: str | None, family_name: str | None, as_json: bool
) -> None:
    """Hent ekstern norsk utdanning for personen med fødselsnummer (eller D- eller S-nummer) NUMBER."""
    house = open_house()
    try:
        identifier, reason = house.settings.identifier(number), reason_of(reason)
        person = find_or_register(house.store, identifier, given_names, family_name, house.clock())
        carry_out(house, person, Purpose(purpose), reason, as_json)
    finally:
        house.close()


def carry_out(house: House, person: Person, purpose: Purpose, reason: str, as_json: bool = False) -> None:
    """Order a person's results and show the answers as they come, or all of them as JSON at the end."""
    origin = Origin(getpass.getuser(), "command-line", reason=reason)
    order_id = place(house.store, house.settings, person, purpose, origin, house.clock())
    leave_trace(house, Act.ORDERED, "fetch", person.id, purpose=purpose, order=str(order_id))
    looks = _looks(house, order_id)
    if as_json:
        *_, (order, lines) = looks
        click.echo(json.dumps(report(order, lines), ensure_ascii=False, indent=2))
    else:
        _show(looks, house)


def _looks(house: House, order_id: int) -> Iterator[tuple[Order, Sequence[FetchLine]]]:
    """The order as it stands, again and again until it has ended."""
    recovered = -RECOVER_SECONDS
    while True:
        if time.monotonic() - recovered >= RECOVER_SECONDS:
            house.fanout.start(order_id)
            recovered = time.monotonic()
        order = orders.order(house.store.db, order_id)
        if order is None:
            raise click.ClickException("Bestillingen er slettet.")
        yield order, orders.lines_of(house.store.db, order_id)
        if order.state is not OrderState.OPEN:
            return
        time.sleep(LOOK_SECONDS)


def _show(looks: Iterator[tuple[Order, Sequence[FetchLine]]], house: House) -> None:
    console = Console()
    with Live(console=console, refresh_per_second=8, transient=True) as live:
        for order, lines in looks:
            live.update(_table(lines, house))
            last = order, lines
    console.print(_table(last[1], house))
    console.print(summary_of(*last))


def _table(lines: Sequence[FetchLine], house: House) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("Institusjon", no_wrap=True, overflow="ellipsis")
    table.add_column("Svar")
    table.add_column("Tid", justify="right")
    for line in lines:
        style = {"found": "green", "failed": "red", "mismatch": "yellow", "queued": "dim", "running": "dim"}
        seconds = f"{line.answer.seconds:.1f} s".replace(".", ",") if line.answer else ""
        table.add_row(
            text_of(line.name),
            sentence_of(line, house.settings.zone, house.clock()),
            seconds,
            style=style.get(state_of(line), ""),
        )
    return table


def report(order: Order, lines: Sequence[FetchLine]) -> dict[str, object]:
    """The order as JSON; `seconds` and the like are seconds, `answer` a value of Outcome."""
    return {
        "order": order.id,
        "state": order.state.value,
        "seconds": round(_seconds(order), 3),
        "slowest_answer_seconds": max(
            (round(x.answer.seconds, 3) for x in lines if x.answer and x.fetch.state is FetchState.DONE),
            default=None,
        ),
        "fetches": [_fetch(line) for line in lines],
    }


def _fetch(line: FetchLine) -> dict[str, object]:
    answer = line.answer
    return {
        "institution": line.fetch.institution,
        "name": text_of(line.name),
        "answer": answer.outcome.value if answer else None,
        "results": answer.results if answer else 0,
        "changes": answer.changes if answer else 0,
        "seconds": round(answer.seconds, 3) if answer else None,
        "error": failure_of(answer) if answer and answer.failure else None,
    }


def _seconds(order: Order) -> float:
    return (order.finished_at - order.opened_at).total_seconds() if order.finished_at else 0.0
