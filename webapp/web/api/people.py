"""People: search, register, and one of them with the numbers that they are known by."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import abort, url_for
from pydantic import Field

from webapp.errors import Refusal
from webapp.fetching.ordering import find_or_register
from webapp.identity import Kind, parse
from webapp.model import Person, Right
from webapp.names import fold
from webapp.store import people
from webapp.web.api.problems import Unprocessable
from webapp.web.api.shapes import Day, Line, Maybe, Shape
from webapp.web.current import house, may
from webapp.web.numbers import note_shown
from webapp.web.protection import demand_seen, is_hidden
from webapp.web.traced import about

routes = APIBlueprint("api_people", __name__, url_prefix="/api/people", tag="People")

#: A number in a body.
NUMBER = Field(description="A national identity number: fødselsnummer, D-nummer or S-nummer.")
_ONE_OF = {"minProperties": 1, "maxProperties": 1}


class IdentifierShape(Shape):
    """A number that a person is or was known by: `038598 *****`, or whole where that was asked for."""

    number: str
    kind: Kind
    current: bool


class PersonShape(Shape):
    """A person; the current number stands first."""

    id: int
    identifiers: list[IdentifierShape]
    given_names: str | None
    family_name: str | None
    birth_date: date | None
    protected_address: bool


class PeopleFound(Shape):
    """Whom a search found; `more`: there are others, so that the search should be narrowed."""

    items: list[PersonShape]
    more: bool


class Identifiers(StrEnum):
    """How numbers are given: masked unless they are asked for, which takes the right to work and is traced."""

    MASKED = "masked"
    FULL = "full"


class Showing(Shape):
    """How the answer is to be."""

    identifiers: Identifiers = Identifiers.MASKED


class PersonSearch(Shape, json_schema_extra=_ONE_OF):
    """Whom to search for: by exactly one of number, name (the beginnings of its words) and birth date."""

    number: Maybe[Annotated[Line, NUMBER]] = None
    name: Maybe[Line] = None
    birth_date: Maybe[Day] = None


class Registration(Shape):
    """A person to be registered."""

    number: Annotated[Line, NUMBER]
    given_names: Annotated[Line, Field(min_length=1)]
    family_name: Annotated[Line, Field(min_length=1)]


@routes.post("/search")
@routes.input(Showing, location="query", arg_name="showing")
@routes.input(PersonSearch, arg_name="wanted")
@routes.output(PeopleFound)
def search(showing: Showing, wanted: PersonSearch) -> PeopleFound:
    """Search for people; a number finds at most one. Whom only case administrators may see is not found by others."""
    if len(wanted.model_dump(exclude_none=True)) != 1:
        raise Refusal("Søk med ett av number, name og birth_date.")
    db = house().store.db
    if wanted.number is not None:
        known = people.person_with_number(db, parse_at("#/number", wanted.number))
        demand_seen(known)
        found = [known] if known else []
    elif wanted.name is not None:
        found = list(people.people_named(db, wanted.name))
    else:
        found = list(people.people_born(db, wanted.birth_date)) if wanted.birth_date else []
    shown = [person for person in found[: people.MOST_HITS] if not is_hidden(person)]
    return PeopleFound(items=_shapes(shown, showing), more=len(found) > people.MOST_HITS)


@routes.post("")
@routes.input(Registration, arg_name="wanted")
@routes.output(PersonShape, 201, description="The person, registered")
@routes.doc(responses={200: "The person, known here before"})
def register(wanted: Registration) -> Any:
    """Register a person by a number. One who is known already is answered as they are (200)."""
    try:
        number = house().settings.identifier(wanted.number)
    except Refusal as refusal:
        raise Unprocessable((refusal, "#/number")) from refusal
    for field, name in (("given_names", wanted.given_names), ("family_name", wanted.family_name)):
        if not fold(name):
            raise Unprocessable((Refusal("Skriv både fornavn og etternavn."), f"#/{field}"))
    known = people.person_with_number(house().store.db, number.number)
    demand_seen(known)
    names = (wanted.given_names.strip(), wanted.family_name.strip())
    person = find_or_register(house().store, number, *names, house().clock())
    here = {"Location": url_for("api_people.show", person_id=person.id)}
    return person_shape(person), 200 if known else 201, here


@routes.get("/<int:person_id>")
@routes.input(Showing, location="query", arg_name="showing")
@routes.output(PersonShape)
def show(person_id: int, showing: Showing) -> PersonShape:
    """One person with the numbers that they are known by."""
    return _shapes([known_person(person_id)], showing)[0]


def _shapes(shown: Sequence[Person], showing: Showing) -> list[PersonShape]:
    """People, with their numbers whole where that is asked for and may be: 403 where it may not."""
    whole = showing.identifiers is Identifiers.FULL
    if whole:
        demand_whole_numbers(*shown)
    return [person_shape(person, whole=whole) for person in shown]


def demand_whole_numbers(*shown: Person) -> None:
    """Turn away, with 403, who may not have whole numbers, and trace that the others get those of these people."""
    if not may(Right.WORK):
        abort(403)
    if shown:
        with house().store.write() as db:
            note_shown(db, *shown)


def person_shape(person: Person, *, whole: bool = False) -> PersonShape:
    """A person as the API gives them, with `whole` numbers or masked ones."""
    about(person.id)
    numbers = [parse(number) for number in person.identifiers]
    return PersonShape(
        id=person.id,
        identifiers=[
            IdentifierShape(number=each.number if whole else each.masked, kind=each.kind, current=place == 0)
            for place, each in enumerate(numbers)
        ],
        given_names=person.given_names,
        family_name=person.family_name,
        birth_date=person.birth_date,
        protected_address=person.protected_address,
    )


def known_person(person_id: int) -> Person:
    """The person with this id; 404 when there is none."""
    person = people.person(house().store.db, person_id) or abort(404)
    about(person.id)
    return person


def parse_at(pointer: str, text: str) -> str:
    """The number in `text`, 11 digits. Raises Unprocessable at `pointer` when it is not one."""
    try:
        return parse(text).number
    except Refusal as refusal:
        raise Unprocessable((refusal, pointer)) from refusal
