"""What an institution was asked about a person, order by order, and the answers that came."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlite_utils import Database

from webapp.model import FetchLine, Order, Outcome
from webapp.store.lines import BESIDE, LINE, MEANS_PERSON, Told, line_of
from webapp.store.orders import orders_of

#: The sources that told what stands in an institution's row: itself, and those that it is a part of by now.
_TELLING = """SELECT :institution AS source UNION SELECT source FROM external_results
    JOIN external_studies ON external_studies.id = study_id
    WHERE person_id = :person AND institution = :institution AND source IS NOT NULL"""


def sources_of(db: Database, person_id: int, institution: int) -> frozenset[int]:
    """The sources whose answers an institution's row of a person was made of."""
    return frozenset(row["source"] for row in db.query(_TELLING, {"person": person_id, "institution": institution}))


def asked_alone(db: Database, person_id: int) -> Sequence[tuple[Order, FetchLine]]:
    """Every time that somebody was asked about a person in an order about nobody else, the latest first."""
    return _asked(db, person_id, "run_id IS NULL", {})


def asked(db: Database, person_id: int, institution: int) -> Sequence[tuple[Order, FetchLine]]:
    """Every time that the sources of an institution's row were asked about a person, the latest first."""
    sources = json.dumps(sorted(sources_of(db, person_id, institution)))
    where = "fetches.institution IN (SELECT value FROM json_each(:sources))"
    return _asked(db, person_id, where, {"sources": sources})


def latest_of_all(db: Database, person_id: int, sources: int) -> int | None:
    """The latest order about a person that asked all: not only those that owed an answer, and not fewer than half of
    so many `sources`. None where there is none."""
    rows = db.query(
        """SELECT orders.id FROM order_people JOIN orders ON orders.id = order_id
        WHERE person_id = :person AND CASE WHEN run_id IS NULL
            THEN (SELECT count(*) FROM fetches WHERE fetches.order_id = orders.id) * 2 >= :sources
            ELSE EXISTS (SELECT 1 FROM run_applicants WHERE run_applicants.run_id = orders.run_id
                AND run_applicants.person_id = order_people.person_id AND ordered_for <> 'owed') END
        ORDER BY orders.id DESC LIMIT 1""",
        {"person": person_id, "sources": sources},
    )
    return next((int(row["id"]) for row in rows), None)


def told_in_runs(db: Database, person_id: int) -> Mapping[int, Mapping[Outcome, int]]:
    """What came in a person's orders that are a part of runs, by their ids: how many institutions said something, and
    how many could not be asked. Those that said nothing new are not counted: the answer would be fifty lines a run."""
    rows = db.query(
        f"""SELECT order_id, outcome, count(*) AS n FROM (
            SELECT order_id, outcome FROM answers JOIN fetches ON fetches.id = fetch_id
                JOIN orders ON orders.id = order_id WHERE answers.person_id = :person AND run_id IS NOT NULL
            UNION ALL SELECT fetches.order_id, whole_outcome FROM order_people
                CROSS JOIN fetches ON fetches.order_id = order_people.order_id
                WHERE order_people.person_id = :person AND whole_outcome IS NOT NULL AND {MEANS_PERSON})
        GROUP BY order_id, outcome""",
        {"person": person_id},
    )
    told: dict[int, Counter[Outcome]] = {}
    for row in rows:
        told.setdefault(row["order_id"], Counter())[Outcome(row["outcome"])] = row["n"]
    return told


def _asked(db: Database, person_id: int, where: str, values: dict[str, str]) -> Sequence[tuple[Order, FetchLine]]:
    orders, told = {order.id: order for order in orders_of(db, person_id)}, Told(db, person_id)
    rows = db.query(
        f"""SELECT {LINE} FROM order_people JOIN orders ON orders.id = order_people.order_id
        CROSS JOIN fetches ON fetches.order_id = order_people.order_id {BESIDE}
        WHERE order_people.person_id = :person AND {where} AND {MEANS_PERSON} ORDER BY fetches.id DESC""",
        values | {"person": person_id},
    )
    return [(orders[row["order_id"]], line_of(row, told)) for row in rows]
