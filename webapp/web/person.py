"""Person eksternstudium: what institutions have said of one person, and the order that asks them."""

from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching.ordering import place
from webapp.model import Order, OrderState, Person, Purpose
from webapp.store import orders, people, results, screens
from webapp.web.current import caseworker, house
from webapp.web.labels import purpose_name
from webapp.web.order_box import OrderBox, order_box
from webapp.web.people_rows import person_row
from webapp.web.study_rows import StudyRow, study_rows

routes = Blueprint("person", __name__)


@routes.get("/people/<int:person_id>")
def show(person_id: int) -> ResponseReturnValue:
    """The person's page, whole."""
    return render_template("person.html", **page_of(_known(person_id)))


@routes.post("/people/<int:person_id>/orders")
def order(person_id: int) -> ResponseReturnValue:
    """Hent ekstern norsk utdanning: place an order and have it carried out."""
    person = _known(person_id)
    purpose = next((p for p in Purpose if p == request.form.get("purpose")), None) or abort(400)
    try:
        order_id = place(house().store, house().settings, person, purpose, caseworker(), "person", house().clock())
    except Refusal as refusal:
        return make_response(shown_again(person, refusal=str(refusal), purpose=purpose), 422)
    house().fanout.start(order_id)
    return shown_again(person, purpose=purpose)


def shown_again(person: Person, **more: Any) -> ResponseReturnValue:
    """After a press: the parts of the page that changed for htmx, else the page itself."""
    if "HX-Request" in request.headers:
        return render_template("_after_press.html", **(page_of(person) | more))
    if "refusal" in more:
        return render_template("person.html", **(page_of(person) | more))
    return redirect(url_for("person.show", person_id=person.id), 303)


def page_of(person: Person) -> dict[str, Any]:
    """What the page of a person shows."""
    placed = orders.orders_of(house().store.db, person.id)
    shown = [order for order in placed if order.state is OrderState.OPEN] or placed[:1]
    return {
        "person": person_row(person),
        "orders": tuple(box_of(order) for order in shown),
        "studies": studies_of(person.id),
        "purposes": {purpose: purpose_name(purpose) for purpose in (Purpose.RECOGNITION, Purpose.ADMISSION)},
        "purpose": Purpose.RECOGNITION,
    }


def box_of(order: Order, awaited: frozenset[int] | None = None) -> OrderBox:
    """The box of an order, or with `awaited` only what a page waits for."""
    lines = orders.lines_of(house().store.db, order.id)
    return order_box(order, lines, house().settings.zone, house().clock(), awaited)


def studies_of(person_id: int, shown: frozenset[str] | None = None) -> tuple[StudyRow, ...]:
    """The person's studies; `shown`: the versions that the page shows already."""
    db = house().store.db
    studies, changes = results.studies_of(db, person_id), screens.latest_changes(db, person_id)
    return study_rows(studies, changes, house().settings.zone, house().clock(), shown)


def _known(person_id: int) -> Person:
    return people.person(house().store.db, person_id) or abort(404)
