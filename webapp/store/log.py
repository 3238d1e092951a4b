"""Eksternresultat-logg: what became of every result, when and by whom."""

import json
from typing import Any

from webapp.model import FieldChange
from webapp.store.listing import Condition, Day, ListQuery, Words

#: The log, the newest first. An index stands behind each filter that few lines pass (schema.result_changes_by_*).
LIST = ListQuery(
    select="""result_changes.*, code, version, external_results.names, institutions.names AS institution_names,
        given_names, family_name""",
    source="""result_changes
        CROSS JOIN external_results ON external_results.id = result_id
        CROSS JOIN institutions ON number = result_changes.institution
        CROSS JOIN people ON people.id = result_changes.person_id""",
    key="result_changes.id",
    orders={"when": "result_changes.changed_at"},
    conditions={
        "person": Condition("result_changes.person_id = :value"),
        "name": Words("folded_name"),
        "institution": Condition("result_changes.institution = :value"),
        "caseworker": Condition("result_changes.changed_by = :value"),
        "from": Day("result_changes.changed_at >= :value"),
        "to": Day("result_changes.changed_at < :end"),
        "kind": Condition("result_changes.kind = :value"),
    },
)


def fields_of(row: dict[str, Any]) -> list[FieldChange]:
    """In which fields a line of the log says that its result changed."""
    return [FieldChange(*field) for field in json.loads(row["fields"])]
