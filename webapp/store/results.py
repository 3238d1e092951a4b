"""Person eksternstudium: external studies, their results and the log of what changed."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlite_utils import Database

from webapp.model import (
    Category,
    Cause,
    ChangeKind,
    ExternalStudy,
    FieldChange,
    Level,
    Result,
    Season,
    StoredResult,
    Term,
)
from webapp.store import as_instant, as_json, as_text, rows_of
from webapp.store.answers import left_out_of

#: A result with what stands in other tables; stored_of makes it of a row.
RESULT = """SELECT external_results.*, parents.key AS parent_key, institution
    FROM external_results JOIN external_studies ON external_studies.id = external_results.study_id
    LEFT JOIN external_results AS parents ON parents.id = external_results.parent_id"""

_COLUMNS = [
    "study_id",
    "source",
    "key",
    "ordinal",
    "parent_id",
    "position",
    "category",
    "code",
    "version",
    "names",
    "thesis_titles",
    "term_year",
    "term_season",
    "term_derived",
    "date",
    "credits",
    "credit_scheme",
    "grade",
    "grading_scheme",
    "level_scheme",
    "level",
    "nus",
    "url",
    "source_key",
    "original_institution",
    "changed_at",
]
_INSERT = (
    f"INSERT INTO external_results ({', '.join(_COLUMNS)}, created_at) VALUES ({', '.join('?' for _ in _COLUMNS)}, ?)"
)
_SET = ", ".join(f"{column} = ?" for column in _COLUMNS)
_UPDATE = f"UPDATE external_results SET {_SET}, gone_at = NULL WHERE id = ?"


def results_from(db: Database, person_id: int, source: int) -> Sequence[StoredResult]:
    """All results of a person that came from one source, those no longer reported too."""
    rows = rows_of(
        db,
        f"""{RESULT} WHERE person_id = ? AND external_results.source = ?
        ORDER BY external_results.position, external_results.id""",
        [person_id, source],
    )
    return [stored_of(row) for row in rows]


def studies_of(db: Database, person_id: int) -> Sequence[ExternalStudy]:
    """A person's external studies by the institution's name, each with its results in document order: those that
    were fetched, then those by hand that were not removed."""
    studies = db.query(
        """SELECT external_studies.*, names, (
            SELECT left_out FROM answers JOIN fetches ON fetches.id = fetch_id
            WHERE answers.person_id = external_studies.person_id AND fetches.institution = external_studies.institution
                AND outcome = 'found' ORDER BY answered_at DESC LIMIT 1) AS left_out
        FROM external_studies JOIN institutions ON number = institution
        WHERE person_id = ? ORDER BY coalesce(names ->> 'nb', names ->> 'nn', names ->> 'en'), institution""",
        [person_id],
    )
    return [
        ExternalStudy(
            id=row["id"],
            institution=row["institution"],
            name=json.loads(row["names"]),
            fetched_at=as_instant(row["fetched_at"]),
            changed_at=datetime.fromisoformat(row["changed_at"]),
            results=tuple(_results_below(db, row["id"])),
            left_out=left_out_of(row["left_out"] or "[]"),
            note=row["note"],
            created_at=as_instant(row["created_at"]),
            created_by=row["created_by"],
            edited_at=as_instant(row["edited_at"]),
            edited_by=row["edited_by"],
        )
        for row in studies
    ]


def _results_below(db: Database, study_id: int) -> Sequence[StoredResult]:
    rows = db.query(
        f"""{RESULT} WHERE external_results.study_id = ? AND NOT (external_results.source IS NULL
            AND external_results.gone_at IS NOT NULL)
        ORDER BY external_results.source IS NULL, external_results.position, external_results.id""",
        [study_id],
    )
    return [stored_of(row) for row in rows]


def study(db: Database, person_id: int, institution: int, by: str, now: datetime) -> int:
    """The id of the row for this person and institution; it is made when it is not there."""
    db.execute(
        """INSERT INTO external_studies (person_id, institution, created_by, created_at, changed_at)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""",
        [person_id, institution, by, as_text(now), as_text(now)],
    )
    sql = "SELECT id FROM external_studies WHERE person_id = ? AND institution = ?"
    return int(db.execute(sql, [person_id, institution]).fetchone()[0])


def touch(
    db: Database,
    person_id: int,
    institution: int,
    now: datetime,
    etag: str | None,
    payload: str | None = None,
    *,
    changed: bool = False,
) -> None:
    """Note that the institution answered now, with what its answer was tagged and the hash of it as it came, and
    whether anything changed."""
    db.execute(
        """UPDATE external_studies SET fetched_at = :now, etag = :etag, merged_payload = :payload,
            changed_at = CASE WHEN :changed THEN :now ELSE changed_at END
        WHERE person_id = :person AND institution = :institution""",
        {
            "now": as_text(now),
            "etag": etag,
            "payload": payload,
            "changed": changed,
            "person": person_id,
            "institution": institution,
        },
    )


def etag_of(db: Database, person_id: int, institution: int) -> str | None:
    """What the institution's last merged answer about a person was tagged with, or None."""
    rows = db.query(
        "SELECT etag FROM external_studies WHERE person_id = ? AND institution = ?", [person_id, institution]
    )
    return next((row["etag"] for row in rows), None)


def touch_unchanged(db: Database, people: Sequence[int], institution: int, now: datetime) -> None:
    """Note that the institution answered now about these people, and that nothing is new."""
    db.execute(
        """UPDATE external_studies SET fetched_at = ? WHERE institution = ?
        AND person_id IN (SELECT value FROM json_each(?))""",
        [as_text(now), institution, json.dumps(people)],
    )


def write_result(db: Database, study_id: int, source: int | None, row: StoredResult, now: datetime) -> int:
    """Insert a result (`row.id` 0) or bring one up to date; returns its id. A row that was gone is back."""
    values = [*_values(study_id, source, row), as_text(now)]
    if row.id:
        db.execute(_UPDATE, [*values, row.id])
        return row.id
    cursor = db.execute(_INSERT, [*values, as_text(now)])
    return int(cursor.lastrowid or 0)


def move(db: Database, result_id: int, position: int) -> None:
    """Give an unchanged result its place in the document, which means nothing but order on the screen."""
    db.execute(
        "UPDATE external_results SET position = ? WHERE id = ? AND position != ?",
        [position, result_id, position],
    )


def rekey(db: Database, result_id: int, key: str, ordinal: int, source_key: str | None, position: int) -> None:
    """Give an unchanged result the key under which its institution tells of it now."""
    db.execute(
        "UPDATE external_results SET key = ?, ordinal = ?, source_key = ?, position = ? WHERE id = ?",
        [key, ordinal, source_key, position, result_id],
    )


def mark_gone(db: Database, result_id: int, now: datetime) -> None:
    """Mark a result as no longer reported; it stays."""
    db.execute("UPDATE external_results SET gone_at = ? WHERE id = ?", [as_text(now), result_id])


def log_changes(
    db: Database,
    person_id: int,
    changes: Iterable[tuple[int, int, ChangeKind, Sequence[FieldChange]]],
    cause: Cause,
    now: datetime,
) -> None:
    """Add lines to the Eksternresultat-logg: for each of some results of a person, by its id and the institution under
    which it stands, what was done to it."""
    db.conn.executemany(
        """INSERT INTO result_changes
            (result_id, person_id, institution, kind, fields, fetch_id, notice_id, changed_by, changed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (
                result_id,
                person_id,
                institution,
                kind.value,
                as_json([[change.field, change.before, change.after] for change in fields]),
                cause.fetch_id,
                cause.notice_id,
                cause.by,
                as_text(now),
            )
            for result_id, institution, kind, fields in changes
        ],
    )


def _values(study_id: int, source: int | None, row: StoredResult) -> list[Any]:
    result = row.result
    return [
        study_id,
        source,
        row.key,
        row.ordinal,
        row.parent_id,
        row.position,
        result.category.value,
        result.code,
        result.version,
        as_json(dict(result.name)),
        as_json(dict(result.thesis_title)),
        result.term.year if result.term else None,
        result.term.season.value if result.term else None,
        int(result.term.derived) if result.term else None,
        result.date.isoformat() if result.date else None,
        f"{result.credits:f}" if result.credits is not None else None,
        result.credit_scheme,
        result.grade,
        result.grading_scheme,
        result.level.scheme if result.level else None,
        result.level.value if result.level else None,
        result.nus,
        result.url,
        result.source_key,
        row.original_institution,
    ]


def stored_of(row: dict[str, Any]) -> StoredResult:
    """A result out of its row."""
    return StoredResult(
        id=row["id"],
        institution=row["institution"],
        key=row["key"],
        ordinal=row["ordinal"],
        position=row["position"],
        result=_result(row),
        parent_id=row["parent_id"],
        parent_key=row["parent_key"],
        original_institution=row["original_institution"],
        changed_at=as_instant(row["changed_at"]),
        gone_at=as_instant(row["gone_at"]),
        by_hand=row["source"] is None,
    )


def _result(row: dict[str, Any]) -> Result:
    has_term = row["term_year"] is not None
    return Result(
        category=Category(row["category"]),
        code=row["code"],
        version=row["version"],
        name=json.loads(row["names"]),
        thesis_title=json.loads(row["thesis_titles"]),
        term=Term(row["term_year"], Season(row["term_season"]), bool(row["term_derived"])) if has_term else None,
        date=date.fromisoformat(row["date"]) if row["date"] else None,
        credits=Decimal(row["credits"]) if row["credits"] is not None else None,
        credit_scheme=row["credit_scheme"],
        grade=row["grade"],
        grading_scheme=row["grading_scheme"],
        level=Level(row["level_scheme"], row["level"]) if row["level"] is not None else None,
        nus=row["nus"],
        url=row["url"],
        source_key=row["source_key"],
    )
