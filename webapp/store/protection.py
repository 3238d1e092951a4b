"""Whose address is protected: what stands behind a name in an address, and whether it may be shown."""

import json
from collections.abc import Mapping, Sequence

from sqlite_utils import Database

#: The person behind each name that an address can have: SQL for the ids, with :value in it. What a run did is about
#: many, and an address that means it names the person too.
BEHIND: Mapping[str, str] = {
    "person_id": "SELECT :value",
    "applicant_number": "SELECT person_id FROM applications WHERE applicant_number = :value",
    "case_id": "SELECT person_id FROM cases WHERE id = :value",
    "order_id": """SELECT person_id FROM order_people JOIN orders ON orders.id = order_id
        WHERE order_id = :value AND run_id IS NULL""",
    "fetch_id": """SELECT person_id FROM fetches JOIN orders ON orders.id = fetches.order_id AND run_id IS NULL
        JOIN order_people ON order_people.order_id = orders.id WHERE fetches.id = :value""",
    "result_id": """SELECT person_id FROM external_results JOIN external_studies ON external_studies.id = study_id
        WHERE external_results.id = :value""",
    "report_id": "SELECT person_id FROM reports WHERE id = :value",
    "notice_id": "SELECT person_id FROM notices WHERE id = :value",
}
#: The column of a list that says whether a row is about somebody whose address is protected.
PROTECTED = "(SELECT protected_address FROM people WHERE people.id = {person}) AS protected_address"


def is_protected(db: Database, named: Mapping[str, object]) -> bool:
    """Whether any of these, by the names of BEHIND, is about somebody whose address is protected."""
    return any(
        db.execute(
            f"SELECT 1 FROM people WHERE protected_address AND id IN ({BEHIND[name]})", {"value": value}
        ).fetchone()
        for name, value in named.items()
        if name in BEHIND
    )


def unprotected(db: Database, people: Sequence[int]) -> list[int]:
    """Those of these people whose address is not protected, by their ids."""
    rows = db.execute(
        "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM people WHERE protected_address)",
        [json.dumps(people)],
    )
    return [person_id for (person_id,) in rows]
