"""`eksternstudium provide institution`, `… opt-out` and `… trace`: what is said of people, and what was."""

import getpass
from datetime import UTC, datetime
from pathlib import Path

import click

from webapp.cli.shelves import FileFirst, identity_number, opened, shelf_file
from webapp.errors import Refusal
from webapp.provider import forgetting, opt_outs
from webapp.provider import trace as traces
from webapp.provider.gate import ZONE

_SWITCH = click.Choice(["J", "N"], case_sensitive=False)


@click.command()
@shelf_file
@click.argument("number", type=click.IntRange(1))
@click.option("--resutveksl", type=_SWITCH, help="J: institusjonen utveksler resultater.")
@click.option("--reserver", type=_SWITCH, help="J: institusjonen har reservert seg.")
def institution(file: Path, number: int, resutveksl: str | None, reserver: str | None) -> None:
    """Slå delingen for institusjon NUMBER av og på, som i FS: den deler med RESUTVEKSL J og RESERVER N."""
    with opened(file) as shelf:
        shelf.switch(number, exchanges=_is_on(resutveksl), reserved=_is_on(reserver))
        sharer = next((each for each in shelf.sharers() if each.number == number), None)
    if sharer is None:
        raise Refusal(f"Institusjon {number} fins ikke i filen.")
    switches = f"RESUTVEKSL {_letter(sharer.exchanges)}, RESERVER {_letter(sharer.reserved)}"
    click.echo(
        f"Institusjon {number}: {switches}. {'Deler resultater.' if sharer.shares else 'Deler ikke resultater.'}"
    )


@click.command()
@shelf_file
@click.option("--institution", "number", type=click.IntRange(1), help="Gjelder den alene; ellers alle i filen.")
@click.option("--undo", is_flag=True, help="Ta reservasjonen tilbake.")
def opt_out(file: Path, number: int | None, undo: bool) -> None:
    """Reserver en person mot deling. Fødselsnummeret leses fra standard inn. Den som spør, får «ingenting»."""
    where = number or opt_outs.EVERYWHERE
    with opened(file) as shelf:
        if number is not None and all(each.number != number for each in shelf.sharers()):
            raise Refusal(f"Institusjon {number} fins ikke i filen.")
        whom = identity_number()
        with shelf.write() as db:
            if not undo:
                opt_outs.opt_out(db, where, whom, datetime.now(UTC))
            elif not opt_outs.undo(db, where, whom):
                raise Refusal("Personen er ikke reservert der.")


@click.group(cls=FileFirst, default="show")
def trace() -> None:
    """Sporet: hvem som har spurt om hvem. «trace FILE» er det samme som «trace show FILE»."""


@trace.command()
@shelf_file
@click.option("--person", is_flag=True, help="Bare om én person. Fødselsnummeret leses fra standard inn.")
def show(file: Path, person: bool) -> None:
    """Vis hvem som har spurt, når, hvem de spurte, hvorfor, og hva svaret var. Fødselsnumre vises ikke."""
    with opened(file) as shelf:
        for entry in traces.entries(shelf.db, identity_number() if person else None):
            at = f"{entry.at.astimezone(ZONE):%d.%m.%Y %H:%M:%S}"
            if entry.purpose == traces.FORGOTTEN:
                click.echo(f"{at}\t{entry.asker}\tglemte hvem det gjaldt: {entry.request}")
                continue
            counted = {**entry.counted, **({"glemt": entry.forgotten} if entry.forgotten else {})}
            said = ", ".join(f"{kind}: {count}" for kind, count in counted.items())
            terms = f"{entry.purpose}, {entry.basis}, {entry.request}"
            click.echo(f"{at}\t{entry.asker}\tspurte {entry.institution}\t{terms}\t{said}")


@trace.command()
@shelf_file
def verify(file: Path) -> None:
    """Kontroller at ingen har endret sporet. Skriv ned det som står til sist: da ses det også om slutten er borte."""
    with opened(file) as shelf:
        broken, (count, last) = traces.first_broken(shelf.db), traces.head(shelf.db)
    if broken is not None:
        raise Refusal(f"Sporet er endret: linje {broken} er ikke som den ble skrevet, eller mangler.")
    click.echo(f"Sporet er urørt: {count} linjer, den siste {last}.")


@trace.command()
@shelf_file
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), help="Alle spørsmål før denne dagen.")
@click.option("--person", is_flag=True, help="Alle spørsmål om én person. Fødselsnummeret leses fra standard inn.")
def forget(file: Path, before: datetime | None, person: bool) -> None:
    """Glem hvem spørsmål gjaldt og hva svaret var. At noen spurte, når og hvorfor, blir stående, og sporet er helt."""
    if (before is None) is not person:
        raise Refusal("Oppgi enten --before DATO eller --person.")
    by, now = getpass.getuser(), datetime.now(UTC)
    with opened(file) as shelf:
        whom = identity_number() if person else ""
        with shelf.write() as db:
            if before is None:
                count = forgetting.forget_person(db, whom, by, now)
            else:
                count = forgetting.forget_before(db, before.replace(tzinfo=ZONE), by, now)
        is_rebuilt = shelf.rebuild()
    click.echo(f"Glemt: {count}.")
    if not is_rebuilt:
        click.echo("Filen er i bruk, og rester kan ligge i den. Kjør kommandoen en gang til når den er ledig.")


def _is_on(letter: str | None) -> bool | None:
    return None if letter is None else letter.upper() == "J"


def _letter(is_on: bool) -> str:
    return "J" if is_on else "N"
