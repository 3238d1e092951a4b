"""Runs of FS154.001: what each did, what came from whom, and its order log."""

from datetime import datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import abort
from pydantic import Field

from webapp.errors import SwitchedOff
from webapp.model import Gate, OrderedFor, Outcome, Run, RunKind, RunSource, RunState
from webapp.store import run_log, runs
from webapp.store.listing import ListQuery
from webapp.web.api.paging import Page, Paging, page_of, sort_pattern
from webapp.web.api.shapes import InstitutionShape, Maybe, OffShape, QueryLine, Shape, institution_shape
from webapp.web.current import house

routes = APIBlueprint("api_runs", __name__, url_prefix="/api/runs", tag="Runs")


class RunShape(Shape):
    """A run. `ordered` counts applications, `people` those who are asked about, each once; `left_out` applications by
    the reason; `changed_people`: for how many a result changed; `seconds`: how long it has worked."""

    run: int
    kind: RunKind
    state: RunState
    scheduled_for: datetime
    placed_by: str
    forced: bool
    admission: str | None
    judged_at: datetime | None
    begun_at: datetime | None
    finished_at: datetime | None
    stopped_by: str | None
    ordered: int
    people: int
    left_out: dict[Gate, int]
    changed_people: int
    seconds: float


class RunSourceShape(Shape):
    """What came of a run at an institution, in people: of `people` there are `asked` so far, of whom each is one of
    the rest. `down_since`: it does not answer, and is only tried now and then; `off`: it was switched off, so that
    nobody was asked about from then on."""

    institution: InstitutionShape
    people: int
    asked: int
    found: int
    nothing: int
    unchanged: int
    failed: int
    no_consent: int
    not_shared: int
    mismatch: int
    awaited: int
    down_since: datetime | None
    off: OffShape | None


class RunWithSourcesShape(RunShape):
    """A run with what came from each institution."""

    sources: list[RunSourceShape]


class Runs(Page[RunShape]):
    """A page of runs."""


class RunFilters(Paging):
    """Which runs are wanted."""

    kind: Maybe[RunKind] = None
    state: Maybe[RunState] = None
    admission: Maybe[QueryLine] = None
    sort: Annotated[str, Field(pattern=sort_pattern(runs.LIST))] = "-run"


class ApplicantShape(Shape):
    """An application in a run's order log, or a person who is there without one."""

    applicant_number: str | None
    person_id: int
    given_names: str | None
    family_name: str | None
    admission: str | None


class OrderedApplicantShape(ApplicantShape):
    """One that was ordered for, and why. `came`: how many institutions gave which outcome, where that is not nothing
    new. What each of them said is in the order (order_id) with this person_id."""

    ordered_for: OrderedFor
    order_id: int
    came: dict[Outcome, int]


class LeftOutApplicantShape(ApplicantShape):
    """One that was left out, and why."""

    left_out: Gate


class OrderedApplicants(Page[OrderedApplicantShape]):
    """A page of those who were ordered for."""


class LeftOutApplicants(Page[LeftOutApplicantShape]):
    """A page of those who were left out."""


_SORT = "^-?(applicant_number|name)$"


class _ApplicantFilters(Paging):
    applicant_number: Maybe[Annotated[QueryLine, Field(description="The beginning of the applicant number.")]] = None
    name: Maybe[Annotated[QueryLine, Field(description="The beginnings of the words of a person's name.")]] = None
    admission: Maybe[QueryLine] = None
    sort: Annotated[str, Field(pattern=_SORT)] = "applicant_number"


class OrderedFilters(_ApplicantFilters):
    """Which of those who were ordered for are wanted."""

    ordered_for: Maybe[OrderedFor] = None


class LeftOutFilters(_ApplicantFilters):
    """Which of those who were left out are wanted."""

    left_out: Maybe[Gate] = None


@routes.get("")
@routes.input(RunFilters, location="query", arg_name="filters")
@routes.output(Runs)
def listing(filters: RunFilters) -> Runs:
    """Runs, the latest first."""
    chosen = filters.model_dump(include=set(runs.LIST.conditions))
    rows, following = page_of(runs.LIST, filters, filters.sort, chosen)
    return Runs(items=[RunShape(**_of_run(runs.run_of(row))) for row in rows], next=following)


@routes.get("/<int:run_id>")
@routes.output(RunWithSourcesShape)
def show(run_id: int) -> RunWithSourcesShape:
    """One run with what came from each institution."""
    run = _known(run_id)
    sources = [_source(each) for each in runs.sources_of(house().store.db, run_id)]
    return RunWithSourcesShape(**_of_run(run), sources=sources)


@routes.get("/<int:run_id>/applicants")
@routes.input(OrderedFilters, location="query", arg_name="filters")
@routes.output(OrderedApplicants)
def ordered(run_id: int, filters: OrderedFilters) -> OrderedApplicants:
    """Whom a run ordered for, by applicant number; first those who are in it without an application."""
    rows, following = _page(run_log.ordered(_known(run_id)), filters, filters.ordered_for)
    return OrderedApplicants(
        items=[
            OrderedApplicantShape(
                **_applicant(row), ordered_for=row["reason"], order_id=row["order_id"], came=dict(row["came"])
            )
            for row in rows
        ],
        next=following,
    )


@routes.get("/<int:run_id>/left-out")
@routes.input(LeftOutFilters, location="query", arg_name="filters")
@routes.output(LeftOutApplicants)
def left_out(run_id: int, filters: LeftOutFilters) -> LeftOutApplicants:
    """Whom a run left out, by applicant number; first those who are there without an application."""
    rows, following = _page(run_log.left_out(_known(run_id), filters.left_out), filters, filters.left_out)
    return LeftOutApplicants(
        items=[LeftOutApplicantShape(**_applicant(row), left_out=row["reason"]) for row in rows], next=following
    )


def _page(
    query: ListQuery, filters: _ApplicantFilters, reason: Gate | OrderedFor | None
) -> tuple[list[dict[str, Any]], str | None]:
    chosen = filters.model_dump(include={"applicant_number", "name", "admission"}) | {"reason": reason}
    return page_of(query, filters, filters.sort, chosen)


def _known(run_id: int) -> Run:
    return runs.run(house().store.db, run_id) or abort(404)


def _of_run(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "kind": run.kind,
        "state": run.state,
        "scheduled_for": run.scheduled_for,
        "placed_by": run.placed_by,
        "forced": run.forced,
        "admission": run.admission,
        "judged_at": run.judged_at,
        "begun_at": run.begun_at,
        "finished_at": run.finished_at,
        "stopped_by": run.stopped_by,
        "ordered": run.ordered,
        "people": run.people,
        "left_out": dict(run.left_out),
        "changed_people": run.changed_people,
        "seconds": run.seconds,
    }


def _source(source: RunSource) -> RunSourceShape:
    off = SwitchedOff.told(source.off)
    return RunSourceShape(
        institution=institution_shape(source.institution, source.name),
        people=source.people,
        asked=source.asked,
        found=source.found,
        nothing=source.nothing,
        unchanged=source.unchanged,
        failed=source.failed,
        no_consent=source.no_consent,
        not_shared=source.not_shared,
        mismatch=source.mismatch,
        awaited=source.awaited,
        down_since=source.down_since,
        off=OffShape(until=off.until, reason=off.reason) if off else None,
    )


def _applicant(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("applicant_number", "person_id", "given_names", "family_name", "admission")}
