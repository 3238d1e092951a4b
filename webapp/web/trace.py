"""Sporing: the auditor's screen. Whom an entry is about is told by the id; by name only on the list of one person, and
that look is itself traced. Results are not shown here at all."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.identity import NationalIdentifier
from webapp.model import Act, Person
from webapp.store import people, trace_chain, trace_reading
from webapp.web.current import house
from webapp.web.intake_words import count_of
from webapp.web.language import gettext, lazy_gettext, ngettext
from webapp.web.lists import Cell, Column, Filter, ListScreen, Row, when_column
from webapp.web.person_looks import looks_file, looks_shown
from webapp.web.search_terms import BirthDate, understand
from webapp.web.trace_words import act_name, content_words, fault_words, place_name, why_words
from webapp.web.traced import about
from webapp.web.words import date_of, moment_of, time_of

routes = Blueprint("trace", __name__)

#: A person's id has fewer digits than an identity number or a birth date.
_ID_DIGITS = 5
#: So many of those whom an entry is about are shown.
MOST_SHOWN = 1000


@dataclass(frozen=True)
class PersonFilter(Filter):
    """Whom it was about: by #id, or in the body of the form by an identity number or a name, which become the id."""

    def checked(self, typed: str) -> str:
        """The person's id. Raises Refusal when it is not one, or not one person's."""
        digits = typed.removeprefix("#")
        if digits.isdecimal() and (typed != digits or len(digits) <= _ID_DIGITS or request.method == "GET"):
            return super().checked(digits)
        if request.method == "GET":
            raise Refusal("Skriv personens id som #12, eller søk i filteret.")
        return str(_one(typed).id)


def _one(typed: str) -> Person:
    """The one person that an identity number, a name or a birth date finds."""
    db = house().store.db
    wanted = understand(typed, house().clock().astimezone(house().settings.zone).date())
    if isinstance(wanted, NationalIdentifier):
        known = people.person_with_number(db, wanted.number)
        found = [known] if known else []
    elif isinstance(wanted, BirthDate):
        found = [person for day in wanted.dates for person in people.people_born(db, day)]
    else:
        found = list(people.people_named(db, wanted.words))
    if not found:
        raise Refusal("Ingen slik person er registrert her.")
    if len(found) > 1:
        raise Refusal("Flere passer. Søk med fødselsnummer, eller skriv personens id som #12.")
    return found[0]


def _row(row: dict[str, Any]) -> Row:
    zone, at = house().settings.zone, datetime.fromisoformat(row["at"])
    content = json.loads(row["content"]) if row["content"] else None
    return Row(
        {
            "when": Cell(f"{date_of(at, zone)} {time_of(at, zone)}", href=url_for("trace.show", entry_id=row["id"])),
            "by": Cell(row["by"]),
            "act": Cell(act_name(Act(row["act"]))),
            "door": Cell(place_name(row["door"]), quiet=row["door"]),
            "person": _about(row["about"], row["first"]),
            "why": Cell(why_words(content)),
        },
        value=str(row["id"]),
    )


def _about(number: int, first: int | None) -> Cell:
    if number == 1:
        return Cell(f"#{first}", href=url_for("trace.of_person", person_id=first))
    return Cell(ngettext("%(count)s person", "%(count)s personer", number, count=count_of(number)) if number else "")


def _doers() -> Mapping[str, str]:
    return {name: name for name in trace_reading.doers(house().store.db) if name}


def _acts() -> Mapping[str, str]:
    return {act.value: act_name(act) for act in Act}


def _verified() -> dict[str, Any]:
    """The state of the last verification, in a sentence, with its head."""
    noted = trace_chain.last_noted(house().store.db)
    if noted is None:
        return {"verified": gettext("Sporingen er ikke kontrollert ennå. Det skjer hver natt."), "sound": None}
    at, verdict = noted
    when = moment_of(at, house().settings.zone, house().clock())
    head = f"{verdict.head.number}:{verdict.head.hash}"
    if verdict.fault is not None:
        advice = gettext("Kontrollert %(when)s. Ta vare på filen slik den er, og meld fra.", when=when)
        return {"verified": f"{fault_words(verdict)} {advice}", "sound": False, "head": head}
    number = count_of(verdict.head.number)
    told = gettext("Kontrollert %(when)s: hel, %(number)s innføringer.", when=when, number=number)
    return {"verified": told, "sound": True, "head": head}


LISTING = ListScreen(
    name="trace",
    title=lazy_gettext("Sporing"),
    endpoint="trace.listing",
    columns=(
        when_column(),
        Column("by", lazy_gettext("Hvem"), (Filter("by", lazy_gettext("Hvem"), _doers),), sortable=False, fixed=True),
        Column("act", lazy_gettext("Hva"), (Filter("act", lazy_gettext("Hva"), _acts),), sortable=False, fixed=True),
        Column("door", lazy_gettext("Hvor"), (Filter("door", lazy_gettext("Døren begynner med")),), sortable=False),
        Column(
            "person",
            lazy_gettext("Om hvem"),
            (PersonFilter("person", lazy_gettext("Id (#12), fødselsnummer eller navn")),),
            sortable=False,
        ),
        Column("why", lazy_gettext("Hvorfor"), sortable=False),
    ),
    query=trace_reading.LIST,
    row=_row,
    sort="when",
    descending=True,
    template="trace.html",
    context=_verified,
)


@routes.route("/trace", methods=["GET", "POST"])
def listing() -> ResponseReturnValue:
    """All that was done. With a person in the filter it is a look at what was done about them."""
    _about_chosen()
    return LISTING.respond()


@routes.get("/trace.<form>")
def listing_export(form: str) -> ResponseReturnValue:
    """All that fits, as a file."""
    _about_chosen()
    return LISTING.export(form)


@routes.get("/trace/<int:entry_id>")
def show(entry_id: int) -> ResponseReturnValue:
    """One entry, with all whom it was about."""
    entry = trace_reading.entry(house().store.db, entry_id) or abort(404)
    at, zone = datetime.fromisoformat(entry["at"]), house().settings.zone
    return render_template(
        "trace_entry.html",
        entry=entry,
        when=f"{date_of(at, zone)} {time_of(at, zone)}",
        act=act_name(Act(entry["act"])),
        place=place_name(entry["door"]),
        content=None if entry["content"] is None else content_words(entry["content"]),
        erased=why_words(None),
        most=MOST_SHOWN,
    )


@routes.get("/trace/people/<int:person_id>")
def of_person(person_id: int) -> ResponseReturnValue:
    """Everyone who looked at one person, who is named here."""
    return render_template("trace_person.html", **looks_shown(person_id))


@routes.get("/trace/people/<int:person_id>.<form>")
def of_person_export(person_id: int, form: str) -> ResponseReturnValue:
    """The same as a file."""
    return looks_file(person_id, form)


def _about_chosen() -> None:
    wish, _ = LISTING.wish_of(request.args)
    if chosen := wish.filters.get("person"):
        about(int(chosen))
