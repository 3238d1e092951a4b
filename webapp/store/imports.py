"""Files on their way in, so that a screen can follow one and see those before it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlite_utils import Database

from webapp.model import FileImport, ImportState, IntakeKind, Report
from webapp.store import as_instant, as_text

_REPORT = TypeAdapter(Report)


def begin(db: Database, kind: IntakeKind, file_name: str, dry_run: bool, by: str, now: datetime) -> int:
    """Note that a file is to be taken in; returns the import's id."""
    cursor = db.execute(
        """INSERT INTO imports (kind, file_name, dry_run, state, started_by, started_at)
        VALUES (?, ?, ?, ?, ?, ?)""",
        [kind.value, file_name, int(dry_run), ImportState.RUNNING.value, by, as_text(now)],
    )
    return int(cursor.lastrowid or 0)


def tell_progress(db: Database, import_id: int, done: float) -> None:
    """Note how far an import has come, from 0 to 1."""
    db.execute("UPDATE imports SET done = ? WHERE id = ?", [done, import_id])


def finish(db: Database, import_id: int, state: ImportState, report: Report | None, now: datetime) -> None:
    """Note how an import ended."""
    db.execute(
        "UPDATE imports SET state = ?, done = 1.0, report = ?, finished_at = ? WHERE id = ?",
        [state.value, _REPORT.dump_json(report).decode() if report else None, as_text(now), import_id],
    )


def running(db: Database) -> Sequence[int]:
    """The imports that have not ended, in their order."""
    found = db.execute("SELECT id FROM imports WHERE state = ? ORDER BY id", [ImportState.RUNNING.value])
    return [import_id for (import_id,) in found]


def break_off_running(db: Database, now: datetime, but: Sequence[int]) -> None:
    """Note that all imports that run, but some, have been broken off: the process that ran them is no more."""
    for import_id in set(running(db)) - set(but):
        finish(db, import_id, ImportState.BROKEN_OFF, None, now)


def file_import(db: Database, import_id: int) -> FileImport | None:
    """The import with this id, or None."""
    return next((_import(row) for row in db.query("SELECT * FROM imports WHERE id = ?", [import_id])), None)


def latest_imports(db: Database, limit: int) -> Sequence[FileImport]:
    """The latest imports, without their reports."""
    columns = "id, kind, file_name, dry_run, state, done, NULL AS report, started_by, started_at, finished_at"
    return [_import(row) for row in db.query(f"SELECT {columns} FROM imports ORDER BY id DESC LIMIT ?", [limit])]


def _import(row: dict[str, Any]) -> FileImport:
    return FileImport(
        id=row["id"],
        kind=IntakeKind(row["kind"]),
        file_name=row["file_name"],
        dry_run=bool(row["dry_run"]),
        state=ImportState(row["state"]),
        done=row["done"],
        report=_REPORT.validate_json(row["report"]) if row["report"] else None,
        started_by=row["started_by"],
        started_at=datetime.fromisoformat(row["started_at"]),
        finished_at=as_instant(row["finished_at"]),
    )
