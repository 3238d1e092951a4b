"""Tab Hvem har sett of a person, for who answers the person that asks."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from webapp.web.people_heads import head_of, known_person
from webapp.web.person_looks import looks_file, looks_shown

routes = Blueprint("person_trace", __name__)


@routes.get("/people/<int:person_id>/looks")
def show(person_id: int) -> ResponseReturnValue:
    """Everyone who looked, as a page that can be printed."""
    person = known_person(person_id)
    return render_template("person_looks.html", **(head_of(person, "looks") | looks_shown(person.id)))


@routes.get("/people/<int:person_id>/looks.<form>")
def export(person_id: int, form: str) -> ResponseReturnValue:
    """The same as a file."""
    return looks_file(known_person(person_id).id, form)
