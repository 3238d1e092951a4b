"""Les inn søkere og opptak: a file is sent, taken in behind the screen, and followed to its report."""

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.intake.columns import COLUMNS
from webapp.model import FileImport, ImportState, IntakeKind, Report
from webapp.store import imports
from webapp.web.current import caseworker, house
from webapp.web.intake_words import (
    complaint_words,
    count_of,
    kind_name,
    outcome_of,
    state_icon,
    state_words,
    tallies_of,
)
from webapp.web.language import gettext
from webapp.web.polling import unless_known
from webapp.web.traced import told
from webapp.web.words import moment_of

routes = Blueprint("imports", __name__)

#: A hundred thousand rows are about 10 MB.
MOST_UPLOAD_BYTES = 100 * 1024**2
#: So many of the latest imports are listed.
MOST_LISTED = 20


@dataclass(frozen=True)
class ImportRow:
    """An import ready to be shown; `complaints` are line, column and sentence, `shown` says which of them these are."""

    id: int
    kind: str
    kind_value: str
    file_name: str
    dry_run: bool
    state: str
    icon: str
    started: str
    started_by: str
    running: bool
    broken_off: bool
    percent: int
    outcome: str = ""
    tallies: tuple[tuple[str, str, str, str], ...] = ()
    complaints: tuple[tuple[str, str, str], ...] = ()
    shown: str = ""


@routes.get("/imports")
def start() -> ResponseReturnValue:
    """The form, and the latest imports."""
    return _form(kind=request.args.get("kind", ""), dry_run=request.args.get("write") != "1")


@routes.post("/imports")
def send() -> ResponseReturnValue:
    """Have a file taken in, and go on to the page that follows it."""
    request.max_content_length = MOST_UPLOAD_BYTES
    try:
        form, file = request.form, request.files.get("file")
    except RequestEntityTooLarge:
        most = MOST_UPLOAD_BYTES // 1024**2
        return _form(wrong={"file": gettext("Filen er større enn %(most)d MB. Del den opp.", most=most)}), 422
    kind = next((each for each in IntakeKind if each == form.get("kind")), None)
    wrong = {}
    if kind is None:
        wrong["kind"] = gettext("Velg hva filen inneholder.")
    if file is None or not file.filename:
        wrong["file"] = gettext("Velg en fil.")
    if kind is None or file is None or wrong:
        return _form(kind=form.get("kind", ""), dry_run="dry_run" in form, wrong=wrong), 422
    import_id = house().importer.start(kind, file.stream, file.filename or "", "dry_run" in form, caseworker())
    told(import_id=import_id, kind=kind)
    return redirect(url_for("imports.show", import_id=import_id), 303)


@routes.get("/imports/<int:import_id>")
def show(import_id: int) -> ResponseReturnValue:
    """One import: how far it has come, then its report."""
    return render_template("import.html", one=_row(_known(import_id)))


@routes.get("/imports/<int:import_id>/news")
def news(import_id: int) -> ResponseReturnValue:
    """How far it has come by now. The last answer carries no trigger, and the asking ends by itself."""
    return unless_known(render_template("_import.html", one=_row(_known(import_id)), news=True))


def _form(kind: str = "", dry_run: bool = True, wrong: dict[str, str] | None = None) -> str:
    listed = imports.latest_imports(house().store.db, MOST_LISTED)
    kinds = {each.value: (kind_name(each), ", ".join(COLUMNS[each].fields)) for each in IntakeKind}
    shown = {"kind": kind or IntakeKind.APPLICATIONS.value, "dry_run": dry_run}
    rows = [_row(each) for each in listed]
    return render_template("imports.html", kinds=kinds, refusals=wrong or {}, imports=rows, **shown)


def _row(found: FileImport) -> ImportRow:
    report = found.report
    return ImportRow(
        id=found.id,
        kind=kind_name(found.kind),
        kind_value=found.kind.value,
        file_name=found.file_name,
        dry_run=found.dry_run,
        state=state_words(found),
        icon=state_icon(found.state),
        started=moment_of(found.started_at, house().settings.zone, house().clock()),
        started_by=found.started_by,
        running=found.state is ImportState.RUNNING,
        broken_off=found.state is ImportState.BROKEN_OFF,
        percent=int(found.done * 100),
        outcome=outcome_of(report) if report else "",
        tallies=tuple(tallies_of(found.kind, report)) if report and not report.complaint_count else (),
        complaints=tuple(complaint_words(found.kind, each) for each in report.complaints) if report else (),
        shown=_shown(report) if report else "",
    )


def _shown(report: Report) -> str:
    shown = len(report.complaints)
    if shown == report.complaint_count:
        return gettext("Feil i filen")
    return gettext("De første %(shown)s av %(all)s feil", shown=count_of(shown), all=count_of(report.complaint_count))


def _known(import_id: int) -> FileImport:
    return imports.file_import(house().store.db, import_id) or abort(404)
