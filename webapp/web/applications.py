"""Søknad samlebilde and Søknad samlebilde NOM: the applications, and one of them with the button."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.model import Application, Basis, Origin, Person, Purpose, Right
from webapp.names import written_name
from webapp.store import admissions, applications, notices, people, results
from webapp.web.case_rows import person_cases
from webapp.web.consent_rows import consent_rows
from webapp.web.current import caseworker, house, may
from webapp.web.labels import consent_name, yes_or_no
from webapp.web.language import gettext, lazy_gettext
from webapp.web.lists import Cell, Column, Filter, ListScreen, Row
from webapp.web.press import fetched_of, press, studies_of
from webapp.web.study_rows import StudyRow
from webapp.web.traced import about
from webapp.web.words import moment_of

routes = Blueprint("applications", __name__)


def _row(row: dict[str, Any]) -> Row:
    application = applications.application_of(row)
    number = application.applicant_number
    return Row(
        {
            "applicant_number": Cell(number, href=url_for("applications.show", applicant_number=number), code=True),
            "name": Cell(written_name(row["given_names"], row["family_name"])),
            "admission": Cell(application.admission, code=True),
            "consent": Cell(basis_of(application)),
            "fetched": Cell(_moment(application.fetched_at)),
            "unhandled": Cell(yes_or_no(application.unhandled), state="unhandled" if application.unhandled else None),
            "changed": Cell(_moment(application.result_changed_at)),
        },
        value=number,
    )


def _moment(at: Any) -> str:
    return moment_of(at, house().settings.zone, house().clock()) if at else ""


def _admission_codes() -> Mapping[str, str]:
    return {admission.code: admission.code for admission in admissions.admissions(house().store.db)}


LISTING = ListScreen(
    name="applications",
    title=lazy_gettext("Søknad samlebilde"),
    endpoint="applications.listing",
    columns=(
        Column(
            "applicant_number",
            lazy_gettext("Søkernr"),
            (Filter("applicant_number", lazy_gettext("Søkernummeret begynner med")),),
            fixed=True,
        ),
        Column("name", lazy_gettext("Navn"), (Filter("name", lazy_gettext("Navn")),)),
        Column("admission", lazy_gettext("Opptak"), (Filter("admission", lazy_gettext("Opptak"), _admission_codes),)),
        Column(
            "consent",
            lazy_gettext("Grunnlag"),
            (
                Filter(
                    "consent",
                    lazy_gettext("Samtykke"),
                    lambda: {
                        "given": lazy_gettext("samtykke"),
                        "missing": lazy_gettext("mangler"),
                        "withdrawn": lazy_gettext("trukket"),
                    },
                ),
            ),
        ),
        Column(
            "fetched",
            lazy_gettext("Sist hentet"),
            (Filter("fetched_from", lazy_gettext("Hentet fra og med"), date=True),),
        ),
        Column(
            "unhandled",
            lazy_gettext("Ubehandlet"),
            (Filter("unhandled", lazy_gettext("Ubehandlet resultat"), lambda: {"J": "J", "N": "N"}),),
        ),
        Column(
            "changed",
            lazy_gettext("Endret"),
            (Filter("changed_from", lazy_gettext("Endret fra og med"), date=True),),
        ),
    ),
    query=applications.LIST,
    row=_row,
    sort="applicant_number",
    template="applications.html",
)
#: The same room with the NOM filter built in.
NOM = replace(
    LISTING,
    name="applications-nom",
    title=lazy_gettext("Søknad samlebilde NOM"),
    endpoint="applications.nom",
    query=replace(applications.LIST, always="admission IN (SELECT code FROM admissions WHERE type = 'NOM')"),
)


@routes.route("/applications", methods=["GET", "POST"])
def listing() -> ResponseReturnValue:
    """All applications."""
    return LISTING.respond()


@routes.get("/applications.<form>")
def listing_export(form: str) -> ResponseReturnValue:
    """All applications that fit, as a file."""
    return LISTING.export(form)


@routes.route("/applications/nom", methods=["GET", "POST"])
def nom() -> ResponseReturnValue:
    """The applications of the nationally coordinated admission."""
    return NOM.respond()


@routes.get("/applications/nom.<form>")
def nom_export(form: str) -> ResponseReturnValue:
    """The NOM applications that fit, as a file."""
    return NOM.export(form)


@routes.get("/applications/<applicant_number>")
def show(applicant_number: str) -> ResponseReturnValue:
    """One application: the facts, the button with Vis, the box, and the institutions with results."""
    return application_page(*known_application(applicant_number))


@routes.post("/applications/<applicant_number>/orders")
def order(applicant_number: str) -> ResponseReturnValue:
    """Hent ekstern norsk utdanning for this application."""
    application, person = known_application(applicant_number)
    here = url_for("applications.show", applicant_number=applicant_number)
    origin = Origin(caseworker(), "application", application=applicant_number)
    return press(
        person, Purpose.ADMISSION, origin, here, lambda refusal: application_page(application, person, refusal)
    )


@routes.get("/applications/<applicant_number>/handling")
def handling(applicant_number: str) -> ResponseReturnValue:
    """What a fetch on the page may have changed of the application itself: the flag, what changed, and Fullfør."""
    application, person = known_application(applicant_number)
    studies = studies_of(person.id)
    return render_template("_handling.html", application=application, **_handling(application, studies))


@routes.post("/applications/<applicant_number>/finish")
def finish(applicant_number: str) -> ResponseReturnValue:
    """Fullfør: the results are handled, and what changed has been seen; but not what came since the page was."""
    application, person = known_application(applicant_number)
    now = house().clock()
    with house().store.write() as db:
        finished = applications.finish(db, applicant_number, caseworker(), now, _seen())
        if finished:
            notices.mark_seen_of(db, application.person_id, caseworker(), now)
    if finished:
        return redirect(url_for("applications.show", applicant_number=applicant_number), 303)
    application, person = known_application(applicant_number)
    return application_page(application, person, stale=why_not_finished(application)), 409


def _seen() -> datetime | None:
    """When a result last changed, as the page told that the button was pressed on."""
    try:
        return datetime.fromisoformat(request.form.get("seen", ""))
    except ValueError:
        return None


def why_not_finished(application: Application) -> str:
    """Why an application could not be finished with: more changed since, or nothing is unhandled."""
    if application.unhandled:
        return gettext("Nye endringer er kommet siden siden ble åpnet. Se over dem, og fullfør på nytt.")
    if application.finished_at is None:
        return gettext("Søknaden har ingen ubehandlede resultater.")
    who, when = application.finished_by, _moment(application.finished_at)
    return gettext("Søknaden er allerede fullført %(when)s av %(who)s.", when=when, who=who)


def basis_of(application: Application) -> str:
    """On which legal basis the applicant is asked about, and where that is consent, whether it is there."""
    settings = house().settings
    if settings.basis_at(Purpose.ADMISSION, house().clock()).basis is Basis.STATUTE:
        return str(lazy_gettext("Hjemmel"))
    return consent_name(application, settings.zone, house().clock())


def application_page(application: Application, person: Person, refusal: str = "", stale: str = "") -> str:
    """An application's page, whole."""
    db = house().store.db
    fetched = fetched_of(person, application=application.applicant_number)
    admission = admissions.admission(db, application.admission)
    others = applications.applications_of(db, person.id)
    return render_template(
        "application.html",
        **fetched,
        **_handling(application, fetched["studies"]),
        application=application,
        admission=admission,
        deadline=f"{admission.deadline:%d.%m.%Y}" if admission and admission.deadline else "",
        phase=yes_or_no(bool(admission and admission.processing_phase)),
        basis=basis_of(application),
        consents=consent_rows([application]),
        may_withdraw=may(Right.WORK) and application.has_consent(house().clock()),
        others=[other for other in others if other.applicant_number != application.applicant_number],
        cases=person_cases(person.id),
        refusal=refusal,
        stale=stale,
    )


def _handling(application: Application, studies: Iterable[StudyRow]) -> dict[str, Any]:
    """What has to be handled of the results: where something changed since the application was last finished with."""
    changed_since = {
        study.institution
        for study in results.studies_of(house().store.db, application.person_id)
        if application.unhandled and (not application.finished_at or study.changed_at > application.finished_at)
    }
    return {
        "finished": _moment(application.finished_at),
        "changed": _moment(application.result_changed_at),
        "changes": [study for study in studies if study.institution in changed_since],
    }


def known_application(applicant_number: str) -> tuple[Application, Person]:
    """An application and its person; 404 when there is no such application."""
    db = house().store.db
    application = applications.application(db, applicant_number) or abort(404)
    about(application.person_id)
    return application, people.person(db, application.person_id) or abort(404)
