"""What was done to the sources, when and by whom."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from webapp.model import FieldChange, SourceChange, SourceChangeKind
from webapp.store import as_text


def keep(db: Database, change: SourceChange) -> None:
    """Write down what was done."""
    fields = [[each.field, each.before, each.after] for each in change.fields]
    db.execute(
        "INSERT INTO source_changes (institution, changed_at, changed_by, kind, fields) VALUES (?, ?, ?, ?, ?)",
        [
            change.institution,
            as_text(change.changed_at),
            change.changed_by,
            change.kind.value,
            json.dumps(fields, ensure_ascii=False),
        ],
    )


def latest(db: Database, limit: int, institution: int | None = None) -> Sequence[SourceChange]:
    """What was done last to a source, or to all of them, the latest first."""
    rows = db.query(
        """SELECT * FROM source_changes WHERE :institution IS NULL OR institution = :institution
        ORDER BY id DESC LIMIT :limit""",
        {"institution": institution, "limit": limit},
    )
    return [
        SourceChange(
            row["institution"],
            datetime.fromisoformat(row["changed_at"]),
            row["changed_by"],
            SourceChangeKind(row["kind"]),
            tuple(FieldChange(*field) for field in json.loads(row["fields"])),
        )
        for row in rows
    ]
