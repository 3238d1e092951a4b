"""Person eksternstudium: what the institutions stand behind, row by row."""

from datetime import date, datetime

from apiflask import APIBlueprint

from webapp.model import Category, ExternalStudy, Season, StoredResult
from webapp.recognition.credits import studiepoeng, total
from webapp.store import results
from webapp.web.api.people import known_person
from webapp.web.api.shapes import InstitutionShape, LeftOutShape, Shape, institution_shape, left_out_shapes
from webapp.web.current import house

routes = APIBlueprint("api_studies", __name__, url_prefix="/api/people/<int:person_id>/studies", tag="Studies")


class TermShape(Shape):
    """A term; `derived` when it was concluded from a date."""

    year: int
    season: Season
    derived: bool


class ExtentShape(Shape):
    """An extent as the institution gave it, and in studiepoeng where the unit can be converted: a vekttall is three."""

    value: float
    unit: str | None
    studiepoeng: float | None


class LevelShape(Shape):
    """A level as the institution gave it; the scheme says how to read the value."""

    scheme: str
    value: str


class ResultShape(Shape):
    """A passed result or an achieved qualification.

    `parent_id`: the row of the same study that it belongs to. `original_institution`: who issued it, where that is
    not the study's institution, as after a merger. `gone_at`: since when the institution no longer reports it.
    `by_hand`: a caseworker wrote it; others are read-only.
    """

    id: int
    parent_id: int | None
    category: Category
    code: str | None
    version: str | None
    name: dict[str, str]
    thesis_title: dict[str, str]
    term: TermShape | None
    date: date | None
    extent: ExtentShape | None
    grade: str | None
    grading_scheme: str | None
    level: LevelShape | None
    nus: str | None
    url: str | None
    original_institution: str | None
    changed_at: datetime | None
    gone_at: datetime | None
    by_hand: bool


class StudyShape(Shape):
    """What one institution stands behind, and what caseworkers wrote there.

    `studiepoeng`: all of it, a qualification and its courses counted once. `changed_at`: when a fetch last changed
    something; `edited_at`: when a caseworker last wrote a row or the note.
    """

    institution: InstitutionShape
    fetched_at: datetime | None
    changed_at: datetime
    created_at: datetime | None
    created_by: str | None
    edited_at: datetime | None
    edited_by: str | None
    note: str
    studiepoeng: float | None
    results: list[ResultShape]
    left_out: list[LeftOutShape]


class Studies(Shape):
    """A person's studies, one of each institution."""

    items: list[StudyShape]


@routes.get("")
@routes.output(Studies)
def listing(person_id: int) -> Studies:
    """A person's external studies with their results, and the rows that were left out."""
    found = results.studies_of(house().store.db, known_person(person_id).id)
    return Studies(items=[study_shape(study) for study in found])


def study_shape(study: ExternalStudy) -> StudyShape:
    """A study as the API gives it."""
    credits = total(study.results)
    return StudyShape(
        institution=institution_shape(study.institution, study.name),
        fetched_at=study.fetched_at,
        changed_at=study.changed_at,
        created_at=study.created_at,
        created_by=study.created_by,
        edited_at=study.edited_at,
        edited_by=study.edited_by,
        note=study.note,
        studiepoeng=None if credits is None else float(credits),
        results=[result_shape(row) for row in study.results],
        left_out=left_out_shapes(study.left_out),
    )


def result_shape(row: StoredResult) -> ResultShape:
    """A result as the API gives it."""
    result = row.result
    return ResultShape(
        id=row.id,
        parent_id=row.parent_id,
        category=result.category,
        code=result.code,
        version=result.version,
        name=dict(result.name),
        thesis_title=dict(result.thesis_title),
        term=TermShape(year=result.term.year, season=result.term.season, derived=result.term.derived)
        if result.term
        else None,
        date=result.date,
        extent=_extent_shape(row),
        grade=result.grade,
        grading_scheme=result.grading_scheme,
        level=LevelShape(scheme=result.level.scheme, value=result.level.value) if result.level else None,
        nus=result.nus,
        url=result.url,
        original_institution=row.original_institution,
        changed_at=row.changed_at,
        gone_at=row.gone_at,
        by_hand=row.by_hand,
    )


def _extent_shape(row: StoredResult) -> ExtentShape | None:
    credits, unit = row.result.credits, row.result.credit_scheme
    if credits is None:
        return None
    converted = studiepoeng(credits, unit)
    return ExtentShape(value=float(credits), unit=unit, studiepoeng=None if converted is None else float(converted))
