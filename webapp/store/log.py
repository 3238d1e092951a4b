"""Eksternresultat-logg: what became of every result, when and by whom."""

import json
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from webapp.model import FieldChange
from webapp.names import fold
from webapp.store.listing import Condition, Day, ListQuery

#: More words than this narrow a name no further.
_WORDS = 4


@dataclass(frozen=True)
class _PeopleNamed(Condition):
    """The people whose name has every word of what was typed at the beginning of one of its words.

    They are found first, and then their lines: of a million lines the name may be in none.
    """

    sql: str = "result_changes.person_id IN (SELECT id FROM people WHERE {})".format(
        " AND ".join(f"(' ' || folded_name) LIKE :word{place}" for place in range(_WORDS))
    )

    def values(self, typed: str, zone: ZoneInfo) -> dict[str, object]:
        """A pattern for each word; what is left over fits everybody, and what folds to nothing fits nobody."""
        words = [f"% {word}%" for word in fold(typed).split()[:_WORDS]] or [""]
        return {f"word{place}": words[place] if place < len(words) else "%" for place in range(_WORDS)}


#: The log. Tables are joined in this order, so that only lines that are shown are looked up in the others; an index
#: stands behind each filter that few lines pass.
LIST = ListQuery(
    select="""result_changes.*, category, code, version, external_results.names,
        institutions.names AS institution_names, given_names, family_name""",
    source="""result_changes
        CROSS JOIN external_results ON external_results.id = result_id
        CROSS JOIN institutions ON number = result_changes.institution
        CROSS JOIN people ON people.id = result_changes.person_id""",
    key="result_changes.id",
    orders={"when": "result_changes.changed_at"},
    conditions={
        "name": _PeopleNamed(),
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
