"""People: search, register, and one of them with the numbers that they are known by."""

from datetime import date
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import abort, url_for
from pydantic import Field

from webapp.errors import Refusal
from webapp.fetching.ordering import find_or_register
from webapp.identity import Kind, parse
from webapp.model import Person
from webapp.names import fold
from webapp.store import people
from webapp.web.api.problems import Unprocessable
from webapp.web.api.shapes import Day, Line, Maybe, Shape
from webapp.web.current import house
from webapp.web.protection import demand_seen, is_hidden

routes = APIBlueprint("api_people", __name__, url_prefix="/api/people", tag="People")

#: A number in a body.
NUMBER = Field(description="A national identity number: fødselsnummer, D-nummer or S-nummer.")
_ONE_OF = {"minProperties": 1, "maxProperties": 1}


class IdentifierShape(Shape):
    """A number that a person is or was known by."""

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
@routes.input(PersonSearch, arg_name="wanted")
@routes.output(PeopleFound)
def search(wanted: PersonSearch) -> PeopleFound:
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
    return PeopleFound(
        items=[person_shape(person) for person in found[: people.MOST_HITS] if not is_hidden(person)],
        more=len(found) > people.MOST_HITS,
    )


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
@routes.output(PersonShape)
def show(person_id: int) -> PersonShape:
    """One person with the numbers that they are known by."""
    return person_shape(known_person(person_id))


def person_shape(person: Person) -> PersonShape:
    """A person as the API gives them."""
    return PersonShape(
        id=person.id,
        identifiers=[
            IdentifierShape(number=number, kind=parse(number).kind, current=place == 0)
            for place, number in enumerate(person.identifiers)
        ],
        given_names=person.given_names,
        family_name=person.family_name,
        birth_date=person.birth_date,
        protected_address=person.protected_address,
    )


def known_person(person_id: int) -> Person:
    """The person with this id; 404 when there is none."""
    return people.person(house().store.db, person_id) or abort(404)


def parse_at(pointer: str, text: str) -> str:
    """The number in `text`, 11 digits. Raises Unprocessable at `pointer` when it is not one."""
    try:
        return parse(text).number
    except Refusal as refusal:
        raise Unprocessable((refusal, pointer)) from refusal
