"""Person eksternstudium: external studies, their results and the log of what changed."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from webapp.model import Cause, ChangeKind, ExternalStudy, FieldChange, StoredResult
from webapp.store import as_instant, as_json, as_text, rows_of
from webapp.store.answers import left_out_of
from webapp.store.result_rows import COLUMNS, RESULT, Row, stored_of, values_of

_INSERT = f"""INSERT INTO external_results ({", ".join(COLUMNS)}, created_at, id)
    VALUES ({", ".join("?" for _ in COLUMNS)}, ?, ?)"""
_SET = ", ".join(f"{column} = ?" for column in COLUMNS)
_UPDATE = f"UPDATE external_results SET {_SET}, gone_at = NULL WHERE id = ?"


def results_from(db: Database, person_id: int, source: int) -> Sequence[StoredResult]:
    """All results of a person that came from one source, those no longer reported too."""
    return results_of(db, [person_id], source).get(person_id, [])


def results_of(db: Database, people: Sequence[int], source: int) -> Mapping[int, Sequence[StoredResult]]:
    """All results of some people that came from one source, those no longer reported too, by the person's id; nobody
    is there who has none."""
    rows = rows_of(
        db,
        f"""{RESULT} WHERE person_id IN (SELECT value FROM json_each(?)) AND external_results.source = ?
        ORDER BY external_results.position, external_results.id""",
        [json.dumps(people), source],
    )
    found = defaultdict[int, list[StoredResult]](list)
    for row in rows:
        found[row["person_id"]].append(stored_of(row))
    return found


def studies_at(db: Database, people: Sequence[int]) -> dict[tuple[int, int], int]:
    """The ids of the external studies of some people, by the person's id and the institution's number."""
    sql = "SELECT person_id, institution, id FROM external_studies WHERE person_id IN (SELECT value FROM json_each(?))"
    return {(person, institution): id for person, institution, id in db.execute(sql, [json.dumps(people)])}


def next_ids(db: Database) -> tuple[int, int]:
    """The ids that the next study and the next result get; they hold within the transaction that writes those."""
    study_id, result_id = db.execute(
        """SELECT coalesce((SELECT max(id) FROM external_studies), 0),
            coalesce((SELECT max(id) FROM external_results), 0)"""
    ).fetchone()
    return study_id + 1, result_id + 1


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


def add_studies(
    db: Database, studies: Iterable[tuple[int, int, int, str | None, str | None]], by: str, now: datetime
) -> None:
    """Insert studies of which an institution has just told: the id, the person and the institution of each, and what
    the answer was tagged with and the hash of it as it came."""
    at = as_text(now)
    db.conn.executemany(
        """INSERT INTO external_studies (id, person_id, institution, etag, merged_payload,
            created_by, created_at, changed_at, fetched_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [(*study, by, at, at, at) for study in studies],
    )


def touch(db: Database, studies: Iterable[tuple[int, str | None, str | None, bool]], now: datetime) -> None:
    """Note of studies, by their ids, that the institution answered now: with what its answer was tagged, the hash of it
    as it came, and whether anything changed."""
    db.conn.executemany(
        """UPDATE external_studies SET fetched_at = ?1, etag = ?3, merged_payload = ?4,
            changed_at = CASE WHEN ?5 THEN ?1 ELSE changed_at END WHERE id = ?2""",
        [(as_text(now), *study) for study in studies],
    )


def etag_of(db: Database, person_id: int, institution: int) -> str | None:
    """What the institution's last merged answer about a person was tagged with, or None."""
    rows = db.query(
        "SELECT etag FROM external_studies WHERE person_id = ? AND institution = ?", [person_id, institution]
    )
    return next((row["etag"] for row in rows), None)


def touch_unchanged(db: Database, people: Sequence[int], institution: int, now: datetime) -> None:
    """Note that the institution answered now about these people, and that nothing is new."""
    if not people:
        return
    db.execute(
        """UPDATE external_studies SET fetched_at = ? WHERE institution = ?
        AND person_id IN (SELECT value FROM json_each(?))""",
        [as_text(now), institution, json.dumps(people)],
    )


def write_result(db: Database, study_id: int, source: int | None, row: StoredResult, now: datetime) -> int:
    """Insert a result (`row.id` 0) or bring one up to date; returns its id. A row that was gone is back."""
    values = values_of(study_id, source, row, as_text(now))
    if row.id:
        db.execute(_UPDATE, [*values, row.id])
        return row.id
    cursor = db.execute(_INSERT, [*values, as_text(now), None])
    return int(cursor.lastrowid or 0)


def insert(db: Database, source: int, rows: Iterable[Row], now: datetime) -> None:
    """Insert results under ids of their own, each after the one that it belongs to."""
    at = as_text(now)
    db.conn.executemany(_INSERT, [(*values_of(row.study_id, source, row, at), at, row.id) for row in rows])


def update(db: Database, source: int, rows: Iterable[Row], now: datetime) -> None:
    """Bring results up to date. One that was gone is back."""
    at = as_text(now)
    db.conn.executemany(_UPDATE, [(*values_of(row.study_id, source, row, at), row.id) for row in rows])


def move(db: Database, places: Iterable[tuple[int, int]]) -> None:
    """Give unchanged results, by their ids, their places in the document, which mean nothing but order on the
    screen."""
    db.conn.executemany("UPDATE external_results SET position = ?2 WHERE id = ?1", places)


def rekey(db: Database, keys: Iterable[tuple[int, str, int, str | None, int]]) -> None:
    """Give unchanged results the keys under which their institution tells of them now: of each the id, the key, the
    ordinal, the source's own key and the place in the document."""
    db.conn.executemany(
        "UPDATE external_results SET key = ?2, ordinal = ?3, source_key = ?4, position = ?5 WHERE id = ?1", keys
    )


def mark_gone(db: Database, result_ids: Iterable[int], now: datetime) -> None:
    """Mark results as no longer reported; they stay."""
    db.conn.executemany(
        "UPDATE external_results SET gone_at = ? WHERE id = ?", [(as_text(now), id) for id in result_ids]
    )


def log_changes(
    db: Database,
    person_id: int,
    changes: Iterable[tuple[int, int, ChangeKind, Sequence[FieldChange]]],
    cause: Cause,
    now: datetime,
) -> None:
    """Add lines to the Eksternresultat-logg: for each of some results of a person, by its id and the institution under
    which it stands, what was done to it."""
    at = as_text(now)
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
                as_json([[change.field, change.before, change.after] for change in fields]) if fields else "[]",
                cause.fetch_id,
                cause.notice_id,
                cause.by,
                at,
            )
            for result_id, institution, kind, fields in changes
        ],
    )
