"""Samtykke: what a person has consented to, and the form of a caseworker whom an applicant told of a withdrawal."""

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching.withdrawing import withdraw
from webapp.identity import mask
from webapp.model import Act, Application, Person, TraceEntry
from webapp.store import afterwards, applications, trace
from webapp.web.applications import known_application
from webapp.web.consent_rows import consent_rows
from webapp.web.current import caseworker, house
from webapp.web.language import gettext, said
from webapp.web.lists import day_of
from webapp.web.people_heads import head_of, known_person
from webapp.web.people_rows import person_row
from webapp.web.words import date_of

routes = Blueprint("consents", __name__)

#: How a withdrawal reached us is told in so many characters.
LONGEST_HOW = 200


@routes.get("/people/<int:person_id>/consents")
def of_person(person_id: int) -> ResponseReturnValue:
    """Tab Samtykke: the consents in all applications of a person, and what holds without one."""
    person = known_person(person_id)
    applied = applications.applications_of(house().store.db, person_id)
    return render_template("person_consents.html", **head_of(person, "consents"), consents=consent_rows(applied))


@routes.get("/applications/<applicant_number>/withdrawal")
def ask_withdrawal(applicant_number: str) -> ResponseReturnValue:
    """The form: when and how the consent was withdrawn."""
    today = date_of(house().clock(), house().settings.zone)
    return _form(*known_application(applicant_number), {"day": today, "how": ""}, {})


@routes.post("/applications/<applicant_number>/withdrawal")
def withdrawal(applicant_number: str) -> ResponseReturnValue:
    """Samtykket er trukket tilbake: from now on nobody is asked about the person on it."""
    application, person = known_application(applicant_number)
    typed = {key: request.form.get(key, "").strip() for key in ("day", "how")}
    refusals = {}
    if not typed["how"] or len(typed["how"]) > LONGEST_HOW:
        refusals["how"] = gettext("Skriv hvordan, med inntil %(most)d tegn.", most=LONGEST_HOW)
    try:
        day = day_of(typed["day"])
        if not refusals:
            how, now, zone = mask(typed["how"]), house().clock(), house().settings.zone
            told = {"consent": "withdrawn", "application": applicant_number, "how": how}
            with house().store.write() as db:
                at = withdraw(db, application, day, how, caseworker(), now, zone)
                afterwards.note_withdrawn(db, house().settings.instance, applicant_number, at)
                door = request.endpoint or ""
                trace.append(db, TraceEntry(now, caseworker(), Act.CHANGED, door, (person.id,), told))
            if backup := house().settings.settings.backup:
                afterwards.tell_the_backups(house().settings.instance, house().settings.instance / backup.folder)
            return redirect(url_for("applications.show", applicant_number=applicant_number), 303)
    except Refusal as refusal:
        refusals["day"] = said(refusal)
    return _form(application, person, typed, refusals), 422


def _form(application: Application, person: Person, typed: Mapping[str, str], refusals: Mapping[str, str]) -> str:
    return render_template(
        "withdrawal.html",
        application=application,
        person=person_row(person),
        typed=typed,
        refusals=refusals,
        longest=LONGEST_HOW,
    )
