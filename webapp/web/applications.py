"""Søknad samlebilde and Søknad samlebilde NOM: the applications, and one of them with the button."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.model import Application, Basis, Origin, Person, Purpose
from webapp.names import written_name
from webapp.store import admissions, applications, notices, people
from webapp.web.current import caseworker, house
from webapp.web.labels import consent_name, yes_or_no
from webapp.web.language import lazy_gettext
from webapp.web.lists import Cell, Column, Filter, ListScreen, Row
from webapp.web.press import fetched_of, press
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
    return _page(*_known(applicant_number))


@routes.post("/applications/<applicant_number>/orders")
def order(applicant_number: str) -> ResponseReturnValue:
    """Hent ekstern norsk utdanning for this application."""
    application, person = _known(applicant_number)
    here = url_for("applications.show", applicant_number=applicant_number)
    origin = Origin(caseworker(), "application", application=applicant_number)
    return press(person, Purpose.ADMISSION, origin, here, lambda refusal: _page(application, person, refusal))


@routes.post("/applications/<applicant_number>/finish")
def finish(applicant_number: str) -> ResponseReturnValue:
    """Fullfør: the results are handled, and what changed has been seen."""
    application, _ = _known(applicant_number)
    now = house().clock()
    with house().store.write() as db:
        applications.finish(db, applicant_number, caseworker(), now)
        notices.mark_seen_of(db, application.person_id, caseworker(), now)
    return redirect(url_for("applications.show", applicant_number=applicant_number), 303)


def basis_of(application: Application) -> str:
    """On which legal basis the applicant is asked about, and where that is consent, whether it is there."""
    settings = house().settings
    if settings.basis_of(Purpose.ADMISSION) is Basis.STATUTE:
        return str(lazy_gettext("Hjemmel"))
    return consent_name(application, settings.zone, house().clock())


def _page(application: Application, person: Person, refusal: str = "") -> str:
    settings = house().settings
    return render_template(
        "application.html",
        **fetched_of(person),
        application=application,
        admission=admissions.admission(house().store.db, application.admission),
        basis=basis_of(application),
        finished=_moment(application.finished_at),
        changed=_moment(application.result_changed_at),
        zone=settings.zone,
        refusal=refusal,
    )


def _known(applicant_number: str) -> tuple[Application, Person]:
    db = house().store.db
    application = applications.application(db, applicant_number) or abort(404)
    return application, people.person(db, application.person_id) or abort(404)
