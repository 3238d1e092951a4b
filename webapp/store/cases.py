"""Recognition cases (godkjenningssaker), the results that are part of them, and the list of all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from webapp.model import Case, CaseStatus, CaseType, Inclusion
from webapp.store import as_instant, as_text
from webapp.store.listing import Condition, Day, ListQuery, Prefix, Words

#: What a case must be for the filter "active": neither treated nor withdrawn (Kun aktive in FS).
ACTIVE = "active"

#: What the list of cases can be sorted and filtered by. An index stands behind each order.
LIST = ListQuery(
    select="cases.*, given_names, family_name, protected_address",
    source="cases JOIN people ON people.id = person_id",
    key="cases.id",
    orders={
        "case": "cases.id",
        "name": "cases.folded_name",
        "type": "cases.type",
        "status": "status",
        "applied": "applied_on",
        "place": "place",
        "responsible": "responsible",
        "journal": "journal_number",
        "fetched": "cases.fetched_at",
        "changed": "cases.result_changed_at",
    },
    conditions={
        "case": Condition("cases.id = CAST(:value AS INTEGER) AND :value NOT GLOB '*[^0-9]*'"),
        "name": Words("cases.folded_name"),
        "type": Condition("cases.type = :value"),
        "status": Condition(
            f"""CASE :value WHEN '{ACTIVE}' THEN status NOT IN ('BEHANDLET', 'TRUKKET') ELSE status = :value END"""
        ),
        "applied_from": Condition("applied_on >= :value"),
        "applied_to": Condition("applied_on <= :value"),
        "place": Prefix("place LIKE :value"),
        "responsible": Condition("responsible = :value"),
        "journal": Prefix("journal_number LIKE :value"),
        "fetched_from": Day("cases.fetched_at >= :value"),
        "changed_from": Day("cases.result_changed_at >= :value"),
    },
)

_WRITTEN = ("type", "status", "applied_on", "place", "responsible", "journal_number", "application_text", "note")


def case(db: Database, case_id: int) -> Case | None:
    """The case with this id, or None."""
    return next((case_of(row) for row in db.query("SELECT * FROM cases WHERE id = ?", [case_id])), None)


def cases_of(db: Database, person_id: int) -> Sequence[Case]:
    """A person's cases, the latest applied for first."""
    rows = db.query("SELECT * FROM cases WHERE person_id = ? ORDER BY applied_on DESC, id DESC", [person_id])
    return [case_of(row) for row in rows]


def create(db: Database, wish: Case, by: str, now: datetime) -> int:
    """Write a new case and return its id; `wish.id` and its version are passed over."""
    columns = ["person_id", *_WRITTEN, "created_at", "created_by", "changed_at", "changed_by"]
    cursor = db.execute(
        f"INSERT INTO cases ({', '.join(columns)}) VALUES ({', '.join('?' for _ in columns)})",
        [wish.person_id, *_values(wish), as_text(now), by, as_text(now), by],
    )
    return int(cursor.lastrowid or 0)


def change(db: Database, case_id: int, version: int, wish: Case, by: str, now: datetime) -> bool:
    """Write a case anew on top of the version that was read; False, and nothing written, when it is another now."""
    columns = ", ".join(f"{column} = ?" for column in _WRITTEN)
    cursor = db.execute(
        f"""UPDATE cases SET {columns}, version = version + 1, changed_at = ?, changed_by = ?
        WHERE id = ? AND version = ?""",
        [*_values(wish), as_text(now), by, case_id, version],
    )
    return cursor.rowcount == 1


def inclusions_of(db: Database, case_id: int) -> Sequence[Inclusion]:
    """The results that are part of a case, by their ids, each with who ticked it and when."""
    rows = db.query("SELECT * FROM case_results WHERE case_id = ? ORDER BY result_id", [case_id])
    return [Inclusion(row["result_id"], datetime.fromisoformat(row["included_at"]), row["included_by"]) for row in rows]


def include(db: Database, case_id: int, result_ids: Iterable[int], by: str, now: datetime) -> None:
    """Make results part of a case; one that is so already keeps who ticked it and when."""
    for result_id in result_ids:
        db.execute(
            "INSERT INTO case_results VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [case_id, result_id, as_text(now), by],
        )


def exclude(db: Database, case_id: int, result_ids: Iterable[int]) -> None:
    """Take results out of a case."""
    for result_id in result_ids:
        db.execute("DELETE FROM case_results WHERE case_id = ? AND result_id = ?", [case_id, result_id])


def results_of_person(db: Database, person_id: int) -> frozenset[int]:
    """The ids of all results of a person, which are those that a case about them can have."""
    rows = db.query(
        """SELECT external_results.id FROM external_results
        JOIN external_studies ON external_studies.id = study_id WHERE person_id = ?""",
        [person_id],
    )
    return frozenset(int(row["id"]) for row in rows)


def elsewhere(db: Database, case_id: int) -> Mapping[int, Sequence[Case]]:
    """The person's other cases by the results that are part of them."""
    found: dict[int, list[Case]] = defaultdict(list)
    rows = db.query(
        """SELECT others.*, result_id FROM cases AS this JOIN cases AS others USING (person_id)
        JOIN case_results ON case_id = others.id WHERE this.id = ? AND others.id != this.id ORDER BY others.id""",
        [case_id],
    )
    for row in rows:
        found[row["result_id"]].append(case_of(row))
    return found


def cases_with(db: Database, result_id: int) -> Sequence[Case]:
    """The cases that a result is part of, by their ids."""
    rows = db.query(
        "SELECT cases.* FROM cases JOIN case_results ON case_id = cases.id WHERE result_id = ? ORDER BY cases.id",
        [result_id],
    )
    return [case_of(row) for row in rows]


def responsibles(db: Database) -> Sequence[str]:
    """Everybody who is responsible for a case, by name; one look at the index for each, however many cases."""
    rows = db.query(
        """WITH RECURSIVE found (name) AS (
            SELECT min(responsible) FROM cases WHERE responsible > ''
            UNION ALL SELECT (SELECT min(responsible) FROM cases WHERE responsible > name) FROM found
            WHERE name IS NOT NULL)
        SELECT name FROM found WHERE name IS NOT NULL"""
    )
    return [row["name"] for row in rows]


def case_of(row: dict[str, Any]) -> Case:
    """A case out of its row."""
    return Case(
        id=row["id"],
        person_id=row["person_id"],
        type=CaseType(row["type"]),
        status=CaseStatus(row["status"]),
        applied_on=date.fromisoformat(row["applied_on"]),
        place=row["place"],
        responsible=row["responsible"],
        journal_number=row["journal_number"],
        application_text=row["application_text"],
        note=row["note"],
        version=row["version"],
        created_at=as_instant(row["created_at"]),
        created_by=row["created_by"],
        changed_at=as_instant(row["changed_at"]),
        changed_by=row["changed_by"],
    )


def _values(wish: Case) -> list[str]:
    return [
        wish.type.value,
        wish.status.value,
        wish.applied_on.isoformat(),
        wish.place,
        wish.responsible,
        wish.journal_number,
        wish.application_text,
        wish.note,
    ]
