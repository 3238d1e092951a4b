"""Sletting av en person (GDPR art. 17): first what goes and what stays, then the reason and the button."""

from collections.abc import Mapping

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.model import Person
from webapp.privacy.erasing import LONGEST_REASON, erase, facts_of, hindrance
from webapp.privacy.whole_file import whole_file
from webapp.web.current import caseworker, house
from webapp.web.language import gettext, said
from webapp.web.people_heads import head_of, known_person
from webapp.web.person_file_words import section_name
from webapp.web.traced import about

routes = Blueprint("erasing", __name__)

#: What stays of a person who is erased.
_STAYS = frozenset({"trace", "trace_contents"})


@routes.get("/people/<int:person_id>/erase")
def ask(person_id: int) -> ResponseReturnValue:
    """What goes and what stays, and a form that asks why."""
    return _page(known_person(person_id), {})


@routes.post("/people/<int:person_id>/erase")
def carry_out(person_id: int) -> ResponseReturnValue:
    """Erase the person; the trace keeps who did it, when and why."""
    person, reason = known_person(person_id), request.form.get("reason", "")
    if "sure" not in request.form:
        return _page(person, {"sure": gettext("Kryss av for at dette ikke kan gjøres om.")}, reason), 422
    try:
        erase(house().store, house().settings, person_id, reason, caseworker(), request.endpoint or "", house().clock())
    except LookupError:
        abort(404)
    except Refusal as refusal:
        return _page(person, {"reason": said(refusal)}, reason), 422
    return redirect(url_for("erasing.done"), 303)


@routes.get("/people/erased")
def done() -> ResponseReturnValue:
    """That somebody was erased; not who."""
    return render_template("person_erased.html")


def _page(person: Person, refusals: Mapping[str, str], reason: str = "") -> str:
    about(person.id)
    file = whole_file(house().store, person.id, house().clock())
    facts = facts_of(house().store, house().settings, person.id, house().clock())
    why_not = hindrance(facts) if facts else None
    return render_template(
        "person_erase.html",
        **head_of(person, "file"),
        goes={section_name(name): len(rows) for name, rows in file.sections.items() if rows and name not in _STAYS},
        closed_cases=len(file.sections["cases"]),
        hindrance=said(why_not) if why_not else "",
        refusals=refusals,
        reason=reason,
        most=LONGEST_REASON,
    )
