"""Orders and their fetches: what is going on is a query, never a variable."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from webapp.model import (
    Basis,
    Category,
    ChangeKind,
    Fetch,
    FetchLine,
    FetchState,
    Order,
    OrderState,
    Purpose,
)
from webapp.store import as_instant, as_text
from webapp.store.lines import BESIDE, LINE, MEANS_PERSON, Told, fetch_of, line_of
from webapp.store.listing import Condition, ListQuery, Since
from webapp.store.protection import PROTECTED

#: What a list of orders can be sorted and filtered by.
LIST = ListQuery(
    select=f"orders.*, person_id, application, {PROTECTED.format(person='person_id')}",
    source="orders JOIN order_people ON order_id = orders.id",
    key="orders.id",
    orders={"placed": "placed_at"},
    conditions={
        "person_id": Condition("person_id = :value"),
        "applicant_number": Condition("application = :value"),
        "case_id": Condition("case_id = :value"),
        "state": Condition("state = :value"),
        "placed_by": Condition("placed_by = :value"),
        "since": Since("placed_at >= :value"),
    },
    always="run_id IS NULL",
)
_ORDER = "SELECT orders.*, person_id, application FROM orders JOIN order_people ON order_id = orders.id"


def order(db: Database, order_id: int, person_id: int | None = None) -> Order | None:
    """The order with this id, about this person, or None; a run's order is about many, and there for each of them."""
    about = "run_id IS NULL" if person_id is None else "person_id = :person"
    rows = db.query(f"{_ORDER} WHERE orders.id = :order AND {about}", {"order": order_id, "person": person_id})
    return next((order_of(row) for row in rows), None)


def orders_of(db: Database, person_id: int) -> Sequence[Order]:
    """All orders about a person, the newest first."""
    return [order_of(row) for row in db.query(f"{_ORDER} WHERE person_id = ? ORDER BY orders.id DESC", [person_id])]


def placed_by(db: Database, order_id: int) -> str:
    """Who placed an order."""
    return str(db.execute("SELECT placed_by FROM orders WHERE id = ?", [order_id]).fetchone()[0])


def is_of_run(db: Database, order_id: int) -> bool:
    """Whether an order is a part of a run, and so about many."""
    return any(True for _ in db.query("SELECT 1 FROM orders WHERE id = ? AND run_id IS NOT NULL", [order_id]))


def open_order_of(db: Database, person_id: int, purpose: Purpose, asked: Iterable[int]) -> int | None:
    """The order about this person alone, for this purpose and from all of these institutions, that is still going on,
    or None."""
    rows = db.query(
        f"""{_ORDER} WHERE person_id = :person AND purpose = :purpose AND state = 'open' AND run_id IS NULL
        AND NOT EXISTS (SELECT value FROM json_each(:asked) EXCEPT SELECT institution FROM fetches
            WHERE fetches.order_id = orders.id)""",
        {"person": person_id, "purpose": purpose.value, "asked": json.dumps(list(asked))},
    )
    return next((int(row["id"]) for row in rows), None)


def place(db: Database, wish: Order, institutions: Iterable[int]) -> int:
    """Write a new open order and a queued fetch for each institution; `wish.id` is passed over. Returns the id."""
    cursor = db.execute(
        """INSERT INTO orders (purpose, basis, basis_text, reason, placed_at, placed_by, placed_from, state, opened_at,
            case_id)
        VALUES (:purpose, :basis, :text, :reason, :at, :by, :from, 'open', :at, :case)""",
        {
            "purpose": wish.purpose.value,
            "basis": wish.basis.value,
            "text": wish.basis_text,
            "reason": wish.reason,
            "at": as_text(wish.placed_at),
            "by": wish.placed_by,
            "from": wish.placed_from,
            "case": wish.case_id,
        },
    )
    order_id = int(cursor.lastrowid or 0)
    db.execute(
        "INSERT INTO order_people (order_id, person_id, application) VALUES (?, ?, ?)",
        [order_id, wish.person_id, wish.application],
    )
    for institution in institutions:
        db.execute(
            """INSERT INTO fetches (order_id, institution, state, first_person, last_person)
            VALUES (?, ?, 'queued', ?, ?)""",
            [order_id, institution, wish.person_id, wish.person_id],
        )
    return order_id


def lines_of(db: Database, order_id: int, person_id: int | None = None) -> Sequence[FetchLine]:
    """An order's fetches about a person with what came of them, by the institution's name; a run's order is about many,
    and has lines for each."""
    known = order(db, order_id, person_id)
    if known is None:
        return []
    values = {"order": order_id, "person": known.person_id}
    counts = _grouped(
        db,
        """SELECT source AS place, category AS kind, count(*) AS n FROM external_studies
        JOIN external_results ON study_id = external_studies.id
        WHERE person_id = :person AND source IS NOT NULL AND gone_at IS NULL GROUP BY source, category""",
        values,
    )
    changes = _grouped(
        db,
        """SELECT fetches.institution AS place, kind, count(*) AS n FROM result_changes
        CROSS JOIN fetches ON fetches.id = fetch_id
        WHERE result_changes.person_id = :person AND order_id = :order GROUP BY fetches.institution, kind""",
        values,
    )
    rows = db.query(
        f"""SELECT {LINE}, changed_at FROM fetches {BESIDE}
        LEFT JOIN external_studies ON external_studies.person_id = :person
            AND external_studies.institution = fetches.institution
        WHERE fetches.order_id = :order AND {MEANS_PERSON}
        ORDER BY coalesce(names ->> 'nb', names ->> 'nn', names ->> 'en'), fetches.institution""",
        values,
    )
    told = Told(db, known.person_id)
    return [
        replace(
            line_of(row, told),
            counts={Category(kind): n for kind, n in counts[row["institution"]].items()},
            changes={ChangeKind(kind): n for kind, n in changes[row["institution"]].items()},
            unchanged_since=as_instant(row["changed_at"]),
        )
        for row in rows
    ]


def _grouped(db: Database, sql: str, values: dict[str, int]) -> Mapping[int, dict[str, int]]:
    groups: dict[int, dict[str, int]] = defaultdict(dict)
    for row in db.query(sql, values):
        groups[row["place"]][row["kind"]] = row["n"]
    return groups


def queued(db: Database, order_id: int | None = None) -> Sequence[Fetch]:
    """Fetches that wait for a worker: those of one order, or of all but a run's, which sees to its own."""
    rows = db.query(
        """SELECT fetches.id AS fetch, fetches.*, order_people.person_id AS about
        FROM orders CROSS JOIN fetches ON fetches.order_id = orders.id AND fetches.state = 'queued'
        CROSS JOIN order_people ON order_people.order_id = orders.id
        WHERE orders.state = 'open' AND run_id IS NULL AND (:order IS NULL OR orders.id = :order)
        ORDER BY fetches.id""",
        {"order": order_id},
    )
    return [fetch_of(row) for row in rows]


def fetch(db: Database, fetch_id: int, person_id: int | None = None) -> Fetch | None:
    """The fetch with this id, or None; a run's is about many, and is there for each of its order's."""
    about = "run_id IS NULL" if person_id is None else "person_id = :person"
    rows = db.query(
        f"""SELECT fetches.id AS fetch, fetches.*, order_people.person_id AS about
        FROM fetches JOIN order_people USING (order_id) JOIN orders ON orders.id = order_id
        WHERE fetches.id = :fetch AND {about}""",
        {"fetch": fetch_id, "person": person_id},
    )
    return next((fetch_of(row) for row in rows), None)


def claim(db: Database, fetch_id: int, claimant: str, now: datetime, *, asks: bool = True) -> bool:
    """Take a queued fetch for a worker of the process `claimant`; False when another has it. Without `asks` it is to
    end unasked, which is no attempt."""
    cursor = db.execute(
        """UPDATE fetches SET state = 'running', claimant = ?, started_at = ?, attempts = attempts + ?, retry_at = NULL
        WHERE id = ? AND state = 'queued'""",
        [claimant, as_text(now), int(asks), fetch_id],
    )
    return cursor.rowcount == 1


def finish(db: Database, ended: Fetch, state: FetchState, now: datetime, retry_at: datetime | None = None) -> None:
    """End a fetch, and its order when nothing of it is left to do."""
    db.execute(
        "UPDATE fetches SET state = ?, claimant = NULL, finished_at = ?, retry_at = ? WHERE id = ?",
        [state.value, as_text(now), as_text(retry_at) if retry_at else None, ended.id],
    )
    close_when_done(db, ended.order_id, now)


def close_when_done(db: Database, order_id: int, now: datetime) -> None:
    """Give an order without queued or running fetches its final state."""
    db.execute(
        """UPDATE orders SET finished_at = :now, state = CASE
            WHEN EXISTS (SELECT 1 FROM fetches WHERE order_id = :order AND retry_at IS NOT NULL) THEN :later
            WHEN EXISTS (SELECT 1 FROM fetches WHERE order_id = :order AND state = 'failed') THEN :never
            ELSE :complete END
        WHERE id = :order AND state = 'open' AND NOT EXISTS (
            SELECT 1 FROM fetches WHERE order_id = :order AND state IN ('queued', 'running'))""",
        {
            "order": order_id,
            "now": as_text(now),
            "later": OrderState.INCOMPLETE_TEMPORARY.value,
            "never": OrderState.INCOMPLETE_PERMANENT.value,
            "complete": OrderState.COMPLETE.value,
        },
    )
    for table in ("applications", "cases"):
        db.execute(
            f"""UPDATE {table} SET fetched_at = :now WHERE person_id IN (SELECT person_id FROM order_people
            JOIN orders ON orders.id = order_id WHERE order_id = :order AND finished_at = :now)""",
            {"order": order_id, "now": as_text(now)},
        )


def queue_failed(db: Database, order_id: int, now: datetime) -> int:
    """Put an order's failed fetches back in the queue and open it again; returns how many there were. Those of a run
    stay: the next run asks for what is owed."""
    cursor = db.execute(
        """UPDATE fetches SET state = 'queued', retry_at = NULL WHERE order_id = ? AND state = 'failed'
        AND EXISTS (SELECT 1 FROM orders WHERE orders.id = order_id AND run_id IS NULL)""",
        [order_id],
    )
    if cursor.rowcount:
        db.execute(
            "UPDATE orders SET state = 'open', opened_at = ?, finished_at = NULL WHERE id = ?",
            [as_text(now), order_id],
        )
    return int(cursor.rowcount)


def queue_due(db: Database, now: datetime) -> Sequence[int]:
    """Put the fetches whose time to try again has come back in the queue; returns their orders. What a run is owed
    is asked for by the next one."""
    rows = list(
        db.query(
            "SELECT DISTINCT order_id FROM fetches WHERE retry_at <= ? AND state = 'failed' AND NOT owing",
            [as_text(now)],
        )
    )
    for row in rows:
        queue_failed(db, row["order_id"], now)
    return [int(row["order_id"]) for row in rows]


def hasten(db: Database, but: Collection[int], now: datetime) -> None:
    """Have fetches be due whose source was switched off for longer, and is on again: it is not among `but`."""
    db.execute(
        """UPDATE fetches SET retry_at = :now WHERE retry_at > :now AND state = 'failed' AND NOT owing
        AND institution NOT IN (SELECT value FROM json_each(:but))
        AND EXISTS (SELECT 1 FROM answers WHERE fetch_id = fetches.id AND failure = 'switched-off')""",
        {"now": as_text(now), "but": json.dumps(list(but))},
    )


def claimants(db: Database) -> Sequence[str]:
    """The processes that hold running fetches."""
    rows = db.query("SELECT DISTINCT claimant FROM fetches WHERE state = 'running' AND claimant IS NOT NULL")
    return [row["claimant"] for row in rows]


def give_back(db: Database, claimant: str) -> int:
    """Queue again what a process held that is no more; returns how many fetches."""
    cursor = db.execute(
        "UPDATE fetches SET state = 'queued', claimant = NULL WHERE state = 'running' AND claimant = ?",
        [claimant],
    )
    return int(cursor.rowcount)


def give_back_some(db: Database, fetch_ids: Iterable[int], claimant: str) -> None:
    """Queue again some of the fetches that a process holds."""
    db.execute(
        """UPDATE fetches SET state = 'queued', claimant = NULL
        WHERE id IN (SELECT value FROM json_each(?)) AND state = 'running' AND claimant = ?""",
        [json.dumps(list(fetch_ids)), claimant],
    )


def order_of(row: dict[str, Any]) -> Order:
    """An order out of its row."""
    return Order(
        id=row["id"],
        person_id=row["person_id"],
        purpose=Purpose(row["purpose"]),
        basis=Basis(row["basis"]),
        placed_at=datetime.fromisoformat(row["placed_at"]),
        placed_by=row["placed_by"],
        placed_from=row["placed_from"],
        state=OrderState(row["state"]),
        opened_at=datetime.fromisoformat(row["opened_at"]),
        finished_at=as_instant(row["finished_at"]),
        application=row["application"],
        case_id=row["case_id"],
        run_id=row["run_id"],
        reason=row["reason"],
        basis_text=row["basis_text"],
    )
