"""Eksternresultat-logg: what became of every result, of everybody or of one person."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.model import ChangeKind
from webapp.names import written_name
from webapp.store import institutions, log
from webapp.web.change_words import change_words
from webapp.web.current import house
from webapp.web.labels import kind_name
from webapp.web.language import gettext, lazy_gettext
from webapp.web.lists import Cell, Column, Filter, ListScreen, Row, when_column
from webapp.web.people_heads import head_of, known_person
from webapp.web.words import date_of, text_of, time_of

routes = Blueprint("log", __name__)

_ICONS = {
    ChangeKind.GONE: "gone",
    ChangeKind.WRITTEN: "hand",
    ChangeKind.EDITED: "hand",
    ChangeKind.REMOVED: "hand",
}


def _row(row: dict[str, Any]) -> Row:
    zone = house().settings.zone
    at, kind = datetime.fromisoformat(row["changed_at"]), ChangeKind(row["kind"])
    name = written_name(row["given_names"], row["family_name"]) or gettext("Uten navn")
    code = "-".join(part for part in (row["code"], row["version"]) if part)
    named = text_of(institutions.names_of(row["names"]))
    return Row(
        {
            "when": Cell(f"{date_of(at, zone)} {time_of(at, zone)}"),
            "name": Cell(name, href=url_for("person.show", person_id=row["person_id"])),
            "institution": Cell(text_of(institutions.names_of(row["institution_names"]))),
            "caseworker": Cell(row["changed_by"] or ""),
            "kind": Cell(kind_name(kind), state=_ICONS.get(kind)),
            "result": Cell(" ".join(part for part in (code, named) if part)),
            "what": Cell("; ".join(change_words(change) for change in log.fields_of(row))),
        },
        value=str(row["id"]),
    )


def _institutions() -> Mapping[str, str]:
    return {str(number): text_of(name) for number, name in institutions.choices(house().store.db).items()}


def _kinds() -> Mapping[str, str]:
    return {kind.value: kind_name(kind) for kind in ChangeKind}


LISTING = ListScreen(
    name="log",
    title=lazy_gettext("Eksternresultat-logg"),
    endpoint="log.listing",
    columns=(
        when_column(),
        Column("name", lazy_gettext("Person"), (Filter("name", lazy_gettext("Navn")),), sortable=False),
        Column(
            "institution",
            lazy_gettext("Institusjon"),
            (Filter("institution", lazy_gettext("Institusjon"), _institutions),),
            sortable=False,
        ),
        Column(
            "caseworker",
            lazy_gettext("Saksbehandler"),
            (Filter("caseworker", lazy_gettext("Saksbehandlerens brukernavn")),),
            sortable=False,
        ),
        Column(
            "kind", lazy_gettext("Hva skjedde"), (Filter("kind", lazy_gettext("Hva skjedde"), _kinds),), sortable=False
        ),
        Column("result", lazy_gettext("Rad"), sortable=False),
        Column("what", lazy_gettext("Felt: før → etter"), sortable=False),
    ),
    query=log.LIST,
    row=_row,
    sort="when",
    descending=True,
)


@routes.route("/log", methods=["GET", "POST"])
def listing() -> ResponseReturnValue:
    """The log of everybody; with ?person=ID that of one person."""
    if person_id := request.args.get("person", type=int):
        return redirect(url_for("log.of_person", person_id=person_id))
    return LISTING.respond()


@routes.get("/log.<form>")
def listing_export(form: str) -> ResponseReturnValue:
    """All lines of the log that fit, as a file."""
    return LISTING.export(form)


@routes.route("/people/<int:person_id>/changes", methods=["GET", "POST"])
def of_person(person_id: int) -> ResponseReturnValue:
    """Tab Endringer: the log of one person."""
    return _of_person(person_id).respond()


@routes.get("/people/<int:person_id>/changes.<form>")
def of_person_export(person_id: int, form: str) -> ResponseReturnValue:
    """The log of one person as a file."""
    return _of_person(person_id).export(form)


@routes.route("/people/<int:person_id>/studies/<int:institution>/changes", methods=["GET", "POST"])
def of_study(person_id: int, institution: int) -> ResponseReturnValue:
    """Tab Endringer of an institution's row."""
    return _of_study(person_id, institution).respond()


@routes.get("/people/<int:person_id>/studies/<int:institution>/changes.<form>")
def of_study_export(person_id: int, institution: int, form: str) -> ResponseReturnValue:
    """The log of an institution's row as a file."""
    return _of_study(person_id, institution).export(form)


def _of_person(person_id: int) -> ListScreen:
    person = known_person(person_id)
    return replace(
        LISTING,
        name="person-log",
        title=lazy_gettext("Endringer"),
        endpoint="log.of_person",
        columns=tuple(column for column in LISTING.columns if column.key != "name"),
        query=log.of_person(person_id),
        template="person_changes.html",
        context=lambda: head_of(person, "changes"),
    )


def _of_study(person_id: int, institution: int) -> ListScreen:
    person = known_person(person_id)
    return replace(
        LISTING,
        name="study-log",
        title=lazy_gettext("Endringer"),
        endpoint="log.of_study",
        columns=tuple(column for column in LISTING.columns if column.key not in ("name", "institution")),
        query=log.of_person(person_id, institution),
        template="person_changes.html",
        context=lambda: head_of(person, "changes", institution),
    )
