"""Admissions: their names, processing phase and deadline."""

from datetime import date
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import abort
from pydantic import Field, model_validator

from webapp.intake.applying import take_in_admission
from webapp.intake.columns import COLUMNS
from webapp.model import Admission, AdmissionRecord, IntakeKind, Season
from webapp.store import admissions
from webapp.web.api.shapes import Line, Maybe, Shape, YesOrNo
from webapp.web.current import house

routes = APIBlueprint("api_admissions", __name__, url_prefix="/api/admissions", tag="Admissions")


class AdmissionShape(Shape):
    """An admission; `processing_phase` (saksbehandlingsfase): whether the nightly job asks about its applicants."""

    code: str
    year: int
    season: Season
    type: str
    name: str | None
    processing_phase: bool
    deadline: date | None


class Admissions(Shape):
    """All admissions, the latest first."""

    items: list[AdmissionShape]


class AdmissionUpdate(Shape):
    """What is known of an admission. What is absent stays as it is, null takes away what is there.

    A line of a JSON file of admissions is understood too.
    """

    name: Line | None = None
    processing_phase: Maybe[YesOrNo] = None
    deadline: Annotated[Line | None, Field(description="A date, as 2027-03-01.")] = None

    @model_validator(mode="before")
    @classmethod
    def _of_file(cls, given: Any) -> Any:
        return renamed(given, IntakeKind.ADMISSIONS)


@routes.get("")
@routes.output(Admissions)
def listing() -> Admissions:
    """All admissions, the latest first."""
    return Admissions(items=[_shape(admission) for admission in admissions.admissions(house().store.db)])


@routes.get("/<code>")
@routes.output(AdmissionShape)
def show(code: str) -> AdmissionShape:
    """One admission."""
    return _shape(admissions.admission(house().store.db, code) or abort(404))


@routes.put("/<code>")
@routes.input(AdmissionUpdate, arg_name="update")
@routes.output(AdmissionShape)
def put(code: str, update: AdmissionUpdate) -> AdmissionShape:
    """Make an admission, or bring it up to date. The code is written 2027-HØST-NOM: year, term and type."""
    record = AdmissionRecord(code, **texts_of(update, "name", "processing_phase", "deadline"))
    take_in_admission(house().store, house().settings, record, house().clock())
    parts = Admission.parts_of(code) or abort(404)
    return _shape(admissions.admission(house().store.db, Admission(*parts).code) or abort(404))


def renamed(given: Any, kind: IntakeKind) -> Any:
    """An object whose names may be columns of a file, by the names of the API."""
    fields = COLUMNS[kind].fields
    return {fields.get(name, name): value for name, value in given.items()} if isinstance(given, dict) else given


def texts_of(update: Shape, *fields: str) -> dict[str, str]:
    """What was given, as texts of a file: what was absent is left out, null is "", and true is J."""
    texts = {}
    for field in fields:
        if field in update.model_fields_set:
            value = getattr(update, field)
            texts[field] = {True: "J", False: "N", None: ""}.get(value, value)
    return texts


def _shape(admission: Admission) -> AdmissionShape:
    return AdmissionShape(
        code=admission.code,
        year=admission.year,
        season=admission.season,
        type=admission.type,
        name=admission.name,
        processing_phase=admission.processing_phase,
        deadline=admission.deadline,
    )
