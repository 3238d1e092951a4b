"""Admissions."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlite_utils import Database

from webapp.model import Admission, Season


def admissions(db: Database) -> Sequence[Admission]:
    """All admissions, the latest first."""
    return [_admission(row) for row in db.query("SELECT * FROM admissions ORDER BY year DESC, season, type")]


def admission(db: Database, code: str) -> Admission | None:
    """The admission with this code, or None."""
    return next((_admission(row) for row in db.query("SELECT * FROM admissions WHERE code = ?", [code])), None)


def remember_admission(db: Database, admission: Admission) -> None:
    """Insert an admission, or bring its name, phase and deadline up to date."""
    db.execute(
        """INSERT INTO admissions (code, year, season, type, name, processing_phase, deadline)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET name = excluded.name,
            processing_phase = excluded.processing_phase, deadline = excluded.deadline""",
        [
            admission.code,
            admission.year,
            admission.season.value,
            admission.type,
            admission.name,
            "J" if admission.processing_phase else "N",
            admission.deadline.isoformat() if admission.deadline else None,
        ],
    )


def _admission(row: dict[str, Any]) -> Admission:
    return Admission(
        year=row["year"],
        season=Season(row["season"]),
        type=row["type"],
        name=row["name"],
        processing_phase=row["processing_phase"] == "J",
        deadline=date.fromisoformat(row["deadline"]) if row["deadline"] else None,
    )
