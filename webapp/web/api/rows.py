"""Rows by hand and notes: what caseworkers write into Person eksternstudium."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, abort, url_for
from pydantic import AfterValidator, Field

from webapp.errors import N_
from webapp.fetching.by_hand import (
    CREDIT_SCHEMES,
    WrongRow,
    change_by_hand,
    note_on_study,
    remove_by_hand,
    write_by_hand,
)
from webapp.model import Category, Level, Result, RowByHand, Season, StoredResult, Term
from webapp.store import by_hand, results
from webapp.web.api.people import known_person
from webapp.web.api.problems import Unprocessable
from webapp.web.api.shapes import Day, Id, Line, Maybe, Prose, Shape, refuse
from webapp.web.api.studies import ResultShape, StudyShape, result_shape, study_shape
from webapp.web.current import caseworker, house
from webapp.web.traced import about

routes = APIBlueprint("api_rows", __name__, url_prefix="/api", tag="Rows by hand")

#: Where in the body the fields of a row stand that its checks speak of.
_POINTERS = {
    "name": "name/nb",
    "name_en": "name/en",
    "thesis": "thesis_title/nb",
    "thesis_en": "thesis_title/en",
    "level": "level/value",
    "term_year": "term/year",
    "credits": "extent/value",
    "credit_scheme": "extent/unit",
    "parent": "parent_id",
}


def _hundredths(value: float) -> float:
    if round(value, 2) != value:
        raise refuse(N_("Skriv tallet med høyst to desimaler."))
    return value


class NameByHand(Shape):
    """A text in Norwegian, English or both."""

    nb: Maybe[Line] = None
    nn: Maybe[Line] = None
    en: Maybe[Line] = None


class TermByHand(Shape):
    """A term."""

    year: Annotated[int, Field(strict=True, ge=1, le=9999)]
    season: Season


class ExtentByHand(Shape):
    """An extent in studiepoeng or vekttall."""

    value: Annotated[float, Field(strict=True, ge=0, le=1000, allow_inf_nan=False), AfterValidator(_hundredths)]
    unit: Literal[CREDIT_SCHEMES]  # type: ignore[valid-type]  # said once, where rows are checked


class LevelByHand(Shape):
    """A level by some scheme."""

    scheme: Line
    value: Line


class ResultByHand(Shape):
    """A row as a caseworker writes it. `parent_id`: the qualification of the same study that it belongs to."""

    parent_id: Id | None = None
    category: Category
    code: Line | None = None
    version: Line | None = None
    name: NameByHand
    thesis_title: NameByHand = NameByHand()
    term: TermByHand | None = None
    date: Day | None = None
    extent: ExtentByHand | None = None
    grade: Line | None = None
    grading_scheme: Line | None = None
    level: LevelByHand | None = None
    nus: Line | None = None

    def row(self, institution: int) -> RowByHand:
        """The same as it is written."""
        term, extent, level = self.term, self.extent, self.level
        result = Result(
            category=self.category,
            code=self.code or None,
            version=self.version or None,
            name=self.name.model_dump(exclude_none=True),
            thesis_title=self.thesis_title.model_dump(exclude_none=True),
            term=Term(term.year, term.season) if term else None,
            date=self.date,
            credits=Decimal(str(extent.value)) if extent else None,
            credit_scheme=extent.unit if extent else None,
            grade=self.grade or None,
            grading_scheme=self.grading_scheme or None,
            level=Level(level.scheme, level.value) if level else None,
            nus=self.nus or None,
        )
        return RowByHand(institution, result, self.parent_id)


class Note(Shape):
    """A note (Merknad) on an institution's row."""

    note: Prose


@routes.put("/people/<int:person_id>/studies/<int:institution>/note")
@routes.input(Note, arg_name="wanted")
@routes.output(StudyShape)
def note(person_id: int, institution: int, wanted: Note) -> StudyShape:
    """Write the note on a person's row of an institution; an empty one takes it away."""
    known_person(person_id)
    note_on_study(house().store, person_id, institution, wanted.note, caseworker(), house().clock())
    studies = results.studies_of(house().store.db, person_id)
    return next((study_shape(each) for each in studies if each.institution == institution), None) or abort(404)


@routes.post("/people/<int:person_id>/studies/<int:institution>/results")
@routes.input(ResultByHand, arg_name="wanted")
@routes.output(ResultShape, 201, description="The row, written")
def write(person_id: int, institution: int, wanted: ResultByHand) -> Any:
    """Write a row by hand."""
    known_person(person_id)
    with _pointed_at():
        row = wanted.row(institution)
        result_id = write_by_hand(house().store, person_id, row, caseworker(), house().clock())
    return result_shape(_known(result_id)), 201, {"Location": url_for("api_rows.show", result_id=result_id)}


@routes.get("/results/<int:result_id>")
@routes.output(ResultShape)
def show(result_id: int) -> ResultShape:
    """One result, fetched or by hand."""
    return result_shape(_known(result_id))


@routes.put("/results/<int:result_id>")
@routes.input(ResultByHand, arg_name="wanted")
@routes.output(ResultShape)
def change(result_id: int, wanted: ResultByHand) -> ResultShape:
    """Write a row by hand anew. Those that were fetched are read-only."""
    with _pointed_at():
        row = wanted.row(_known(result_id).institution)
        change_by_hand(house().store, result_id, row, caseworker(), house().clock())
    return result_shape(_known(result_id))


@routes.delete("/results/<int:result_id>")
@routes.output({}, 204, description="Removed; the log keeps it")
def remove(result_id: int) -> Response:
    """Remove a row by hand."""
    _known(result_id)
    remove_by_hand(house().store, result_id, caseworker(), house().clock())
    return Response(status=204)


@contextmanager
def _pointed_at() -> Iterator[None]:
    """Tell what is wrong with a row at the fields of the body."""
    try:
        yield
    except WrongRow as wrong:
        raise Unprocessable(
            *((refusal, f"#/{_POINTERS.get(field, field)}") for field, refusal in wrong.fields.items())
        ) from wrong


def _known(result_id: int) -> StoredResult:
    found = by_hand.row(house().store.db, result_id)
    if found is None or (found[1].by_hand and found[1].gone_at is not None):
        abort(404)
    about(found[0])
    return found[1]
