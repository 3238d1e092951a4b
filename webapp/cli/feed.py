"""`eksternstudium feed`: complete a known person from our own FS."""

import sys

import click

from webapp.cli.tracing import leave_trace
from webapp.errors import Refusal
from webapp.house import open_house
from webapp.intake.feed import complete_person
from webapp.model import Act
from webapp.store import people
from webapp.web.feed import completed_words


@click.command()
@click.argument("number", default="-")
def feed(number: str) -> None:
    """Hent navn, tidligere numre, søknader og samtykker fra FS for personen med fødselsnummer NUMBER.

    Uten NUMBER, eller med «-», leses nummeret fra standard inn: da står det ikke i kommandologgen.
    """
    house = open_house()
    try:
        identifier = house.settings.identifier(sys.stdin.readline() if number == "-" else number)
        person = people.person_with_number(house.store.db, identifier.number)
        if person is None:
            raise Refusal(
                "Personen er ikke registrert her. Hent resultater for personen først, eller les inn søknaden."
            )
        completed = complete_person(house.store, house.settings, person, house.clock())
        leave_trace(house, Act.CHANGED, "feed", person.id)
        click.echo(completed_words(completed))
    finally:
        house.close()
