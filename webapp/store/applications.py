"""Applications: the consent that stands in them, what is unhandled, and the list of all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from webapp.model import Alternative, Application
from webapp.store import as_instant, as_text
from webapp.store.listing import Condition, Day, ListQuery, Prefix, Words

#: The terms of a year stand in the alphabet as HØST, SOM, VÅR: the latest first.
LATEST_FIRST = "substr(admission, 1, 4) DESC, admission, applicant_number"

#: What the list of applications can be sorted and filtered by. An index stands behind each order.
LIST = ListQuery(
    select="applications.*, given_names, family_name, birth_date, protected_address",
    source="applications JOIN people ON people.id = person_id",
    key="applicant_number",
    orders={
        "applicant_number": "applicant_number",
        "name": "applications.folded_name",
        "admission": "admission",
        "consent": "consent_given_at",
        "fetched": "applications.fetched_at",
        "unhandled": "unhandled",
        "changed": "result_changed_at",
    },
    conditions={
        "applicant_number": Prefix("applicant_number LIKE :value"),
        "name": Words("applications.folded_name"),
        "person_id": Condition("person_id = :value"),
        "admission": Condition("admission = :value"),
        "type": Condition("admission IN (SELECT code FROM admissions WHERE type = :value)"),
        "consent": Condition(
            """CASE :value WHEN 'given' THEN consent_given_at IS NOT NULL AND consent_withdrawn_at IS NULL
            WHEN 'withdrawn' THEN consent_withdrawn_at IS NOT NULL ELSE consent_given_at IS NULL END"""
        ),
        "unhandled": Condition("unhandled = (:value = 'J')"),
        "fetched_from": Day("applications.fetched_at >= :value"),
        "changed_from": Day("result_changed_at >= :value"),
    },
)


def application(db: Database, applicant_number: str) -> Application | None:
    """The application with this applicant number, with its alternatives, or None."""
    rows = db.query("SELECT * FROM applications WHERE applicant_number = ?", [applicant_number])
    return next((application_of(row, _alternatives(db, applicant_number)) for row in rows), None)


def applications_of(db: Database, person_id: int) -> Sequence[Application]:
    """A person's applications, those of the latest admissions first, without their alternatives."""
    rows = db.query(f"SELECT * FROM applications WHERE person_id = ? ORDER BY {LATEST_FIRST}", [person_id])
    return [application_of(row) for row in rows]


def people_of(db: Database, applicant_numbers: Iterable[str]) -> list[int]:
    """The people whose applications these are, by their ids."""
    rows = db.query(
        "SELECT DISTINCT person_id FROM applications WHERE applicant_number IN (SELECT value FROM json_each(?))",
        [json.dumps(list(applicant_numbers))],
    )
    return [int(row["person_id"]) for row in rows]


def latest_applications(db: Database, people: Iterable[int]) -> Mapping[int, Application]:
    """The latest application of each of these people who has applied, by the person's id; without alternatives."""
    rows = db.query(
        f"""SELECT applications.* FROM json_each(?) JOIN applications ON applicant_number = (
            SELECT applicant_number FROM applications WHERE person_id = value ORDER BY {LATEST_FIRST} LIMIT 1)""",
        [json.dumps(list(people))],
    )
    return {row["person_id"]: application_of(row) for row in rows}


def finish(db: Database, applicant_number: str, by: str, now: datetime, seen: datetime | None = None) -> bool:
    """Fullfør: nothing of the application's results is unhandled any more. Returns whether anything was.

    `seen`: when a result last changed as far as the caseworker has seen; a later change is not finished with.
    """
    cursor = db.execute(
        """UPDATE applications SET unhandled = 0, finished_at = :now, finished_by = :by
        WHERE applicant_number = :number AND unhandled AND (:seen IS NULL OR result_changed_at <= :seen)""",
        {"now": as_text(now), "by": by, "number": applicant_number, "seen": as_text(seen) if seen else None},
    )
    return bool(cursor.rowcount)


def set_admitted(db: Database, applicant_number: str, admitted: bool | None) -> None:
    """Note whether an applicant was admitted; None when nobody knows."""
    said = {True: "J", False: "N", None: None}[admitted]
    db.execute("UPDATE applications SET admitted = ? WHERE applicant_number = ?", [said, applicant_number])


def has_consent(db: Database, person_id: int, at: datetime) -> bool:
    """Whether one of the person's applications bears a consent that is given and not withdrawn at that instant."""
    rows = db.query(
        """SELECT 1 FROM applications WHERE person_id = :person AND consent_given_at <= :at
        AND (consent_withdrawn_at IS NULL OR consent_withdrawn_at > :at) LIMIT 1""",
        {"person": person_id, "at": as_text(at)},
    )
    return any(True for _ in rows)


def mark_asked(db: Database, applicant_numbers: Iterable[str], at: datetime) -> None:
    """Note that sources were asked about the people from these applications; what is noted is not written again."""
    db.execute(
        """UPDATE applications SET asked_at = :at WHERE asked_at IS NOT :at
        AND applicant_number IN (SELECT value FROM json_each(:numbers))""",
        {"at": as_text(at), "numbers": json.dumps(list(applicant_numbers))},
    )


def application_of(row: dict[str, Any], alternatives: tuple[Alternative, ...] = ()) -> Application:
    """An application out of its row."""
    return Application(
        applicant_number=row["applicant_number"],
        person_id=row["person_id"],
        admission=row["admission"],
        consent_given_at=as_instant(row["consent_given_at"]),
        consent_withdrawn_at=as_instant(row["consent_withdrawn_at"]),
        unhandled=bool(row["unhandled"]),
        fetched_at=as_instant(row["fetched_at"]),
        result_changed_at=as_instant(row["result_changed_at"]),
        finished_at=as_instant(row["finished_at"]),
        finished_by=row["finished_by"],
        admitted={"J": True, "N": False}.get(row["admitted"]),
        alternatives=alternatives,
        consent_withdrawn_by=row["consent_withdrawn_by"],
        consent_withdrawn_how=row["consent_withdrawn_how"],
    )


def _alternatives(db: Database, applicant_number: str) -> tuple[Alternative, ...]:
    rows = db.query(
        "SELECT priority, code, name FROM application_alternatives WHERE application = ? ORDER BY priority",
        [applicant_number],
    )
    return tuple(Alternative(**row) for row in rows)
