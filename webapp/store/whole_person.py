"""Everything that is kept about one person, table by table, for who asks what that is (GDPR art. 15)."""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

_ORDERS = "(SELECT order_id FROM order_people WHERE person_id = :person)"
_MINE = "person_id = :person"
_APPLICATIONS = "(SELECT applicant_number FROM applications WHERE person_id = :person)"
_CASES = "(SELECT id FROM cases WHERE person_id = :person)"
_STUDIES = "(SELECT id FROM external_studies WHERE person_id = :person)"
_NOTICES = "(SELECT id FROM notices WHERE person_id = :person)"
_INVITATIONS = "(SELECT id FROM invitations WHERE person_id = :person)"
_PAYLOADS = "(SELECT payload FROM answers WHERE person_id = :person)"
_TRACED = "(SELECT entry_id FROM trace_people WHERE person_id = :person)"
#: The outcome of an answer about somebody else: what it holds is theirs. One that was accepted has another.
_ABOUT_ANOTHER = "mismatch"


@dataclass(frozen=True)
class Section:
    """The rows of one table. `omitted`: columns that are left out, each with why."""

    table: str
    where: str
    omitted: Mapping[str, str] = field(default_factory=dict)


#: The sections of the file, by name and in their order.
SECTIONS: Mapping[str, Section] = {
    "person": Section("people", "id = :person"),
    "numbers": Section("person_identifiers", _MINE),
    "applications": Section("applications", _MINE),
    "alternatives": Section("application_alternatives", f"application IN {_APPLICATIONS}"),
    "cases": Section("cases", _MINE),
    "case_results": Section("case_results", f"case_id IN {_CASES}"),
    "studies": Section("external_studies", _MINE),
    "results": Section("external_results", f"study_id IN {_STUDIES}"),
    "changes": Section("result_changes", _MINE),
    "notices": Section("notices", _MINE),
    "notice_institutions": Section("notice_institutions", f"notice_id IN {_NOTICES}"),
    "orders": Section("orders", f"id IN {_ORDERS}"),
    "order_people": Section("order_people", _MINE),
    "fetches": Section(
        "fetches",
        f"""order_id IN {_ORDERS} AND :person BETWEEN first_person AND last_person
            AND (people IS NULL OR EXISTS (SELECT 1 FROM json_each(people) WHERE value = :person))""",
        dict.fromkeys(("people", "first_person", "last_person"), "tells of others"),
    ),
    "answers": Section("answers", _MINE),
    "payloads": Section("payloads", f"hash IN {_PAYLOADS}", {"body": "lies beside, in the ZIP"}),
    "deliveries": Section("deliveries", f"order_id IN {_ORDERS}"),
    "uploads": Section("uploads", _MINE, {"body": "lies beside, in the ZIP"}),
    "reports": Section("reports", _MINE),
    "invitations": Section("invitations", _MINE, {"token": "a secret"}),
    "visits": Section("portal_visits", f"invitation_id IN {_INVITATIONS}", {"session": "a secret"}),
    "runs": Section("run_applicants", f"run_id IN (SELECT id FROM runs) AND {_MINE}"),
    "trace": Section(
        "trace",
        f"id IN {_TRACED}",
        {
            "people": "tells of others",
            **dict.fromkeys(("digest", "previous", "hash"), "holds the trace together, and tells of nobody"),
        },
    ),
    "trace_contents": Section(
        "trace_contents",
        f"""entry_id IN {_TRACED}
            AND (SELECT people FROM trace WHERE trace.id = entry_id) = json_array(:person)""",
        {"salt": "holds the trace together, and tells of nobody"},
    ),
}
#: Tables that refer to people, or to what refers to them, and are in no section, each with why.
LEFT_OUT: Mapping[str, str] = {
    "trace_people": "by this the entries of the trace are found",
    "run_sources": "how many, of all in a run",
    "run_admissions": "the admissions of a run",
}
#: Columns that hold JSON.
_JSON = frozenset({"names", "thesis_titles", "fields", "left_out", "findings", "decision", "outcome", "content"})


def whole_person(db: Database, person_id: int) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The rows of each section; instants as they are stored, in UTC, and JSON as values."""
    return {name: list(_rows(db, section, person_id)) for name, section in SECTIONS.items()}


def bodies(db: Database, person_id: int) -> Iterator[tuple[str, bytes]]:
    """The documents about a person, as they came, each with the name that it bears in the ZIP: without what tells of
    somebody else, and was set aside."""
    rows = db.query(
        """SELECT hash, body FROM payloads WHERE hash IN (
            SELECT payload FROM answers WHERE person_id = :person AND outcome <> :another) ORDER BY hash""",
        {"person": person_id, "another": _ABOUT_ANOTHER},
    )
    yield from ((f"answers/{row['hash']}", zlib.decompress(row["body"])) for row in rows)
    rows = db.query("SELECT id, body FROM uploads WHERE person_id = ? ORDER BY id", [person_id])
    yield from ((f"uploads/{row['id']}", zlib.decompress(row["body"])) for row in rows)


def _rows(db: Database, section: Section, person_id: int) -> Iterator[Mapping[str, Any]]:
    table = db.table(section.table)
    columns = [column.name for column in table.columns if column.name not in section.omitted]
    given = ", ".join(f'"{column}"' for column in columns)
    order = ", ".join(f'"{key}"' for key in table.pks)
    sql = f"SELECT {given} FROM {section.table} WHERE {section.where} ORDER BY {order}"
    for row in db.query(sql, {"person": person_id}):
        values = {column: _value(column, value) for column, value in row.items()}
        if section.table == "answers" and values["outcome"] == _ABOUT_ANOTHER:
            values |= {"left_out": [], "findings": []}
        yield values


def _value(column: str, value: Any) -> Any:
    """A JSON column as what it says. Some columns hold a word in one table and JSON in another."""
    if column in _JSON and isinstance(value, str) and value[:1] in ("[", "{"):
        return json.loads(value)
    return value
