"""What an institution was asked about a person, order by order, and the answers that came."""

import json
from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from webapp.model import FetchLine, Order
from webapp.store.answers import answer_of
from webapp.store.orders import fetch_of, orders_of

#: The sources that told what stands in an institution's row: itself, and those that it is a part of by now.
_TELLING = """SELECT :institution AS source UNION SELECT source FROM external_results
    JOIN external_studies ON external_studies.id = study_id
    WHERE person_id = :person AND institution = :institution AND source IS NOT NULL"""


def sources_of(db: Database, person_id: int, institution: int) -> frozenset[int]:
    """The sources whose answers an institution's row of a person was made of."""
    return frozenset(row["source"] for row in db.query(_TELLING, {"person": person_id, "institution": institution}))


def asked(db: Database, person_id: int, institution: int | None = None) -> Sequence[tuple[Order, FetchLine]]:
    """Every time that somebody was asked about a person, the latest first; with `institution`, the times that the
    sources of its row were."""
    orders = {order.id: order for order in orders_of(db, person_id)}
    rows = db.query(
        f"""SELECT fetches.id AS fetch, fetches.*, order_people.person_id AS about, names, outcome, results, changes,
            failure, cause, answers.left_out, findings, payload, seconds, answered_at, decision
        FROM order_people JOIN fetches USING (order_id) JOIN institutions ON number = fetches.institution
        LEFT JOIN answers ON answers.fetch_id = fetches.id AND answers.person_id = order_people.person_id
        WHERE order_people.person_id = :person AND (:institution IS NULL OR fetches.institution IN ({_TELLING}))
        ORDER BY fetches.id DESC""",
        {"person": person_id, "institution": institution},
    )
    return [(orders[row["order_id"]], _line(row)) for row in rows]


def _line(row: dict[str, Any]) -> FetchLine:
    return FetchLine(fetch_of(row), json.loads(row["names"]), answer_of(row) if row["outcome"] else None)
