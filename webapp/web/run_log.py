"""Bestillingsloggen: whom a run of FS154.001 ordered for, whom it left out and why, and what came in for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.model import Gate, InRun, OrderedFor, Run, RunState
from webapp.names import written_name
from webapp.store import admissions, run_log, runs
from webapp.web.asked import AskedRow, OrderRow, asked_row, order_row, said_in_run
from webapp.web.current import house
from webapp.web.intake_words import count_of
from webapp.web.labels import gate_advice, gate_name, ordered_for_name
from webapp.web.language import gettext, lazy_gettext
from webapp.web.lists import Cell, Column, Filter, ListScreen, Row
from webapp.web.people_heads import Tab, head_of, known_person
from webapp.web.run_words import title_of

routes = Blueprint("run_log", __name__)


@dataclass(frozen=True)
class OrderInRun:
    """An order of a run about one person, with what each institution answered."""

    order: OrderRow
    rows: tuple[AskedRow, ...]


@dataclass(frozen=True)
class WhyRow:
    """Why a person, or an application of theirs, is in a run or was left out, and what can be done about that."""

    application: str
    admission: str
    why: str
    advice: str
    is_ordered: bool


def _applicant(run_id: int, row: dict[str, Any]) -> dict[str, Cell]:
    number, name = row["applicant_number"], written_name(row["given_names"], row["family_name"])
    return {
        "applicant_number": Cell(
            number or gettext("uten søknad"),
            href=url_for("applications.show", applicant_number=number) if number else None,
            code=bool(number),
        ),
        "name": Cell(
            name or gettext("Uten navn"), href=url_for("run_log.person", run_id=run_id, person_id=row["person_id"])
        ),
        "admission": Cell(row["admission"] or "", code=True),
    }


def _ordered_row(run_id: int, row: dict[str, Any]) -> Row:
    came = row["came"]
    more = {
        "reason": Cell(ordered_for_name(OrderedFor(row["reason"]))),
        "came": Cell(said_in_run(came), state=next((key for key in _SIGNS if came.get(key)), None)),
    }
    return Row(_applicant(run_id, row) | more, value=str(row["person_id"]))


def _left_out_row(run_id: int, row: dict[str, Any]) -> Row:
    return Row(_applicant(run_id, row) | {"reason": Cell(gate_name(Gate(row["reason"])))}, value=str(row["person_id"]))


#: What is worth an icon in the list, the worst first.
_SIGNS = ("failed", "mismatch", "no-consent", "found")


def _admissions() -> Mapping[str, str]:
    return {each.code: each.code for each in admissions.admissions(house().store.db)}


_COLUMNS = (
    Column(
        "applicant_number",
        lazy_gettext("Søkernr"),
        (Filter("applicant_number", lazy_gettext("Søkernummeret begynner med")),),
        fixed=True,
    ),
    Column("name", lazy_gettext("Navn"), (Filter("name", lazy_gettext("Navn")),)),
    Column(
        "admission",
        lazy_gettext("Opptak"),
        (Filter("admission", lazy_gettext("Opptak"), _admissions),),
        sortable=False,
    ),
)


@routes.route("/jobs/<int:run_id>/applicants", methods=["GET", "POST"])
def ordered(run_id: int) -> ResponseReturnValue:
    """Whom the run ordered for."""
    return _ordered(_known(run_id)).respond()


@routes.get("/jobs/<int:run_id>/applicants.<form>")
def ordered_export(run_id: int, form: str) -> ResponseReturnValue:
    """The same as a file."""
    return _ordered(_known(run_id)).export(form)


@routes.route("/jobs/<int:run_id>/left-out", methods=["GET", "POST"])
def left_out(run_id: int) -> ResponseReturnValue:
    """Whom the run left out, and why."""
    return _left_out(_known(run_id)).respond()


@routes.get("/jobs/<int:run_id>/left-out.<form>")
def left_out_export(run_id: int, form: str) -> ResponseReturnValue:
    """The same as a file."""
    return _left_out(_known(run_id)).export(form)


@routes.get("/jobs/<int:run_id>/people/<int:person_id>")
def person(run_id: int, person_id: int) -> ResponseReturnValue:
    """What became of one person in the run: why ordered for or left out, and what came from each institution."""
    run, known = _known(run_id), known_person(person_id)
    db = house().store.db
    reasons = run_log.in_run(db, run, person_id)
    placed = run_log.lines_in_run(db, run_id, person_id)
    if not reasons and not placed:
        abort(404)
    return render_template(
        "run_person.html",
        **head_of(known, "orders"),
        run_id=run_id,
        title=title_of(run, house().settings.zone),
        reasons=[_why(each) for each in reasons],
        orders=[
            OrderInRun(order_row(order, lines), tuple(asked_row(order, line) for line in lines))
            for order, lines in placed
        ],
    )


def _ordered(run: Run) -> ListScreen:
    return ListScreen(
        name="run-applicants",
        title=lazy_gettext("Bestilt for"),
        endpoint="run_log.ordered",
        columns=(
            *_COLUMNS,
            Column(
                "reason",
                lazy_gettext("Hvorfor"),
                (
                    Filter(
                        "reason", lazy_gettext("Hvorfor"), lambda: {w.value: ordered_for_name(w) for w in OrderedFor}
                    ),
                ),
                sortable=False,
            ),
            Column("came", lazy_gettext("Hva som kom"), sortable=False),
        ),
        query=run_log.ordered(run),
        row=partial(_ordered_row, run.id),
        sort="applicant_number",
        template="run_log.html",
        context=lambda: _head(run, "ordered"),
    )


def _left_out(run: Run) -> ListScreen:
    # A list for each reason: each is read with what it shows.
    wanted = request.values.get("reason", "")
    reason = Gate(wanted) if wanted in {gate.value for gate in Gate} else None
    return ListScreen(
        name="run-left-out",
        title=lazy_gettext("Ikke med"),
        endpoint="run_log.left_out",
        columns=(
            *_COLUMNS,
            Column(
                "reason",
                lazy_gettext("Grunn"),
                (Filter("reason", lazy_gettext("Grunn"), lambda: {gate.value: gate_name(gate) for gate in Gate}),),
                sortable=False,
            ),
        ),
        query=run_log.left_out(run, reason),
        row=partial(_left_out_row, run.id),
        sort="applicant_number",
        template="run_log.html",
        context=lambda: _head(run, "left_out") | {"advice": gate_advice(reason) if reason else ""},
    )


def _head(run: Run, here: str) -> dict[str, Any]:
    left_out = sum(run.left_out.values())
    tabs = {
        "ordered": gettext("Bestilt for (%(number)s)", number=count_of(run.ordered)),
        "left_out": gettext("Ikke med (%(number)s)", number=count_of(left_out)),
    }
    return {
        "run_id": run.id,
        "run_title": title_of(run, house().settings.zone),
        "tabs": [Tab(url_for(f"run_log.{key}", run_id=run.id), name, key == here) for key, name in tabs.items()],
        "goes_on": run.state in (RunState.WAITING, RunState.RUNNING),
    }


def _why(each: InRun) -> WhyRow:
    if each.ordered_for is not None:
        return WhyRow(each.application or "", each.admission or "", ordered_for_name(each.ordered_for), "", True)
    gate = each.left_out or Gate.ALREADY_ASKED
    return WhyRow(each.application or "", each.admission or "", gate_name(gate), gate_advice(gate), False)


def _known(run_id: int) -> Run:
    return runs.run(house().store.db, run_id) or abort(404)
