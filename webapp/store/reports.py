"""Meldt nye resultater: what people have reported, and the order that took each report."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from webapp.model import NewResultsReport, OrderState
from webapp.store import as_instant, as_text

_REPORT = "SELECT reports.*, orders.state AS order_state FROM reports LEFT JOIN orders ON orders.id = order_id"


def report(db: Database, report_id: int) -> NewResultsReport | None:
    """The report with this id, or None."""
    return next((_report(row) for row in db.query(f"{_REPORT} WHERE reports.id = ?", [report_id])), None)


def reports_of(db: Database, person_id: int) -> Sequence[NewResultsReport]:
    """All reports of a person, the newest first."""
    rows = db.query(f"{_REPORT} WHERE person_id = ? ORDER BY reports.id DESC", [person_id])
    return [_report(row) for row in rows]


def open_report(db: Database, person_id: int, application: str | None, case_id: int | None) -> NewResultsReport | None:
    """The report on this application, this case or the person alone that no order has taken yet, or None."""
    where = "person_id = ? AND settled_at IS NULL AND reports.application IS ? AND reports.case_id IS ?"
    rows = db.query(f"{_REPORT} WHERE {where}", [person_id, application, case_id])
    return next((_report(row) for row in rows), None)


def add(db: Database, wish: NewResultsReport) -> int:
    """Write a new, open report and return its id; `wish.id` is passed over."""
    cursor = db.execute(
        """INSERT INTO reports (person_id, application, case_id, reported_at, registered_by, place)
        VALUES (?, ?, ?, ?, ?, ?)""",
        [
            wish.person_id,
            wish.application,
            wish.case_id,
            as_text(wish.reported_at),
            wish.registered_by,
            wish.place,
        ],
    )
    return int(cursor.lastrowid or 0)


def withdraw(db: Database, report_id: int) -> bool:
    """Take a report back; False when there is none that is open."""
    cursor = db.execute("DELETE FROM reports WHERE id = ? AND settled_at IS NULL", [report_id])
    return bool(cursor.rowcount)


def settle(db: Database, person_id: int, order_id: int, now: datetime) -> None:
    """An order asks about the person now: it takes whatever the person has reported."""
    db.execute(
        "UPDATE reports SET order_id = ?, settled_at = ? WHERE person_id = ? AND settled_at IS NULL",
        [order_id, as_text(now), person_id],
    )


def _report(row: dict[str, Any]) -> NewResultsReport:
    return NewResultsReport(
        id=row["id"],
        person_id=row["person_id"],
        application=row["application"],
        case_id=row["case_id"],
        reported_at=datetime.fromisoformat(row["reported_at"]),
        registered_by=row["registered_by"],
        place=row["place"],
        order_id=row["order_id"],
        settled_at=as_instant(row["settled_at"]),
        order_state=OrderState(row["order_state"]) if row["order_state"] else None,
    )
