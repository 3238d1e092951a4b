"""A file of applications or admissions, whatever its form, read row by row and taken in."""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.intake.applying import take_in_admissions, take_in_applications
from webapp.intake.columns import COLUMNS, Columns
from webapp.intake.csv_rows import csv_rows
from webapp.intake.encoding import encoding_of
from webapp.intake.json_rows import json_rows
from webapp.model import AdmissionRecord, ApplicationRecord, Complaint, IntakeKind, Report
from webapp.store import Store

#: How much of the work is done when all has been read; the rest is writing.
READING_SHARE = 0.8


def import_file(
    store: Store,
    settings: Settings,
    kind: IntakeKind,
    path: Path,
    now: datetime,
    *,
    dry_run: bool = False,
    on_progress: Callable[[float], None] = lambda done: None,
) -> Report:
    """Take in a file, or nothing of it when something is wrong anywhere; a report says which.

    `on_progress` hears now and then how much is done, from 0 to 1; what it raises ends all with nothing written.
    """
    try:
        encoding = encoding_of(path)
        with path.open("rb") as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
            size = path.stat().st_size
            rows = _rows(text, COLUMNS[kind])

            def on_batch() -> None:
                on_progress(READING_SHARE * file.tell() / size)

            if kind is IntakeKind.ADMISSIONS:
                records = (row if isinstance(row, Complaint) else (row[0], AdmissionRecord(**row[1])) for row in rows)
                return _not_empty(take_in_admissions(store, settings, records, now, dry_run=dry_run))
            given = (row if isinstance(row, Complaint) else (row[0], _application(row[1])) for row in rows)
            return _not_empty(take_in_applications(store, settings, given, now, dry_run=dry_run, on_batch=on_batch))
    except Refusal as refusal:
        complaint = Complaint(0, "", refusal.sentence, refusal.values)
        return Report(rows=0, dry_run=dry_run, complaints=(complaint,), complaint_count=1)


def _rows(text: io.TextIOWrapper, columns: Columns) -> Iterator[tuple[int, dict[str, str]] | Complaint]:
    """JSON begins with a bracket or a brace; all else is CSV."""
    begins = text.read(1)
    while begins.isspace():
        begins = text.read(1)
    text.seek(0)
    return json_rows(text, columns) if begins in ("[", "{") else csv_rows(text, columns)


def _application(fields: Mapping[str, str]) -> ApplicationRecord:
    # A file has no column of alternatives, the one field that is not text.
    return ApplicationRecord(**fields)  # type: ignore[arg-type]


def _not_empty(report: Report) -> Report:
    if report.rows:
        return report
    complaint = Complaint(0, "", "Filen har ingen rader under overskriften.", {})
    return replace(report, complaints=(complaint,), complaint_count=1)
