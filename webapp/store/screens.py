"""What the screens ask for beyond a single table."""

import json
from collections import defaultdict
from collections.abc import Mapping

from sqlite_utils import Database

from webapp.model import ChangeKind, FieldChange


def latest_changes(db: Database, person_id: int) -> Mapping[int, list[tuple[ChangeKind, list[FieldChange]]]]:
    """What the latest fetch that changed something changed in each of a person's studies, by study id."""
    rows = db.query(
        """SELECT external_studies.id AS study, kind, fields FROM external_studies
        JOIN external_results ON study_id = external_studies.id
        JOIN result_changes ON result_id = external_results.id
            AND result_changes.changed_at = external_studies.changed_at AND fetch_id IS NOT NULL
        WHERE external_studies.person_id = ? ORDER BY result_changes.id""",
        [person_id],
    )
    changes: dict[int, list[tuple[ChangeKind, list[FieldChange]]]] = defaultdict(list)
    for row in rows:
        fields = [FieldChange(*field) for field in json.loads(row["fields"])]
        changes[row["study"]].append((ChangeKind(row["kind"]), fields))
    return changes
