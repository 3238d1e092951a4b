"""Tvangskjør: a run out of turn, of one admission or of all. First what it would be, then the button."""

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching.nightly import force
from webapp.fetching.planning import preview
from webapp.model import RunKind, RunState
from webapp.store import runs
from webapp.web.current import caseworker, house
from webapp.web.labels import gate_advice, gate_name, run_kind_name
from webapp.web.language import gettext, said
from webapp.web.run_preview import admission_choices, judging_of, selection_words
from webapp.web.run_words import title_of

routes = Blueprint("run_force", __name__)


@routes.get("/jobs/force")
def choose() -> ResponseReturnValue:
    """Which kind, and which admission."""
    return _form(request.args, {})


@routes.get("/jobs/force/confirm")
def confirm() -> ResponseReturnValue:
    """How many that is, why the others are not, and the button."""
    kind, admission, refusals = _checked(request.args)
    if kind is None or refusals:
        return _form(request.args, refusals), 422
    return _confirmation(kind, admission)


@routes.post("/jobs/force/confirm")
def start() -> ResponseReturnValue:
    """Add the run, and go on to the page that follows it."""
    kind, admission, refusals = _checked(request.form)
    if kind is None or refusals:
        return _form(request.form, refusals), 422
    try:
        run_id = force(house().store, house().settings, kind, admission or None, caseworker(), house().clock())
    except Refusal as refusal:
        return _confirmation(kind, admission, said(refusal)), 422
    return redirect(url_for("runs.show", run_id=run_id), 303)


def _checked(said_by: Mapping[str, str]) -> tuple[RunKind | None, str, dict[str, str]]:
    """The kind and the admission ("" for all) that were chosen, and what is wrong with which field."""
    kind = next((each for each in RunKind if each == said_by.get("kind")), None)
    admission, refusals = said_by.get("admission", ""), dict[str, str]()
    if kind is None:
        refusals["kind"] = gettext("Velg komplett overføring eller endringsoverføring.")
    try:
        gates = judging_of(RunKind.FULL, house().clock(), admission).gates
    except Refusal as refusal:
        return kind, admission, refusals | {"admission": said(refusal)}
    gate = next(iter(gates.values()), None)
    if admission and gate is not None:
        sentence = gettext("Opptaket er ikke åpent: %(why)s.", why=gate_name(gate))
        refusals["admission"] = f"{sentence} {gate_advice(gate)}"
    return kind, admission, refusals


def _form(said_by: Mapping[str, str], refusals: Mapping[str, str]) -> str:
    return render_template(
        "jobs_force.html",
        kinds={each.value: run_kind_name(each) for each in RunKind},
        choices=admission_choices(house().clock()),
        kind=said_by.get("kind") or ("" if refusals else RunKind.DELTA.value),
        admission=said_by.get("admission", ""),
        refusals=refusals,
    )


def _confirmation(kind: RunKind, admission: str, refusal: str = "") -> str:
    now = house().clock()
    running = next((run for run in runs.unfinished(house().store.db) if run.state is RunState.RUNNING), None)
    return render_template(
        "jobs_force_confirm.html",
        kind=kind.value,
        kind_name=run_kind_name(kind),
        admission=admission,
        running=title_of(running, house().settings.zone) if running else "",
        refusal=refusal,
        now=now.isoformat(timespec="minutes"),
        **selection_words(preview(judging_of(kind, now, admission))),
    )
