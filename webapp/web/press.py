"""The button Hent ekstern norsk utdanning, wherever it stands, and what is shown after a press."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from flask import Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching.ordering import place
from webapp.model import Order, OrderState, Origin, Person, Purpose
from webapp.store import orders, results, screens
from webapp.web.current import house
from webapp.web.language import said
from webapp.web.order_box import OrderBox, order_box
from webapp.web.people_rows import person_row
from webapp.web.report_rows import reports_box
from webapp.web.study_rows import StudyRow, study_rows
from webapp.web.traced import told


def press(
    person: Person,
    purpose: Purpose,
    origin: Origin,
    here: str,
    page: Callable[[str], ResponseReturnValue],
    only: Collection[int] | None = None,
    **more: Any,
) -> ResponseReturnValue:
    """Place an order about a person and have it carried out, or one to `only` some institutions.

    `here` is the address of the page with the button; `page` draws that page whole with a refusal; `more` is what the
    parts of the page are to know besides. Why it is pressed stands in the form's field `reason`."""
    origin = replace(origin, reason=origin.reason or request.form.get("reason", ""))
    try:
        order_id = place(house().store, house().settings, person, purpose, origin, house().clock(), only)
    except Refusal as refusal:
        return refused(refusal, person, page)
    told(purpose=purpose, order=order_id)
    # An order to some institutions takes no report, and what stands beside the button stays as it is.
    try:
        return pressed(person, here, origin if only is None else None, **more)
    finally:
        # Fifty threads that begin all at once keep a page waiting for longer than the first institutions take.
        house().fanout.start(order_id)


def refused(refusal: Refusal, person: Person, page: Callable[[str], ResponseReturnValue]) -> Response:
    """After a press that cannot be granted: the orders with the refusal for htmx, else the page whole with it."""
    if "HX-Request" in request.headers:
        return make_response(_parts(person, refusal=said(refusal)), 422)
    return make_response(page(said(refusal)), 422)


def pressed(person: Person, here: str, origin: Origin | None = None, **more: Any) -> ResponseReturnValue:
    """After a press: the parts of the page that changed for htmx, else the page with the button again. `origin`: what
    was ordered from, where that may have taken what was reported."""
    if "HX-Request" in request.headers:
        return make_response(_parts(person, origin, **more))
    return redirect(here, 303)


def fetched_of(person: Person, application: str | None = None, case_id: int | None = None) -> dict[str, Any]:
    """What a page with the button shows with it: the person, the orders that matter now, the studies and what was
    reported. `application` or `case_id`: what the page is about, if not the person."""
    placed = orders.orders_of(house().store.db, person.id)
    shown = [order for order in placed if order.state is OrderState.OPEN]
    if all(order.run_id is not None for order in shown):
        # What the button brought last is not driven out by a run that goes on for hours.
        shown = list(dict.fromkeys([*placed[:1], *shown]))
    shown.sort(key=lambda order: order.run_id is not None)
    return {
        "person": person_row(person),
        "orders": tuple(box_of(order) for order in shown),
        "studies": studies_of(person.id),
        "reports": reports_box(person, {order.id for order in shown}, application, case_id),
    }


def box_of(order: Order, awaited: frozenset[int] | None = None) -> OrderBox:
    """The box of an order, or with `awaited` only what a page waits for."""
    lines = orders.lines_of(house().store.db, order.id, order.person_id)
    return order_box(order, lines, house().settings.zone, house().clock(), awaited)


def studies_of(person_id: int, shown: frozenset[str] | None = None) -> tuple[StudyRow, ...]:
    """The person's studies; `shown`: the versions that the page shows already."""
    db = house().store.db
    studies, changes = results.studies_of(db, person_id), screens.latest_changes(db, person_id)
    return study_rows(studies, changes, house().settings.zone, house().clock(), shown)


def _parts(person: Person, origin: Origin | None = None, **more: Any) -> str:
    about = (origin.application, origin.case_id) if origin else ()
    return render_template("_after_press.html", **(fetched_of(person, *about) | more), ordered=origin is not None)
