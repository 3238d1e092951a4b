"""What lies beside the shelf of the demo network: databases, and folders with files, of those that answer by them."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import mkdtemp

from sqlite_utils import Database

from webapp.demo.build import GENERATED_AT
from webapp.demo.roster import SCHOOLS
from webapp.model import Category, Learner, Result, Study, Text, Transcript
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import read

#: The columns of docs/database.md that the network fills, for results and qualifications alike.
_PEOPLE = {"person": int, "identifier": str, "given_names": str, "family_name": str, "birth_date": str}
_RESULTS = {
    "person": int,
    "source_key": str,
    "part_of": str,
    "position": int,
    "category": str,
    "code": str,
    "version": str,
    **{f"{text}_{language}": str for text in ("name", "thesis_title") for language in ("nb", "nn", "en")},
    "term_year": int,
    "term_season": str,
    "date": str,
    "credits": str,
    "credit_scheme": str,
    "grade": str,
    "grading_scheme": str,
    "level_scheme": str,
    "level": str,
    "nus": str,
    "institution_number": int,
    "institution_name_nb": str,
    "status": str,
}


def lay_beside(shelf_path: Path) -> Path:
    """The folder with `<number>.sqlite` of each institution that answers as a database, and a folder `<number>` of each
    that puts files there; made from the shelf where it is not there yet. Those of other shelves go."""
    folder = shelf_path.parent / f"beside-{shelf_path.stem}"
    if folder.exists():
        return folder
    building = Path(mkdtemp(dir=shelf_path.parent, prefix="building-"))
    shelf = Shelf(shelf_path)
    try:
        for number, school in SCHOOLS.items():
            documents = shelf.documents(number)
            if school.protocol == "database":
                write_database(building / f"{number}.sqlite", ((n, read(elmo)) for n, elmo in documents))
            elif school.protocol == "file":
                (building / str(number)).mkdir()
                for place, (_, elmo) in enumerate(documents, 1):
                    file = building / str(number) / f"resultater-{place:04}.xml"
                    file.write_bytes(elmo)
                    # One that was written this moment is not read yet: it might not be whole.
                    os.utime(file, (GENERATED_AT.timestamp(), GENERATED_AT.timestamp()))
    finally:
        shelf.close()
    for old in shelf_path.parent.glob("beside-*"):
        shutil.rmtree(old)
    building.rename(folder)
    return folder


def write_database(path: Path, held: Iterable[tuple[tuple[str, ...], Transcript]]) -> None:
    """An SQLite database with the views that a database source is asked by (docs/database.md): what is held of each
    person, with the numbers that the person is found by."""
    db = Database(path)
    people, results = db.table("people"), db.table("results")
    people.create(_PEOPLE, pk="identifier")
    results.create(_RESULTS)
    for person, (numbers, transcript) in enumerate(held, 1):
        people.insert_all(_numbers(person, numbers, transcript.learner))
        results.insert_all({column: row.get(column) for column in _RESULTS} for row in _rows(person, transcript))
    people.create_index(["person"])
    results.create_index(["person"])
    db.create_view("shared_people", "SELECT * FROM people")
    db.create_view("shared_results", "SELECT * FROM results WHERE category <> 'KVALIFIKASJON'")
    db.create_view("shared_qualifications", "SELECT * FROM results WHERE category = 'KVALIFIKASJON'")
    db.close()


def _numbers(person: int, numbers: Iterable[str], learner: Learner) -> Iterator[dict[str, object]]:
    for number in numbers:
        yield {
            "person": person,
            "identifier": number,
            "given_names": learner.given_names,
            "family_name": learner.family_name,
            "birth_date": learner.birth_date.isoformat() if learner.birth_date else None,
        }


def _rows(person: int, transcript: Transcript) -> Iterator[dict[str, object]]:
    position = 0
    for study in transcript.studies:
        for result in study.results:
            position += 1
            yield _row(study, result) | {"person": person, "position": position}
    for row in transcript.left_out:
        position += 1
        yield _texts("name", row.name) | {
            "person": person,
            "position": position,
            "category": Category.COURSE.value,
            "code": row.code,
            "status": row.reason.value,
        }


def _row(study: Study, result: Result) -> dict[str, object]:
    above = study.results[result.parent] if result.parent is not None else None
    return (
        {
            "source_key": result.source_key or _key(result),
            "part_of": (above.source_key or _key(above)) if above else None,
            "category": result.category.value,
            "code": result.code,
            "version": result.version,
            "term_year": result.term.year if result.term else None,
            "term_season": result.term.season.value if result.term else None,
            "date": result.date.isoformat() if result.date else None,
            "credits": f"{result.credits:f}" if result.credits is not None else None,
            "credit_scheme": result.credit_scheme,
            "grade": result.grade,
            "grading_scheme": result.grading_scheme,
            "level_scheme": result.level.scheme if result.level else None,
            "level": result.level.value if result.level else None,
            "nus": result.nus,
            "institution_number": study.institution.number,
            "institution_name_nb": study.institution.name.get("nb"),
            "status": "passed",
        }
        | _texts("name", result.name)
        | _texts("thesis_title", result.thesis_title)
    )


def _key(result: Result) -> str:
    when = f"{result.term.year}{result.term.season}" if result.term else str(result.date or "")
    return f"{result.category}:{result.code}:{when}"


def _texts(column: str, text: Text) -> dict[str, object]:
    return {f"{column}_{language}": value for language, value in text.items()}
