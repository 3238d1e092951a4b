"""Search for a person; what is typed travels in the body of a form, never in an address."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching.ordering import find_or_register
from webapp.identity import NationalIdentifier
from webapp.model import Application, Person
from webapp.names import fold
from webapp.store import applications, people
from webapp.web.current import house
from webapp.web.language import gettext, said
from webapp.web.people_rows import PersonRow, person_row
from webapp.web.protection import demand_seen
from webapp.web.search_terms import BirthDate, Name, understand
from webapp.web.traced import about

routes = Blueprint("search", __name__)


@dataclass(frozen=True)
class Hits:
    """What a search found; `too_many` when only the first of them are here.

    `applications`: the latest of each who has applied, by the person's id.
    """

    people: tuple[PersonRow, ...]
    applications: Mapping[int, Application]
    too_many: bool


@routes.get("/search")
def start() -> ResponseReturnValue:
    """The empty search."""
    return render_template("search.html")


@routes.post("/search")
def search() -> ResponseReturnValue:
    """Search for what was typed; a number that is known leads straight to its person or application.

    Six digits can be a birth date and an applicant number: then both are shown.
    """
    typed = request.form.get("wanted", "")
    application = applications.application(house().store.db, typed.strip())
    if application is not None:
        about(application.person_id)
    try:
        wanted = understand(typed, house().clock().astimezone(house().settings.zone).date())
        if isinstance(wanted, NationalIdentifier):
            known = people.person_with_number(house().store.db, wanted.number)
            demand_seen(known)
            if known is not None:
                about(known.id)
                return redirect(url_for("person.show", person_id=known.id), 303)
            return render_template("search.html", typed=typed, unknown=wanted)
        if application is None or isinstance(wanted, BirthDate):
            return render_template("search.html", typed=typed, hits=hits_of(wanted), application=application)
    except Refusal as refusal:
        if application is None:
            return render_template("search.html", typed=typed, refusal=said(refusal)), 422
    return redirect(url_for("applications.show", applicant_number=application.applicant_number), 303)


@routes.post("/people")
def register() -> ResponseReturnValue:
    """Register a person by the number that was searched for, and go on to their page."""
    given_names, family_name = (request.form.get(key, "").strip() for key in ("given_names", "family_name"))
    typed = request.form.get("number", "")
    try:
        number = house().settings.identifier(typed)
    except Refusal as refusal:
        return render_template("search.html", typed=typed, refusal=said(refusal)), 422
    if not fold(given_names) or not fold(family_name):
        missing = gettext("Skriv både fornavn og etternavn.")
        kept = {"given_names": given_names, "family_name": family_name}
        return render_template("search.html", typed=typed, unknown=number, missing=missing, **kept), 422
    demand_seen(people.person_with_number(house().store.db, number.number))
    person = find_or_register(house().store, number, given_names, family_name, house().clock())
    about(person.id)
    return redirect(url_for("person.show", person_id=person.id), 303)


def hits_of(wanted: BirthDate | Name) -> Hits:
    """The people that a name or a birth date finds."""
    db = house().store.db
    found: list[Person] = []
    if isinstance(wanted, Name):
        found.extend(people.people_named(db, wanted.words))
    else:
        for day in wanted.dates:
            found.extend(people.people_born(db, day))
    shown = found[: people.MOST_HITS]
    about(*(person.id for person in shown))
    latest = applications.latest_applications(db, (person.id for person in shown))
    return Hits(tuple(map(person_row, shown)), latest, len(found) > people.MOST_HITS)
