"""Be studenten levere: invitations to deliver from a portal, and what came of them."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching import inviting
from webapp.model import Invitation, InvitationState, Origin, Person, Purpose
from webapp.store import applications, cases, invitations
from webapp.web.current import caseworker, house
from webapp.web.deliver import outer
from webapp.web.delivery_words import icon_of, invitation_words, person_words, signature_words
from webapp.web.labels import purpose_name
from webapp.web.language import gettext, said
from webapp.web.people_heads import head_of, known_person
from webapp.web.polling import unless_known
from webapp.web.words import date_of, moment_of, text_of

routes = Blueprint("invitations", __name__)

_OPEN = frozenset({InvitationState.MADE, InvitationState.OPENED, InvitationState.AT_PORTAL})


@dataclass(frozen=True)
class About:
    """What an invitation is made from: the person, an application or a case; its name and its page."""

    name: str
    href: str
    purpose: Purpose | None = None
    application: str | None = None
    case_id: int | None = None


@dataclass(frozen=True)
class InvitationRow:
    """An invitation ready to be shown."""

    id: int
    made: str
    by: str
    about: About
    until: str
    icon: str
    told: str
    portal: str
    details: tuple[str, ...]
    usable: bool
    order_id: int | None


@routes.get("/people/<int:person_id>/invitations")
def of_person(person_id: int) -> ResponseReturnValue:
    """The person's invitations and the form for a new one, about an ?application= or a ?case= where it is said."""
    person = known_person(person_id)
    if inviting.portal_source(house().settings) is None and not invitations.of_person(house().store.db, person_id):
        abort(404)
    return _page(person)


@routes.post("/people/<int:person_id>/invitations")
def invite(person_id: int) -> ResponseReturnValue:
    """Make an invitation. Its link is shown on this page and never again, for it is not kept."""
    person = known_person(person_id)
    about = _about(person)
    purpose = about.purpose or next((p for p in Purpose if p == request.form.get("purpose")), None) or abort(400)
    origin = Origin(caseworker(), "person", about.application, about.case_id)
    try:
        _, token = inviting.invite(house().store, house().settings, person, purpose, origin, house().clock())
    except Refusal as refusal:
        return _page(person, refusal=said(refusal)), 422
    link = outer("deliver.choose", token=token)
    until = date_of(invitations.of_person(house().store.db, person.id)[0].expires_at, house().settings.zone)
    return _page(person, link=link, letter=_letter(person, link, until)), 201


@routes.post("/people/<int:person_id>/invitations/<int:invitation_id>/withdraw")
def withdraw(person_id: int, invitation_id: int) -> ResponseReturnValue:
    """Let nobody use an invitation any more."""
    person = known_person(person_id)
    inviting.withdraw(house().store, invitation_id, person.id, caseworker(), house().clock())
    return redirect(url_for("invitations.of_person", person_id=person_id, _anchor="invitations"), 303)


@routes.get("/people/<int:person_id>/invitations/news")
def news(person_id: int) -> ResponseReturnValue:
    """The list as it is now."""
    return unless_known(render_template("_invitations.html", **_listed(known_person(person_id))))


def _page(person: Person, **more: Any) -> str:
    about = _about(person)
    return render_template(
        "invitations.html",
        **head_of(person, "invitations"),
        **_listed(person),
        about=about,
        purposes={}
        if about.purpose
        else {each: purpose_name(each) for each in (Purpose.RECOGNITION, Purpose.ADMISSION)},
        source=inviting.portal_source(house().settings),
        **more,
    )


def _listed(person: Person) -> dict[str, Any]:
    found = invitations.of_person(house().store.db, person.id)
    now = house().clock()
    return {
        "invitations": [_row(each) for each in found],
        "person_id": person.id,
        "live": any(each.state(now) in _OPEN for each in found),
    }


def _row(invitation: Invitation) -> InvitationRow:
    now, zone = house().clock(), house().settings.zone
    visit = invitation.visit
    outcome = visit.outcome if visit else None
    details = (signature_words(outcome), person_words(outcome)) if outcome else ()
    return InvitationRow(
        id=invitation.id,
        made=moment_of(invitation.made_at, zone, now),
        by=invitation.made_by,
        about=_from(invitation.person_id, invitation.application, invitation.case_id, invitation.purpose),
        until=date_of(invitation.expires_at, zone),
        icon=icon_of(invitation, now),
        told=invitation_words(invitation, zone, now),
        portal=text_of(visit.portal.names) if visit else "",
        details=tuple(each for each in details if each),
        usable=invitation.usable(now),
        order_id=outcome.order_id if outcome else None,
    )


def _about(person: Person) -> About:
    """What the page's address, or its form, says that an invitation is about; 404 where that is not the person's."""
    db = house().store.db
    number, case_id = request.values.get("application"), request.values.get("case", type=int)
    if number:
        found = applications.application(db, number)
        if found is None or found.person_id != person.id:
            abort(404)
        return _from(person.id, number, None, Purpose.ADMISSION)
    if case_id:
        case = cases.case(db, case_id)
        if case is None or case.person_id != person.id:
            abort(404)
        return _from(person.id, None, case_id, Purpose.RECOGNITION)
    return _from(person.id, None, None, None)


def _from(person_id: int, application: str | None, case_id: int | None, purpose: Purpose | None) -> About:
    if application:
        name = gettext("Søknad %(number)s", number=application)
        return About(name, url_for("applications.show", applicant_number=application), purpose, application)
    if case_id:
        name = gettext("Sak %(number)s", number=case_id)
        return About(name, url_for("cases.show", case_id=case_id), purpose, None, case_id)
    name = purpose_name(purpose) if purpose else ""
    return About(name, url_for("person.show", person_id=person_id), purpose)


def _letter(person: Person, link: str, until: str) -> str:
    """The text to send along, in the caseworker's language."""
    given = (person.given_names or "").split()
    parts = (
        gettext("Hei, %(name)s.", name=given[0]) if given else gettext("Hei."),
        gettext(
            "Vi trenger resultatene dine fra andre utdanningsinstitusjoner. Åpne lenken, logg inn hos portalen i "
            "landet der du studerte, og velg hva du vil levere:"
        ),
        link,
        gettext("Lenken er bare til deg, gjelder til og med %(date)s og kan brukes én gang.", date=until),
    )
    return "\n\n".join(parts)
