"""`eksternstudium sources`: how the sources fare, whether they answer, and taking in a file of them."""

import getpass
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import click

from webapp.cli.sources_report import print_json, show_sources, show_tried
from webapp.cli.tracing import leave_trace
from webapp.errors import Refusal
from webapp.fetching.changing_sources import SourceKeeper
from webapp.fetching.trying import Tried, try_out
from webapp.house import House, open_house
from webapp.identity import usable_across_institutions
from webapp.model import Act, Purpose, Question
from webapp.source_settings import SourceSettings
from webapp.store import people

#: So many sources are tried at once.
MOST_AT_ONCE = 16


@click.group()
def sources() -> None:
    """Se, prøv og les inn kildene."""


@sources.command("list")
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON i stedet for en tabell.")
def show(as_json: bool) -> None:
    """Vis kildene: hvordan de svarer, og hva som snart går ut."""
    house = open_house()
    try:
        show_sources(house, as_json)
    finally:
        house.close()


@sources.command()
@click.argument("institutions", metavar="[INSTITUTION]...", type=int, nargs=-1)
@click.option("--person", is_flag=True, help="Spør også om en person: nummeret leses fra standard inn.")
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON i stedet for en tabell.")
def check(institutions: tuple[int, ...], person: bool, as_json: bool) -> None:
    """Spør kildene hva de er. Uten INSTITUTION: alle som er i bruk. Status 1 når en av dem ikke svarer."""
    house = open_house()
    try:
        number = sys.stdin.readline().strip() if person else None
        tried = _try_all(house, _meant(house, institutions), number)
    finally:
        house.close()
    show_tried(tried, as_json)
    if any(came.failure for _, came in tried):
        sys.exit(1)


@sources.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON i stedet for en tabell.")
def bring_in(file: Path, as_json: bool) -> None:
    """Les inn kildene i FILE, en fil som sources.toml: alle, eller ingen når noe er feil."""
    house = open_house()
    try:
        came = SourceKeeper(house.store, house.settings, getpass.getuser(), house.clock()).bring_in(_text_of(file))
        house.take_sources()
    finally:
        house.close()
    if as_json:
        print_json({"added": came.added, "replaced": came.replaced, "unchanged": came.unchanged})
        return
    click.echo(f"Lagt til: {_numbers(came.added)}. Endret: {_numbers(came.replaced)}. Som før: {len(came.unchanged)}.")


def _meant(house: House, institutions: Sequence[int]) -> Sequence[SourceSettings]:
    known = {source.institution: source for source in house.settings.sources}
    if not institutions:
        return [source for source in known.values() if source.enabled and source.is_asked]
    for number in institutions:
        if number not in known:
            raise Refusal("Institusjon %(number)d har ingen kilde i sources.toml.", number=number)
    return [known[number] for number in dict.fromkeys(institutions)]


def _try_all(
    house: House, meant: Sequence[SourceSettings], number: str | None
) -> Sequence[tuple[SourceSettings, Tried]]:
    """Each source tried, all at once as far as that goes; a person is asked about in the name of who is logged in."""
    question = _question(house, number) if number is not None else None
    if question is not None:
        keeper = SourceKeeper(house.store, house.settings, getpass.getuser(), house.clock())
        for source in meant:
            keeper.note_tried(source.institution)
        known = people.person_with_number(house.store.db, question.identifiers[0])
        leave_trace(house, Act.ORDERED, "sources check", *([known.id] if known else []))

    def ask(source: SourceSettings) -> Tried:
        return try_out(house.store, house.settings, source, question, house.clock)

    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        return list(zip(meant, pool.map(ask, meant), strict=True))


def _question(house: House, number: str) -> Question:
    identifier = house.settings.identifier(number)
    if not usable_across_institutions(identifier):
        raise Refusal("Nummeret er laget i FS og betyr en annen person hos andre. Bruk et annet.")
    purpose = Purpose.RECOGNITION
    basis = house.settings.basis_at(purpose, house.clock()).basis
    return Question((identifier.number,), purpose, basis, str(uuid4()))


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise Refusal("Filen %(name)s kan ikke leses som tekst i UTF-8.", name=str(file)) from wrong


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "ingen"
