"""Eksternresultat-logg: what became of every result, when and by whom."""

import json
from dataclasses import replace
from typing import Any

from webapp.model import FieldChange
from webapp.store.listing import Condition, Day, ListQuery, PeopleNamed

#: The log. Tables are joined in this order, so that only lines that are shown are looked up in the others; an index
#: stands behind each filter that few lines pass.
LIST = ListQuery(
    select="""result_changes.*, category, code, version, external_results.names,
        institutions.names AS institution_names, given_names, family_name, protected_address""",
    source="""result_changes
        CROSS JOIN external_results ON external_results.id = result_id
        CROSS JOIN institutions ON number = result_changes.institution
        CROSS JOIN people ON people.id = result_changes.person_id""",
    key="result_changes.id",
    orders={"when": "result_changes.changed_at"},
    conditions={
        "name": PeopleNamed("result_changes.person_id"),
        "person": Condition("result_changes.person_id = CAST(:value AS INTEGER)"),
        "institution": Condition("result_changes.institution = CAST(:value AS INTEGER)"),
        "caseworker": Condition("result_changes.changed_by = :value"),
        "from": Day("result_changes.changed_at >= :value"),
        "to": Day("result_changes.changed_at < :end"),
        "kind": Condition("result_changes.kind = :value"),
    },
)


def of_person(person_id: int, institution: int | None = None) -> ListQuery:
    """The log of one person, or of one institution's row of a person."""
    always = f"result_changes.person_id = {int(person_id)}"
    if institution is not None:
        always += f" AND result_changes.institution = {int(institution)}"
    return replace(LIST, always=always)


def fields_of(row: dict[str, Any]) -> list[FieldChange]:
    """In which fields a line of the log says that its result changed."""
    return [FieldChange(*field) for field in json.loads(row["fields"])]
