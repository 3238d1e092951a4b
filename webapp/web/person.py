"""Person eksternstudium: what institutions have said of one person, and the order that asks them."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.model import Origin, Person, Purpose
from webapp.store import applications
from webapp.web.case_rows import person_cases
from webapp.web.current import caseworker, house
from webapp.web.labels import purpose_name
from webapp.web.people_heads import head_of, known_person
from webapp.web.press import fetched_of, press, refused
from webapp.web.reasons import LONGEST_REASON, purpose_of, reason_of

routes = Blueprint("person", __name__)


@routes.get("/people/<int:person_id>")
def show(person_id: int) -> ResponseReturnValue:
    """The person's page, whole."""
    return person_page(known_person(person_id))


@routes.post("/people/<int:person_id>/orders")
def order(person_id: int) -> ResponseReturnValue:
    """Hent ekstern norsk utdanning: place an order and have it carried out. A person alone has no purpose: who orders
    says which, and why."""
    person = known_person(person_id)
    typed = {key: request.form.get(key, "") for key in ("purpose", "reason")}

    def page(refusal: str) -> str:
        return person_page(person, refusal=refusal, wish=typed)

    try:
        purpose, reason = purpose_of(typed["purpose"]), reason_of(typed["reason"])
    except Refusal as refusal:
        return refused(refusal, person, page)
    origin = Origin(caseworker(), "person", reason=reason)
    return press(person, purpose, origin, url_for("person.show", person_id=person_id), page)


def person_page(person: Person, **more: Any) -> str:
    """The page of Person eksternstudium, whole."""
    applied = applications.applications_of(house().store.db, person.id)
    purposes = {purpose: purpose_name(purpose) for purpose in (Purpose.RECOGNITION, Purpose.ADMISSION)}
    shown = {
        "purposes": purposes,
        "wish": {},
        "longest_reason": LONGEST_REASON,
        "applications": applied,
        "cases": person_cases(person.id),
        "has_feed": house().settings.has_feed,
    }
    return render_template("person.html", **(head_of(person, "show") | fetched_of(person) | shown | more))
