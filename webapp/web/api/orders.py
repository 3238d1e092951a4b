"""Orders: Hent ekstern norsk utdanning, how far an order has come, and another try where a source failed."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response, abort, url_for
from pydantic import Field

from webapp.errors import Refusal
from webapp.fetching.ordering import ask_again, place
from webapp.model import Basis, Category, ChangeKind, FetchLine, Order, OrderState, Origin, Outcome, Person, Purpose
from webapp.store import applications, cases, orders, people
from webapp.store.orders import LIST
from webapp.web.api.paging import Page, Paging, page_of, sort_pattern
from webapp.web.api.problems import Unprocessable, problem
from webapp.web.api.shapes import (
    Id,
    Instant,
    InstitutionShape,
    LeftOutShape,
    Line,
    Maybe,
    QueryId,
    QueryLine,
    Shape,
    institution_shape,
    left_out_shapes,
)
from webapp.web.current import caseworker, house
from webapp.web.language import gettext
from webapp.web.order import failed_of
from webapp.web.protection import demand_seen
from webapp.web.reasons import reason_of
from webapp.web.traced import about, told
from webapp.web.words import sentence_of, state_of, told_of

routes = APIBlueprint("api_orders", __name__, url_prefix="/api/orders", tag="Orders")

_ABOUT = {
    "oneOf": [
        {"required": ["person_id", "purpose", "reason"]},
        {"required": ["applicant_number"]},
        {"required": ["case_id"]},
    ]
}


class NewOrder(Shape, json_schema_extra=_ABOUT):
    """Whose results are ordered: a person's with the purpose and the reason, or those of an application or a case,
    which have a purpose of their own."""

    person_id: Maybe[Id] = None
    purpose: Maybe[Purpose] = None
    applicant_number: Maybe[Line] = None
    case_id: Maybe[Id] = None
    reason: Maybe[Line] = None


class OrderShape(Shape):
    """Who asked, when, from where, for which purpose, why (`reason`), and on which basis, with the text of it that was
    in force (`basis_text`). `run_id`: the run that it is a part of; it is about many then, and shown as far as it is
    about this person."""

    id: int
    person_id: int
    applicant_number: str | None
    case_id: int | None
    purpose: Purpose
    reason: str
    basis: Basis
    basis_text: str
    state: OrderState
    placed_at: datetime
    placed_by: str
    placed_from: str
    opened_at: datetime
    finished_at: datetime | None
    run_id: int | None


class OrderLineShape(Shape):
    """One institution's part of an order.

    `state`: queued, running, or what came of it (found, nothing, unchanged, not-shared, no-consent, awaited, mismatch,
    failed; off: not asked, since the source is switched off).
    `sentence`: the same in the reader's language. `failure`: the code of what went wrong. `counts` and `changes`: how
    many results of each category it stands behind, and how many this fetch changed in each way.
    """

    fetch_id: int
    institution: InstitutionShape
    state: str
    sentence: str
    failure: str | None
    attempts: int
    retry_at: datetime | None
    answered_at: datetime | None
    seconds: float | None
    counts: dict[Category, int]
    changes: dict[ChangeKind, int]
    left_out: list[LeftOutShape]


class OrderWithLinesShape(OrderShape):
    """An order with a line for each institution; `sentence` tells how far it has come."""

    sentence: str
    lines: list[OrderLineShape]


class About(Shape):
    """Whom an order is about; it can be left out where it is about nobody else."""

    person_id: Maybe[QueryId] = None


class Orders(Page[OrderShape]):
    """A page of orders."""


class OrderFilters(Paging):
    """Which orders are wanted."""

    person_id: Maybe[QueryId] = None
    applicant_number: Maybe[QueryLine] = None
    case_id: Maybe[QueryId] = None
    state: Maybe[OrderState] = None
    placed_by: Maybe[QueryLine] = None
    since: Maybe[Annotated[Instant, Field(description="Placed then or later.")]] = None
    sort: Annotated[str, Field(pattern=sort_pattern(LIST))] = "-placed"


@routes.post("")
@routes.input(NewOrder, arg_name="wanted")
@routes.output(OrderWithLinesShape, 202, description="Placed, or joined to the one that is going on")
def order(wanted: NewOrder) -> Any:
    """Order results. While an order about the same person and purpose is going on, another joins it."""
    person, purpose, origin = _meant(wanted)
    origin = replace(origin, reason=wanted.reason or "")
    order_id = place(house().store, house().settings, person, purpose, origin, house().clock())
    house().fanout.start(order_id)
    return _with_lines(_known(order_id)), 202, {"Location": url_for("api_orders.show", order_id=order_id)}


@routes.get("")
@routes.input(OrderFilters, location="query", arg_name="filters")
@routes.output(Orders)
def listing(filters: OrderFilters) -> Orders:
    """Orders, the latest first."""
    since = filters.since.isoformat() if filters.since else None
    chosen = filters.model_dump(include=set(LIST.conditions) - {"since"}) | {"since": since}
    rows, following = page_of(LIST, filters, filters.sort, chosen)
    return Orders(items=[_shape(orders.order_of(row)) for row in rows], next=following)


@routes.get("/<int:order_id>")
@routes.input(About, location="query", arg_name="about")
@routes.output(OrderWithLinesShape)
def show(order_id: int, about: About) -> OrderWithLinesShape | Response:
    """One order with what came of it at each institution; of a run's, what came for one of its people."""
    order = orders.order(house().store.db, order_id, about.person_id)
    return _with_lines(order) if order else _not_there(order_id)


@routes.post("/<int:order_id>/retry")
@routes.input(About, location="query", arg_name="about")
@routes.output(OrderWithLinesShape, 202, description="Asked again where a source failed, and only there")
def retry(order_id: int, about: About) -> Any:
    """Ask again those that failed, and only those: of a run's order in a new one, about this person alone."""
    order = orders.order(house().store.db, order_id, about.person_id)
    if order is None:
        return _not_there(order_id)
    now = house().clock()
    if order.run_id is not None:
        person = _person("person_id", order.person_id)
        origin = Origin(caseworker(), "api", application=order.application, reason=order.reason)
        order_id = place(house().store, house().settings, person, order.purpose, origin, now, failed_of(order))
    else:
        ask_again(house().store, order_id, now)
    house().fanout.start(order_id)
    here = {"Location": url_for("api_orders.show", order_id=order_id)}
    return _with_lines(_known(order_id)), 202, here


def _meant(wanted: NewOrder) -> tuple[Person, Purpose, Origin]:
    """Whom an order is about, what for, and from where. Raises Unprocessable when there is no such thing."""
    db, by = house().store.db, caseworker()
    more = _reason(wanted.reason) if wanted.reason is not None else ""
    match wanted:
        case NewOrder(person_id=int(id), purpose=Purpose() as purpose, applicant_number=None, case_id=None):
            return _person("person_id", id), purpose, Origin(by, "api", reason=_reason(wanted.reason or ""))
        case NewOrder(person_id=None, purpose=None, applicant_number=str(number), case_id=None):
            application = applications.application(db, number)
            person = _person("applicant_number", application.person_id if application else 0)
            return person, Purpose.ADMISSION, Origin(by, "api", application=number, reason=more)
        case NewOrder(person_id=None, purpose=None, applicant_number=None, case_id=int(id)):
            about = cases.case(db, id)
            person = _person("case_id", about.person_id if about else 0)
            return person, Purpose.RECOGNITION, Origin(by, "api", case_id=id, reason=more)
    raise Refusal("Skriv enten person_id og purpose, applicant_number eller case_id.")


def _reason(typed: str) -> str:
    """Why results are ordered, as it is kept. Raises Unprocessable when it says nothing."""
    try:
        return reason_of(typed)
    except Refusal as refusal:
        raise Unprocessable((refusal, "#/reason")) from refusal


def _person(field: str, person_id: int) -> Person:
    person = people.person(house().store.db, person_id)
    if person is None:
        raise Unprocessable((Refusal("Fins ikke her."), f"#/{field}"))
    demand_seen(person)
    return person


def _not_there(order_id: int) -> Response:
    """The answer when an order is not there, or is a run's and it was not said about whom."""
    if orders.is_of_run(house().store.db, order_id):
        return problem(404, gettext("Bestillingen hører til en kjøring. Si hvem det gjelder, med person_id."))
    return problem(404)


def _known(order_id: int) -> Order:
    return orders.order(house().store.db, order_id) or abort(404)


def _shape(order: Order) -> OrderShape:
    return OrderShape(
        id=order.id,
        person_id=order.person_id,
        applicant_number=order.application,
        case_id=order.case_id,
        purpose=order.purpose,
        reason=order.reason,
        basis=order.basis,
        basis_text=order.basis_text,
        state=order.state,
        placed_at=order.placed_at,
        placed_by=order.placed_by,
        placed_from=order.placed_from,
        opened_at=order.opened_at,
        finished_at=order.finished_at,
        run_id=order.run_id,
    )


def _with_lines(order: Order) -> OrderWithLinesShape:
    about(order.person_id)
    told(purpose=order.purpose, order=order.id)
    lines = orders.lines_of(house().store.db, order.id, order.person_id)
    return OrderWithLinesShape(
        **_shape(order).model_dump(), sentence=told_of(order, lines), lines=[_line_shape(line) for line in lines]
    )


def _line_shape(line: FetchLine) -> OrderLineShape:
    fetch, answer = line.fetch, line.answer
    failed = answer is not None and answer.outcome is Outcome.FAILED
    return OrderLineShape(
        fetch_id=fetch.id,
        institution=institution_shape(fetch.institution, line.name),
        state=state_of(line),
        sentence=sentence_of(line, house().settings.zone, house().clock()),
        failure=answer.failure if answer and failed else None,
        attempts=fetch.attempts,
        retry_at=fetch.retry_at,
        answered_at=answer.answered_at if answer else None,
        seconds=answer.seconds if answer else None,
        counts=dict(line.counts),
        changes=dict(line.changes),
        left_out=left_out_shapes(answer.left_out) if answer else [],
    )
