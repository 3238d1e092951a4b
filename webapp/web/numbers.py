"""Identity numbers, which no page holds until somebody asks for them; that is traced before they are shown."""

from collections.abc import Sequence

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlite_utils import Database

from webapp.errors import Refusal
from webapp.identity import mask, parse
from webapp.model import Act, Person, TraceEntry
from webapp.store import trace
from webapp.web.current import caseworker, house
from webapp.web.people_heads import head_of, known_person

routes = Blueprint("numbers", __name__)


@routes.post("/people/<int:person_id>/numbers")
def show(person_id: int) -> ResponseReturnValue:
    """Vis: the person's numbers in place of the masked one, or without htmx on a page of their own."""
    person = known_person(person_id)
    with house().store.write() as db:
        note_shown(db, person)
    template = "_number.html" if "HX-Request" in request.headers else "numbers.html"
    return unkept(render_template(template, **head_of(person, ""), numbers=grouped(person.identifiers)))


def note_shown(db: Database, *shown: Person) -> None:
    """Trace that who asks gets to see the numbers of these people. To be called within a writing transaction, before
    any of them leaves: what cannot be traced is not shown."""
    people = tuple(person.id for person in shown)
    trace.append(db, TraceEntry(house().clock(), caseworker(), Act.NUMBER_SHOWN, request.endpoint or "", people))


def grouped(numbers: Sequence[str]) -> tuple[str, ...]:
    """Numbers as they are read, in groups of six and five."""
    return tuple(f"{number[:6]} {number[6:]}" for number in numbers)


def typed_again(text: str) -> str:
    """What was typed, as a form that was refused shows it again: a number masked, but for one with a slip of the pen,
    which is there to be put right."""
    try:
        return parse(text).masked
    except Refusal:
        return mask(text) if any(letter.isalpha() for letter in text) else text


def unkept(page: str) -> Response:
    """A page that the browser forgets when it is left."""
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Vary"] = "HX-Request"
    return answer
