"""Meldt nye resultater: the student says that there is more to fetch."""

from dataclasses import dataclass
from datetime import datetime

from webapp.model.asking import OrderState


@dataclass(frozen=True)
class NewResultsReport:
    """A person reports new results; the next evening's run, or an order before it, asks for them.

    `application` (its applicant number) or `case_id` says what it was registered on; with neither it is the person.
    `place`: where it came from: "person", "application", "case" or "api". Once an order has taken it, it is settled:
    `order_id`, `settled_at` (when that order was placed) and `order_state` are there.
    """

    id: int
    person_id: int
    application: str | None
    case_id: int | None
    reported_at: datetime
    registered_by: str
    place: str
    order_id: int | None = None
    settled_at: datetime | None = None
    order_state: OrderState | None = None
