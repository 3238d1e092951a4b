"""The three views of docs/database.md as tables, filled from transcripts: a database for those who have none yet."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Column, Connection, Date, Integer, MetaData, Numeric, Table, Text

from webapp.model import Category, LeftOut, Result, Study, Transcript

_LANGUAGES = ("nb", "nn", "en")
_METADATA = MetaData()


def _texts(name: str) -> Iterator[Column[Any]]:
    return (Column(f"{name}_{language}" if language else name, Text) for language in ("", *_LANGUAGES))


def _columns() -> Iterator[Column[Any]]:
    yield Column("person", Text, nullable=False, index=True)
    for name in ("category", "source_key", "part_of"):
        yield Column(name, Text)
    yield Column("position", Integer)
    for name in ("code", "version"):
        yield Column(name, Text)
    yield from _texts("name")
    yield from _texts("thesis_title")
    yield Column("term_year", Integer)
    yield Column("term_season", Text)
    yield Column("date", Date)
    yield Column("credits", Numeric(7, 2, asdecimal=False))
    names = ("credit_scheme", "grade", "grading_scheme", "level_scheme", "level", "nus", "url", "status")
    for name in names:
        yield Column(name, Text)
    yield Column("institution_number", Integer)
    yield from _texts("institution_name")


PEOPLE = Table(
    "shared_people",
    _METADATA,
    Column("person", Text, nullable=False, index=True),
    Column("identifier", Text, primary_key=True),
    Column("given_names", Text),
    Column("family_name", Text),
    Column("birth_date", Date),
)
RESULTS = Table("shared_results", _METADATA, *_columns())
QUALIFICATIONS = Table("shared_qualifications", _METADATA, *_columns())
TABLES = (PEOPLE, RESULTS, QUALIFICATIONS)


def create_tables(connection: Connection) -> None:
    """Makes the tables where they are not there."""
    _METADATA.create_all(connection)


def put(connection: Connection, transcripts: Iterable[Transcript]) -> None:
    """Adds what transcripts say, each under all numbers of its learner; the first of those must not be there yet."""
    people: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    qualifications: list[dict[str, Any]] = []
    for transcript in transcripts:
        learner = transcript.learner
        person = f"P{learner.national_identifiers[0]}"
        names = {"given_names": learner.given_names, "family_name": learner.family_name}
        people += (
            {"person": person, "identifier": number, **names, "birth_date": learner.birth_date}
            for number in learner.national_identifiers
        )
        for position, row in enumerate(_rows(transcript)):
            of_its_kind = qualifications if row["category"] == Category.QUALIFICATION else results
            of_its_kind.append({"person": person, "position": position, **row})
    for table, rows in ((PEOPLE, people), (RESULTS, results), (QUALIFICATIONS, qualifications)):
        if rows:
            everywhere = dict.fromkeys(column.name for column in table.columns)
            connection.execute(table.insert(), [everywhere | row for row in rows])


def _rows(transcript: Transcript) -> Iterator[dict[str, Any]]:
    for place, study in enumerate(transcript.studies):
        parents = {result.parent for result in study.results}
        keys = [
            result.source_key or (f"{place}-{index}" if index in parents else None)
            for index, result in enumerate(study.results)
        ]
        for key, result in zip(keys, study.results, strict=True):
            part_of = keys[result.parent] if result.parent is not None else None
            yield {"source_key": key, "part_of": part_of, **_row(study, result)}
    yield from (_left_out(row) for row in transcript.left_out)


def _row(study: Study, result: Result) -> dict[str, Any]:
    term, level, institution = result.term, result.level, study.institution
    return {
        "category": result.category.value,
        "code": result.code,
        "version": result.version,
        "term_year": term.year if term else None,
        "term_season": term.season.value if term else None,
        "date": result.date,
        "credits": float(result.credits) if result.credits is not None else None,
        "credit_scheme": result.credit_scheme,
        "grade": result.grade,
        "grading_scheme": result.grading_scheme,
        "level_scheme": level.scheme if level else None,
        "level": level.value if level else None,
        "nus": result.nus,
        "url": result.url,
        "status": "passed",
        "institution_number": institution.number,
        **_by_language("name", result.name),
        **_by_language("thesis_title", result.thesis_title),
        **_by_language("institution_name", institution.name),
    }


def _left_out(row: LeftOut) -> dict[str, Any]:
    return {
        "category": Category.COURSE.value,
        "code": row.code,
        "status": row.reason.value,
        **_by_language("name", row.name),
    }


def _by_language(column: str, text: Any) -> dict[str, str]:
    found = {f"{column}_{language}": text[language] for language in _LANGUAGES if language in text}
    return found | ({column: text["und"]} if "und" in text else {})
