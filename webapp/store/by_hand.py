"""What caseworkers write into Person eksternstudium: rows by hand and the note on an institution."""

from datetime import datetime

from sqlite_utils import Database

from webapp.model import StoredResult
from webapp.store import as_text
from webapp.store.result_rows import RESULT, stored_of


def row(db: Database, result_id: int) -> tuple[int, StoredResult] | None:
    """The person whom a result is about, and the result, fetched or by hand; None when there is none."""
    found = db.query(f"{RESULT} WHERE external_results.id = ?", [result_id])
    return next(((each["person_id"], stored_of(each)) for each in found), None)


def parents(db: Database, person_id: int, institution: int | None = None) -> list[StoredResult]:
    """The qualifications of a person, at one institution or all, that a row by hand may belong to."""
    rows = db.query(
        f"""{RESULT} WHERE person_id = :person AND (:institution IS NULL OR institution = :institution)
            AND external_results.category = 'KVALIFIKASJON'
            AND external_results.gone_at IS NULL ORDER BY external_results.source IS NULL, external_results.position,
            external_results.id""",
        {"person": person_id, "institution": institution},
    )
    return [stored_of(each) for each in rows]


def has_rows_below(db: Database, result_id: int) -> bool:
    """Whether rows that were not removed belong to a row."""
    rows = db.query("SELECT 1 FROM external_results WHERE parent_id = ? AND gone_at IS NULL LIMIT 1", [result_id])
    return any(True for _ in rows)


def place_after(db: Database, study_id: int) -> int:
    """The position of the next row by hand of a study."""
    rows = db.query(
        "SELECT coalesce(max(position), -1) + 1 AS place FROM external_results WHERE study_id = ? AND source IS NULL",
        [study_id],
    )
    return int(next(iter(rows))["place"])


def sign(db: Database, result_id: int, by: str) -> None:
    """Note who last wrote a row by hand."""
    db.execute("UPDATE external_results SET changed_by = ? WHERE id = ?", [by, result_id])


def mark_edited(db: Database, person_id: int, institution: int, by: str, now: datetime) -> None:
    """Note that a caseworker wrote something in the institution's row, and when."""
    db.execute(
        "UPDATE external_studies SET edited_at = ?, edited_by = ? WHERE person_id = ? AND institution = ?",
        [as_text(now), by, person_id, institution],
    )


def write_note(db: Database, person_id: int, institution: int, note: str) -> bool:
    """Put a note on the institution's row; False when there is no such row."""
    cursor = db.execute(
        "UPDATE external_studies SET note = ? WHERE person_id = ? AND institution = ?", [note, person_id, institution]
    )
    return bool(cursor.rowcount)
