"""Person eksternstudium: what institutions have said of one person, and the order that asks them."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.model import Origin, Person, Purpose
from webapp.store import applications
from webapp.web.case_rows import person_cases
from webapp.web.current import caseworker, house
from webapp.web.labels import purpose_name
from webapp.web.people_heads import head_of, known_person
from webapp.web.press import fetched_of, press

routes = Blueprint("person", __name__)


@routes.get("/people/<int:person_id>")
def show(person_id: int) -> ResponseReturnValue:
    """The person's page, whole."""
    return person_page(known_person(person_id))


@routes.post("/people/<int:person_id>/orders")
def order(person_id: int) -> ResponseReturnValue:
    """Hent ekstern norsk utdanning: place an order and have it carried out."""
    person = known_person(person_id)
    purpose = next((p for p in Purpose if p == request.form.get("purpose")), None) or abort(400)
    here = url_for("person.show", person_id=person_id)
    return press(
        person, purpose, Origin(caseworker(), "person"), here, lambda refusal: person_page(person, refusal=refusal)
    )


def person_page(person: Person, **more: Any) -> str:
    """The page of Person eksternstudium, whole."""
    applied = applications.applications_of(house().store.db, person.id)
    purposes = {purpose: purpose_name(purpose) for purpose in (Purpose.RECOGNITION, Purpose.ADMISSION)}
    shown = {
        "purposes": purposes,
        "purpose": Purpose.RECOGNITION,
        "applications": applied,
        "cases": person_cases(person.id),
        "has_feed": house().settings.has_feed,
    }
    return render_template("person.html", **(head_of(person, "show") | fetched_of(person) | shown | more))
