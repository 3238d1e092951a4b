"""What the start page asks: what waits for one caseworker, and how the day has gone."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from webapp.model import Text
from webapp.store import as_instant, as_text

#: So many orders and cases are told of; the lists show all.
MOST_TOLD = 10
#: Answer times are told of this many of the day's latest answers, however many a run has brought.
MOST_TIMED = 5000

#: The answers to single orders that have worked since :begins. By way of their orders: a run has answers by the hundred
#: thousand, and none of them is looked at.
_SINGLE = "SELECT id FROM orders WHERE run_id IS NULL AND id NOT IN (SELECT order_id FROM deliveries)"
_SINGLE_ANSWERS = f"""({_SINGLE} AND finished_at >= :begins UNION ALL {_SINGLE} AND finished_at IS NULL)
    AS single CROSS JOIN fetches ON order_id = single.id CROSS JOIN answers ON fetch_id = fetches.id"""


@dataclass(frozen=True)
class DownSource:
    """A source whose latest fetch failed: why (the code of a SourceFailure), how long it was waited for, since when."""

    name: Text
    failure: str | None
    seconds: float
    since: datetime


def open_orders_by(db: Database, by: str) -> list[dict[str, Any]]:
    """The latest orders of a caseworker that are still going on: id, placed_at, person_id, the person's names and
    whether the address is protected."""
    return list(
        db.query(
            """SELECT orders.id, placed_at, person_id, given_names, family_name, protected_address FROM orders
            JOIN order_people ON order_id = orders.id JOIN people ON people.id = person_id
            WHERE state = 'open' AND placed_by = ? AND run_id IS NULL ORDER BY orders.id DESC LIMIT ?""",
            [by, MOST_TOLD],
        )
    )


def active_cases_of(db: Database, responsible: str) -> list[dict[str, Any]]:
    """The cases that a caseworker, in whatever case the name is written, has yet to end; the oldest first."""
    return list(
        db.query(
            """SELECT cases.id, type, status, person_id, given_names, family_name, protected_address
            FROM cases JOIN people ON people.id = person_id
            WHERE responsible = ? COLLATE NOCASE AND status NOT IN ('BEHANDLET', 'TRUKKET')
            ORDER BY cases.id LIMIT ?""",
            [responsible, MOST_TOLD],
        )
    )


def fetches_due(db: Database, until: datetime) -> int:
    """How many failed fetches of single orders are asked again at that instant or before."""
    rows = db.query("SELECT count(*) AS n FROM fetches WHERE retry_at <= ? AND NOT owing", [as_text(until)])
    return int(next(iter(rows))["n"])


def sources_down(db: Database, institutions: Iterable[int]) -> list[DownSource]:
    """Those of these institutions whose latest fetch failed, by their names; what was ended unasked tells nothing.

    A run's fetch may have failed for one of its people alone: it ended for the others at the same instant, and done
    comes before failed.
    """
    rows = db.query(
        """WITH latest AS (SELECT (SELECT id FROM fetches WHERE institution = value AND finished_at IS NOT NULL
            AND attempts > 0 ORDER BY finished_at DESC, state LIMIT 1) AS id FROM json_each(?))
        SELECT names, coalesce(whole_failure, failure) AS failure, seconds, (SELECT min(finished_at)
            FROM fetches AS earlier WHERE earlier.institution = fetches.institution AND attempts > 0
            AND finished_at > coalesce((SELECT finished_at
                FROM fetches AS done WHERE done.institution = fetches.institution AND done.state = 'done'
                AND done.attempts > 0 ORDER BY finished_at DESC LIMIT 1), '')) AS since
        FROM latest JOIN fetches USING (id) JOIN institutions ON number = institution
        LEFT JOIN answers ON fetch_id = fetches.id AND outcome = 'failed'
        WHERE state = 'failed' AND coalesce(whole_failure, failure, '') <> 'switched-off' ORDER BY names ->> 'nb'""",
        [json.dumps(list(institutions))],
    )
    return [
        DownSource(json.loads(row["names"]), row["failure"], row["seconds"] or 0, datetime.fromisoformat(row["since"]))
        for row in rows
    ]


def orders_by_hour(db: Database, begins: datetime) -> Mapping[datetime, int]:
    """How many orders were placed in each hour since an instant; a run is none."""
    return _by_hour(db, "(SELECT placed_at FROM orders WHERE run_id IS NULL)", "placed_at", begins)


def answers_by_hour(db: Database, begins: datetime) -> Mapping[datetime, int]:
    """How many answers to single orders came in each hour since an instant."""
    return _by_hour(db, _SINGLE_ANSWERS, "answered_at", begins)


def runs_since(db: Database, begins: datetime) -> list[tuple[int, datetime, datetime | None, int]]:
    """The runs that worked since an instant: id, when each began, when it ended, and how many people it was about."""
    rows = db.query(
        "SELECT * FROM runs WHERE begun_at IS NOT NULL AND (finished_at IS NULL OR finished_at >= ?) ORDER BY id",
        [as_text(begins)],
    )
    return [
        (row["id"], datetime.fromisoformat(row["begun_at"]), as_instant(row["finished_at"]), row["people"])
        for row in rows
    ]


def _by_hour(db: Database, source: str, column: str, begins: datetime) -> Mapping[datetime, int]:
    rows = db.query(
        f"SELECT substr({column}, 1, 13) AS hour, count(*) AS n FROM {source} WHERE {column} >= :begins GROUP BY hour",
        {"begins": as_text(begins)},
    )
    return {datetime.fromisoformat(f"{row['hour']}:00:00+00:00"): row["n"] for row in rows}


def answer_seconds(db: Database, begins: datetime) -> list[tuple[Text, list[float]]]:
    """How long each source took, in seconds from the quickest, of the latest answers to single orders since then."""
    rows = db.query(
        f"""SELECT names, json_group_array(seconds) AS seconds FROM (
            SELECT fetches.institution, seconds FROM {_SINGLE_ANSWERS} WHERE answered_at >= :begins
                AND outcome NOT IN ('not-shared', 'no-consent', 'awaited') AND failure IS NOT 'switched-off'
            ORDER BY answered_at DESC LIMIT :most)
        JOIN institutions ON number = institution GROUP BY institution ORDER BY names ->> 'nb'""",
        {"begins": as_text(begins), "most": MOST_TIMED},
    )
    return [(json.loads(row["names"]), sorted(json.loads(row["seconds"]))) for row in rows]
