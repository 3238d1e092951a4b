"""An order on its way: what a page that shows it has yet to hear, and another try where a source failed."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.fetching.ordering import ask_again
from webapp.model import Order, Origin
from webapp.store import orders, people
from webapp.web.api.shapes import ID_DIGITS
from webapp.web.current import caseworker, house
from webapp.web.language import gettext
from webapp.web.polling import unless_known
from webapp.web.press import box_of, press, pressed, studies_of
from webapp.web.report_rows import taken_by
from webapp.web.traced import about
from webapp.web.words import NOT_ASKED, state_of

routes = Blueprint("order", __name__)


@routes.get("/orders/<int:order_id>")
def show(order_id: int) -> ResponseReturnValue:
    """An order is shown on the page that it was ordered from."""
    return redirect(_origin_of(_known(order_id)), 303)


@routes.get("/orders/<int:order_id>/news")
@routes.get("/people/<int:person_id>/orders/<int:order_id>/news")
def news(order_id: int, person_id: int | None = None) -> ResponseReturnValue:
    """What came since the page last asked: `waiting` are the institutions that it waits for, `studies` what it shows.

    The page says what it shows, so that nothing final is drawn again and nothing is missed however answers overtake
    each other. The last answer carries no trigger, and the asking ends by itself.
    """
    order = _known(order_id, person_id)
    numbers = request.args.get("waiting", "").split(".")
    awaited = frozenset(int(number) for number in numbers if number.isdecimal() and len(number) <= ID_DIGITS)
    shown = frozenset(request.args.get("studies", "").split("."))
    studies = studies_of(order.person_id, shown)
    changed = any(study.touched for study in studies)
    box = box_of(order, awaited)
    taken = () if box.open else taken_by(order)
    return unless_known(
        render_template("_news.html", order=box, reports_taken=taken, studies=studies, studies_changed=changed)
    )


@routes.post("/orders/<int:order_id>/retry")
@routes.post("/people/<int:person_id>/orders/<int:order_id>/retry")
def retry(order_id: int, person_id: int | None = None) -> ResponseReturnValue:
    """Prøv igjen: ask again those that failed, and only those. Of a run's order they are asked in an order about this
    person alone, for what failed there is about others too."""
    order = _known(order_id, person_id)
    person = people.person(house().store.db, order.person_id) or abort(404)
    if order.run_id is not None:
        origin = Origin(caseworker(), "person", application=order.application, reason=order.reason)
        return press(person, order.purpose, origin, _origin_of(order), _refused, failed_of(order), retried=True)
    ask_again(house().store, order_id, house().clock())
    try:
        return pressed(person, _origin_of(order), retried=True)
    finally:
        house().fanout.start(order_id)


def failed_of(order: Order) -> frozenset[int]:
    """The institutions that could not be asked in an order."""
    lines = orders.lines_of(house().store.db, order.id, order.person_id)
    return frozenset(line.fetch.institution for line in lines if state_of(line) in NOT_ASKED)


def _refused(refusal: str) -> str:
    return render_template("error.html", title=gettext("Kan ikke utføres"), advice=refusal)


def _origin_of(order: Order) -> str:
    """The address of the page that an order was placed on."""
    if order.run_id is None and order.application is not None:
        return url_for("applications.show", applicant_number=order.application, _anchor="orders")
    if order.case_id is not None:
        return url_for("cases.show", case_id=order.case_id, _anchor="orders")
    return url_for("person.show", person_id=order.person_id, _anchor="orders")


def _known(order_id: int, person_id: int | None = None) -> Order:
    order = orders.order(house().store.db, order_id, person_id) or abort(404)
    about(order.person_id)
    return order
