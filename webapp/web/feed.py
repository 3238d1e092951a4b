"""Hent personopplysninger fra FS: a person completed from our own FS, where it is set up as a feed."""

from flask import Blueprint, make_response
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.intake.feed import Completed, complete_person
from webapp.web.current import house
from webapp.web.language import gettext, ngettext, said
from webapp.web.people_heads import known_person
from webapp.web.person import person_page

routes = Blueprint("feed", __name__)


@routes.post("/people/<int:person_id>/feed")
def complete(person_id: int) -> ResponseReturnValue:
    """Ask FS about the person, and show the page with what came of it."""
    try:
        completed = complete_person(house().store, house().settings, known_person(person_id), house().clock())
    except Refusal as refusal:
        return make_response(person_page(known_person(person_id), feed_refusal=said(refusal)), 422)
    return person_page(known_person(person_id), fed=completed_words(completed))


def completed_words(completed: Completed) -> str:
    """What came of it, in sentences."""
    words = []
    if completed.person:
        words.append(gettext("Navn eller numre er oppdatert fra FS."))
    if completed.applications:
        words.append(
            ngettext(
                "%(count)s søknad er ny eller endret.",
                "%(count)s søknader er nye eller endret.",
                completed.applications,
                count=completed.applications,
            )
        )
    if not words:
        words.append(gettext("FS har ikke noe nytt om personen."))
    if completed.unknown_admissions:
        codes = ", ".join(completed.unknown_admissions)
        words.append(gettext("Søknader i opptak som ikke fins her, er ikke hentet: %(codes)s.", codes=codes))
    return " ".join(words)
