"""A person's rows into a transcript."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from webapp.errors import UnreadableElmo
from webapp.model import Category, Finding, Identifier, Institution, Learner, LeftOut, Result, Season, Study, Transcript
from webapp.sources.database.rows import PersonRow, QualificationRow, ResultRow, Row, institution_of, texts
from webapp.sources.elmo import FindingCode
from webapp.sources.elmo.learners import NATIONAL

_UNREADABLE = "Radene fra databasen lar seg ikke tyde."
_SEASONS = list(Season)


@dataclass(frozen=True)
class _Entry:
    """A row that was understood, and the institution at which it was taken."""

    row: ResultRow
    result: Result
    institution: Institution


def read_rows(payload: bytes) -> Transcript:
    """The transcript in a kept answer of a database. Raises UnreadableElmo when a row cannot be understood: a wrong
    type, an unknown category or status, nothing where there must be something."""
    try:
        return _transcript(json.loads(payload))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # From None: what is wrong with a row holds the row.
        raise UnreadableElmo(_UNREADABLE) from None


def _transcript(said: dict[str, Any]) -> Transcript:
    source = int(said["institution"])
    findings: list[Finding] = []
    entries = [_entry(QualificationRow, row, source, findings) for row in said.get("qualifications", ())]
    entries += [_entry(ResultRow, row, source, findings) for row in said.get("results", ())]
    entries.sort(key=_order)
    kept = [entry for entry in entries if entry.row.reason is None]
    left_out = (
        LeftOut(entry.result.code, entry.result.name, reason) for entry in entries if (reason := entry.row.reason)
    )
    return Transcript(_learner(said["people"]), _studies(kept, source), tuple(left_out), tuple(findings))


def _learner(rows: Sequence[Row]) -> Learner:
    people = [PersonRow.model_validate(row) for row in rows]
    identifiers = dict.fromkeys(Identifier(NATIONAL, person.identifier) for person in people)
    return Learner(
        tuple(identifiers),
        next((person.given_names for person in people if person.given_names), None),
        next((person.family_name for person in people if person.family_name), None),
        next((person.birth_date for person in people if person.birth_date), None),
    )


def _entry(model: type[ResultRow], raw: Row, source: int, findings: list[Finding]) -> _Entry:
    row = model.model_validate(raw)
    said = texts(raw)
    name = said["name"]
    if not name and row.code is None:
        raise ValueError("a row without a code and a name")
    url = row.url
    if url is not None and not url.lower().startswith(("http://", "https://")):
        findings.append(Finding(FindingCode.UNREADABLE_URL, "url", url[:200]))
        url = None
    result = Result(
        category=row.category,
        code=row.code,
        version=row.version,
        name=name,
        thesis_title=said["thesis_title"],
        term=row.term,
        date=row.date,
        credits=row.credits,
        credit_scheme=row.credit_scheme,
        grade=row.grade,
        grading_scheme=row.grading_scheme,
        level=row.study_level,
        nus=row.nus,
        url=url,
        source_key=row.source_key,
    )
    return _Entry(row, result, institution_of(row, said["institution_name"], source))


def _order(entry: _Entry) -> tuple[object, ...]:
    """The source's own order where it tells one; else by time and code, never by chance."""
    row, result = entry.row, entry.result
    term = (row.term_year or 0, _SEASONS.index(row.term_season) if row.term_season else 0)
    day = result.date.isoformat() if result.date else ""
    return (row.position is None, row.position or 0, *term, day, result.code or "")


def _studies(entries: Sequence[_Entry], source: int) -> tuple[Study, ...]:
    """The results by institution, the source's own first; each qualification or group with what is part of it right
    below, then what is loose."""
    by_place: dict[object, list[_Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.institution.number != source):
        by_place[entry.institution.number or str(entry.institution.name)].append(entry)
    return tuple(Study(some[0].institution, tuple(_nested(some))) for some in by_place.values())


def _nested(entries: Sequence[_Entry]) -> list[Result]:
    """The results of one institution, each with the index of what it is part of. Raises ValueError for a ring."""
    holders = _holders(entries)
    parts: dict[int | None, list[int]] = defaultdict(list)
    for place, entry in enumerate(entries):
        parts[holders.get(entry.row.part_of or "")].append(place)
    loose = sorted(parts[None], key=lambda place: entries[place].result.category is not Category.QUALIFICATION)
    results: list[Result] = []
    waiting: list[tuple[int, int | None]] = [(place, None) for place in reversed(loose)]
    while waiting:
        place, parent = waiting.pop()
        waiting.extend((part, len(results)) for part in reversed(parts[place]))
        results.append(replace(entries[place].result, parent=parent))
    if len(results) != len(entries):
        raise ValueError("a row that is part of itself")
    return results


def _holders(entries: Sequence[_Entry]) -> dict[str, int]:
    """The places of those that others can be part of, by key. Qualifications go before groups: keys of two tables may
    well be the same numbers."""
    holders: dict[str, int] = {}
    for kind in (_is_qualification, _is_group):
        for place, entry in enumerate(entries):
            if entry.row.source_key is not None and kind(entry.row):
                holders.setdefault(entry.row.source_key, place)
    return holders


def _is_qualification(row: ResultRow) -> bool:
    return isinstance(row, QualificationRow)


def _is_group(row: ResultRow) -> bool:
    return row.category in (Category.COURSE_GROUP, Category.PARTIAL_STUDIES)
