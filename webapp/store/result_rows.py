"""A result between its row in the table and the model."""

import json
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from webapp.model import Category, Level, Result, Season, StoredResult, Term, Text
from webapp.store import as_instant, as_json

#: A result with what stands in other tables; stored_of makes it of a row.
RESULT = """SELECT external_results.*, parents.key AS parent_key, institution, person_id
    FROM external_results JOIN external_studies ON external_studies.id = external_results.study_id
    LEFT JOIN external_results AS parents ON parents.id = external_results.parent_id"""

#: The columns that values_of fills, in its order.
COLUMNS = [
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


class Row(NamedTuple):
    """A result on its way into the table, under the id that it has or gets there, and that of its study."""

    id: int
    study_id: int
    key: str
    ordinal: int
    position: int
    result: Result
    parent_id: int | None
    original_institution: str | None


def values_of(study_id: int, source: int | None, row: StoredResult | Row, at: str) -> tuple[Any, ...]:
    """What stands in the columns of a result below a study that a source tells of (None: by hand), changed at `at`."""
    result = row.result
    term, level = result.term, result.level
    return (
        study_id,
        source,
        row.key,
        row.ordinal,
        row.parent_id,
        row.position,
        result.category.value,
        result.code,
        result.version,
        _names(result.name),
        _names(result.thesis_title),
        term.year if term else None,
        term.season.value if term else None,
        int(term.derived) if term else None,
        result.date.isoformat() if result.date else None,
        f"{result.credits:f}" if result.credits is not None else None,
        result.credit_scheme,
        result.grade,
        result.grading_scheme,
        level.scheme if level else None,
        level.value if level else None,
        result.nus,
        result.url,
        result.source_key,
        row.original_institution,
        at,
    )


def _names(text: Text) -> str:
    return _names_of(tuple(text.items())) if text else "{}"


@lru_cache(maxsize=1024)  # many take the same course
def _names_of(items: tuple[tuple[str, str], ...]) -> str:
    return as_json(dict(items))


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
