"""Endringer: the notices as a worklist, with what changed, whose it is, and where."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from webapp.model import CaseStatus, CaseType, Category, ChangeKind, FieldChange, Text
from webapp.store import as_instant
from webapp.store.applications import LATEST_FIRST
from webapp.store.listing import Condition, Day, ListQuery, PeopleNamed

#: So many changes of a notice are told in the list, and so many applications and cases of its person.
MOST_TOLD = 5
MOST_LINKED = 3

_CHANGES = f"""SELECT json_group_array(json_array(kind, fields, category, code, names)) FROM (
    SELECT kind, fields, category, code, names FROM result_changes
    JOIN external_results ON external_results.id = result_id WHERE notice_id = notices.id
    ORDER BY category <> 'KVALIFIKASJON', result_changes.id LIMIT {MOST_TOLD})"""
_INSTITUTIONS = """SELECT json_group_array(json(names)) FROM (
    SELECT names FROM notice_institutions JOIN institutions ON number = institution
    WHERE notice_id = notices.id ORDER BY names ->> 'nb')"""
_APPLICATIONS = f"""SELECT json_group_array(json_array(applicant_number, admission)) FROM (
    SELECT applicant_number, admission FROM applications WHERE applications.person_id = notices.person_id
    ORDER BY {LATEST_FIRST} LIMIT {MOST_LINKED})"""
_CASES = f"""SELECT json_group_array(json_array(id, type, status)) FROM (
    SELECT id, type, status FROM cases WHERE cases.person_id = notices.person_id
    ORDER BY id DESC LIMIT {MOST_LINKED})"""

#: Endringer: the notices that nobody has seen, with what of them is told. The index is named, because what is told of a
#: row costs more than to pass over a row that a filter leaves out: only rows that are shown are to be told of.
UNSEEN = ListQuery(
    select=f"""notices.*, given_names, family_name, protected_address, ({_CHANGES}) AS told,
        ({_INSTITUTIONS}) AS institutions, ({_APPLICATIONS}) AS applications, ({_CASES}) AS cases,
        (SELECT count(*) FROM result_changes WHERE notice_id = notices.id) AS changes""",
    source="notices INDEXED BY notices_unseen_by_time CROSS JOIN people ON people.id = notices.person_id",
    key="notices.id",
    orders={"when": "raised_at"},
    conditions={
        "name": PeopleNamed("+notices.person_id"),
        "admission": Condition("+notices.person_id IN (SELECT person_id FROM applications WHERE admission = :value)"),
        "responsible": Condition("+notices.person_id IN (SELECT person_id FROM cases WHERE responsible = :value)"),
        "institution": Condition(
            "+notices.id IN (SELECT notice_id FROM notice_institutions WHERE institution = CAST(:value AS INTEGER))"
        ),
        "raised_from": Day("raised_at >= :value"),
    },
    always="seen_at IS NULL",
)
#: The notices that somebody has seen.
SEEN = replace(
    UNSEEN,
    source="notices INDEXED BY notices_by_time CROSS JOIN people ON people.id = notices.person_id",
    always="seen_at IS NOT NULL",
)


@dataclass(frozen=True)
class Told:
    """One change that a notice tells: of which result, what became of it, and in which fields."""

    kind: ChangeKind
    fields: tuple[FieldChange, ...]
    category: Category
    code: str | None
    name: Text


@dataclass(frozen=True)
class Notice:
    """A line of Endringer. `told` are the first of `changes` changes; `applications` are applicant number and
    admission, `cases` id, type and status, the latest first."""

    id: int
    person_id: int
    given_names: str | None
    family_name: str | None
    raised_at: datetime
    seen_at: datetime | None
    seen_by: str | None
    told: tuple[Told, ...]
    changes: int
    institutions: tuple[Text, ...]
    applications: tuple[tuple[str, str], ...]
    cases: tuple[tuple[int, CaseType, CaseStatus], ...]


def notice_of(row: dict[str, Any]) -> Notice:
    """A notice out of its row of the lists."""
    return Notice(
        id=row["id"],
        person_id=row["person_id"],
        given_names=row["given_names"],
        family_name=row["family_name"],
        raised_at=datetime.fromisoformat(row["raised_at"]),
        seen_at=as_instant(row["seen_at"]),
        seen_by=row["seen_by"],
        told=tuple(_told(*each) for each in json.loads(row["told"])),
        changes=row["changes"],
        institutions=tuple(json.loads(row["institutions"])),
        applications=tuple((number, admission) for number, admission in json.loads(row["applications"])),
        cases=tuple((id, CaseType(type), CaseStatus(status)) for id, type, status in json.loads(row["cases"])),
    )


def _told(kind: str, fields: str, category: str, code: str | None, names: str) -> Told:
    changed = tuple(FieldChange(*field) for field in json.loads(fields))
    return Told(ChangeKind(kind), changed, Category(category), code, json.loads(names))
