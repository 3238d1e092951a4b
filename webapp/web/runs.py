"""Jobber: the runs of FS154.001, those to come, the one that goes on, and those that have been."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import get_day_names
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from webapp.fetching.eligibility import admission_gate
from webapp.fetching.evenings import Evening, evenings
from webapp.model import Run, RunKind, RunState
from webapp.store import admissions, runs
from webapp.web import run_picture
from webapp.web.current import caseworker, house
from webapp.web.intake_words import count_of
from webapp.web.labels import run_kind_name, run_state_name
from webapp.web.language import gettext, lazy_gettext
from webapp.web.lists import Cell, Column, Filter, ListScreen, Row, when_column
from webapp.web.polling import unless_known
from webapp.web.run_rows import held_back, placed_by, run_view
from webapp.web.run_words import duration_of, evening_of, icon_of, title_of
from webapp.web.words import date_of, time_of

routes = Blueprint("runs", __name__)

#: So many evenings to come are told of, within so long, and so many of the latest runs are shown.
MOST_EVENINGS, AHEAD, MOST_LATEST = 6, timedelta(days=14), run_picture.MOST
#: So many admissions of an evening are named.
MOST_NAMED = 4
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class EveningRow:
    """An evening with a run: when, which kind, the admissions that are open then, and where it is looked into."""

    when: str
    kind: str
    admissions: str
    more: str
    href: str


def _row(run: Run) -> Row:
    at, zone = run.scheduled_for, house().settings.zone
    begun = run.begun_at is not None
    return Row(
        {
            "when": Cell(f"{date_of(at, zone)} {time_of(at, zone)}", href=url_for("runs.show", run_id=run.id)),
            "kind": Cell(run_kind_name(run.kind)),
            "admission": Cell(run.admission or gettext("alle åpne"), code=run.admission is not None),
            "by": Cell(placed_by(run)),
            "ordered": Cell(count_of(run.ordered) if begun else ""),
            "left_out": Cell(count_of(held_back(run.left_out)) if begun else ""),
            "changed": Cell(count_of(run.changed_people) if begun else ""),
            "seconds": Cell(duration_of(run.seconds) if run.finished_at and begun else ""),
            "state": Cell(run_state_name(run.state), state=icon_of(run.state)),
        },
        value=str(run.id),
    )


def _admissions() -> Mapping[str, str]:
    return {each.code: each.code for each in admissions.admissions(house().store.db)}


LISTING = ListScreen(
    name="runs",
    title=lazy_gettext("Alle kjøringer"),
    endpoint="runs.history",
    columns=(
        when_column(),
        Column(
            "kind",
            lazy_gettext("Slag"),
            (Filter("kind", lazy_gettext("Slag"), lambda: {each.value: run_kind_name(each) for each in RunKind}),),
            sortable=False,
        ),
        Column(
            "admission",
            lazy_gettext("Opptak"),
            (Filter("admission", lazy_gettext("Opptak"), _admissions),),
            sortable=False,
        ),
        Column(
            "by",
            lazy_gettext("Bestilt av"),
            (Filter("by", lazy_gettext("Saksbehandlerens brukernavn")),),
            sortable=False,
        ),
        Column("ordered", lazy_gettext("Søknader"), number=True),
        Column("left_out", lazy_gettext("Holdt utenfor"), number=True, sortable=False),
        Column("changed", lazy_gettext("Med endringer"), number=True),
        Column("seconds", lazy_gettext("Tid brukt"), number=True),
        Column(
            "state",
            lazy_gettext("Tilstand"),
            (Filter("state", lazy_gettext("Tilstand"), lambda: {s.value: run_state_name(s) for s in RunState}),),
            sortable=False,
        ),
    ),
    query=runs.LIST,
    row=lambda row: _row(runs.run_of(row)),
    sort="when",
    descending=True,
    template="jobs_history.html",
)


@routes.get("/jobs")
def overview() -> ResponseReturnValue:
    """The runs to come, those that go on, and the latest."""
    db = house().store.db
    latest = runs.latest(db, MOST_LATEST)
    return render_template(
        "jobs.html",
        evenings=_evening_rows(),
        rules=_rules(),
        going=[run_view(run) for run in sorted(runs.unfinished(db), key=lambda run: run.state is not RunState.RUNNING)],
        picture=run_picture.picture_of(latest),
        columns=LISTING.columns,
        rows=[_row(run) for run in latest],
    )


@routes.route("/jobs/history", methods=["GET", "POST"])
def history() -> ResponseReturnValue:
    """All runs there have been, searchable."""
    return LISTING.respond()


@routes.get("/jobs/history.<form>")
def history_export(form: str) -> ResponseReturnValue:
    """The runs that fit, as a file."""
    return LISTING.export(form)


@routes.get("/jobs/<int:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    """One run: how far it has come, then what it did and what it could not."""
    return render_template("job.html", run=run_view(_known(run_id)), page=True)


@routes.get("/jobs/<int:run_id>/news")
def news(run_id: int) -> ResponseReturnValue:
    """How far it has come by now. The last answer carries no trigger, and the asking ends by itself."""
    view = run_view(_known(run_id))
    changed = view.state != request.args.get("was")
    told = request.args.get("told", 0, type=int)
    page = bool(request.args.get("page"))
    say = changed or view.told > told
    return unless_known(render_template("_job_news.html", run=view, page=page, changed=changed, say=say))


@routes.get("/jobs/<int:run_id>/stop")
def ask_stop(run_id: int) -> ResponseReturnValue:
    """What stopping a run means, and the button."""
    run = _known(run_id)
    if run.state not in (RunState.WAITING, RunState.RUNNING):
        return redirect(url_for("runs.show", run_id=run_id))
    return render_template("job_stop.html", run=run_view(run))


@routes.post("/jobs/<int:run_id>/stop")
def stop(run_id: int) -> ResponseReturnValue:
    """Have a run stopped; one that has ended meanwhile says so on its page."""
    _known(run_id)
    with house().store.write() as db:
        runs.ask_to_stop(db, run_id, caseworker())
    return redirect(url_for("runs.show", run_id=run_id), 303)


def tonight() -> tuple[str, str]:
    """What the run of this evening is, in one line, and where it is told of; "" when there is none.

    One that goes on comes first.
    """
    zone, now = house().settings.zone, house().clock()
    for run in runs.unfinished(house().store.db):
        if run.state is RunState.RUNNING:
            return gettext("%(run)s kjører nå.", run=title_of(run, zone)), url_for("runs.show", run_id=run.id)
    coming = _coming()
    if not coming or coming[0].at.astimezone(zone).date() != now.astimezone(zone).date():
        return "", ""
    count = len(_open_then(coming[0].at))
    if not count:
        return "", ""
    hour = time_of(coming[0].at, zone)
    if coming[0].kind is RunKind.FULL:
        text = gettext("Kl. %(hour)s: komplett overføring for søkerne i %(count)d opptak.", hour=hour, count=count)
    else:
        text = gettext("Kl. %(hour)s: endringsoverføring for nye søkere i %(count)d opptak.", hour=hour, count=count)
    return text, url_for("runs.overview")


def _coming() -> Sequence[Evening]:
    now = house().clock()
    return list(evenings(house().settings, now, now + AHEAD))[:MOST_EVENINGS]


def _open_then(at: datetime) -> list[str]:
    rules, zone = house().settings.settings.import_runs, house().settings.zone
    known = admissions.admissions(house().store.db)
    return [each.code for each in known if admission_gate(each, at, rules, zone) is None]


def preview_address(evening: Evening) -> str:
    """Where it is seen who the run of an evening would be about."""
    return url_for("run_preview.show", kind=evening.kind.value, at=evening.at.isoformat(timespec="minutes"))


def _evening_rows() -> list[EveningRow]:
    rows = []
    for evening in _coming():
        codes = _open_then(evening.at)
        rows.append(
            EveningRow(
                evening_of(evening.at, house().settings.zone),
                run_kind_name(evening.kind),
                ", ".join(codes[:MOST_NAMED]),
                gettext("og %(rest)d til", rest=len(codes) - MOST_NAMED) if len(codes) > MOST_NAMED else "",
                preview_address(evening),
            )
        )
    return rows


def _rules() -> str:
    """Which evenings have a run, and until when in the year of an admission."""
    rules = house().settings.settings.import_runs
    return gettext(
        "Komplett overføring: %(full)s. Endringsoverføring: %(delta)s. Kl. %(hour)s. "
        "VÅR-opptak hentes frem til %(spring)s., andre opptak frem til %(others)s. i opptakets år.",
        full=_days(rules.full),
        delta=_days(rules.delta),
        hour=f"{house().settings.settings.evening:%H.%M}",
        spring=rules.spring_until,
        others=rules.others_until,
    )


def _days(days: Sequence[str]) -> str:
    names = get_day_names("wide", locale=get_locale())
    return ", ".join(names[_WEEKDAYS.index(day)] for day in days) or gettext("ingen dager")


def _known(run_id: int) -> Run:
    return runs.run(house().store.db, run_id) or abort(404)
