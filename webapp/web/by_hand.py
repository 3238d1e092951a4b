"""Registrer for hånd: rows that a caseworker writes, and the note on an institution's row."""

from collections.abc import Mapping

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching.by_hand import (
    CREDIT_SCHEMES,
    LONGEST_NOTE,
    WrongRow,
    change_by_hand,
    note_on_study,
    remove_by_hand,
    write_by_hand,
)
from webapp.model import Category, Person, Season, StoredResult
from webapp.store import by_hand, institutions, results
from webapp.web.current import caseworker, house
from webapp.web.labels import category_name
from webapp.web.language import gettext, said
from webapp.web.people_heads import head_of, known_person
from webapp.web.row_form import LEVELS, read_row, typed_of
from webapp.web.words import text_of

routes = Blueprint("by_hand", __name__)


@routes.get("/people/<int:person_id>/results/new")
def new(person_id: int) -> ResponseReturnValue:
    """An empty row; ?institution=NUMBER chooses the institution."""
    return _page(known_person(person_id), {"institution": request.args.get("institution", "")})


@routes.post("/people/<int:person_id>/results/new")
def write(person_id: int) -> ResponseReturnValue:
    """Write the row."""
    person = known_person(person_id)
    try:
        wish = read_row(request.form)
        write_by_hand(house().store, person.id, wish, caseworker(), house().clock())
    except WrongRow as wrong:
        return _page(person, request.form, wrong.fields), 422
    return _back(person.id, wish.institution)


@routes.get("/results/<int:result_id>")
def edit(result_id: int) -> ResponseReturnValue:
    """A row by hand, to be changed or removed."""
    person, row = _known(result_id)
    return _page(person, typed_of(row), row=row)


@routes.post("/results/<int:result_id>")
def change(result_id: int) -> ResponseReturnValue:
    """Write the row anew."""
    person, row = _known(result_id)
    typed = {**request.form, "institution": str(row.institution)}
    try:
        change_by_hand(house().store, result_id, read_row(typed), caseworker(), house().clock())
    except WrongRow as wrong:
        return _page(person, typed, wrong.fields, row=row), 422
    except Refusal as refusal:
        return _refused(refusal)
    return _back(person.id, row.institution)


@routes.post("/results/<int:result_id>/remove")
def remove(result_id: int) -> ResponseReturnValue:
    """Take the row away; the log keeps it."""
    person, row = _known(result_id)
    try:
        remove_by_hand(house().store, result_id, caseworker(), house().clock())
    except Refusal as refusal:
        if not row.by_hand or row.gone_at is not None:
            return _refused(refusal)
        return _page(person, typed_of(row), {"remove": refusal}, row=row), 422
    return _back(person.id, row.institution)


@routes.get("/people/<int:person_id>/studies/<int:institution>/note")
def note(person_id: int, institution: int) -> ResponseReturnValue:
    """The note on an institution's row, to be changed."""
    known = (s for s in results.studies_of(house().store.db, person_id) if s.institution == institution)
    study = next(known, None) or abort(404)
    return _note_page(known_person(person_id), institution, study.note)


@routes.post("/people/<int:person_id>/studies/<int:institution>/note")
def write_note(person_id: int, institution: int) -> ResponseReturnValue:
    """Write the note."""
    person = known_person(person_id)
    text = request.form.get("note", "")
    try:
        note_on_study(house().store, person_id, institution, text, caseworker(), house().clock())
    except Refusal as refusal:
        return _note_page(person, institution, text, said(refusal)), 422
    return _back(person_id, institution)


def _known(result_id: int) -> tuple[Person, StoredResult]:
    person_id, row = by_hand.row(house().store.db, result_id) or abort(404)
    return known_person(person_id), row


def _back(person_id: int, institution: int) -> ResponseReturnValue:
    return redirect(url_for("person.show", person_id=person_id, open=institution, _anchor=f"study-{institution}"), 303)


def _refused(refusal: Refusal) -> ResponseReturnValue:
    return render_template("error.html", title=gettext("Raden kan ikke endres"), advice=said(refusal)), 409


def _page(
    person: Person,
    typed: Mapping[str, str],
    wrong: Mapping[str, Refusal] | None = None,
    row: StoredResult | None = None,
) -> str:
    if row is not None and (not row.by_hand or row.gone_at is not None):
        abort(404)
    db = house().store.db
    names = {number: text_of(name) for number, name in institutions.choices(db).items()}
    offered = by_hand.parents(db, person.id, row.institution if row else None)
    return render_template(
        "by_hand.html",
        **head_of(person, ""),
        row=row,
        typed=typed,
        wrong={field: said(refusal) for field, refusal in (wrong or {}).items()},
        institutions=names,
        institution=names.get(row.institution) if row else None,
        categories={category.value: category_name(category) for category in Category},
        seasons={Season.SPRING: gettext("vår"), Season.SUMMER: gettext("sommer"), Season.AUTUMN: gettext("høst")},
        schemes=CREDIT_SCHEMES,
        levels=LEVELS,
        parents={each.id: _named(each, names) for each in offered if row is None or each.id != row.id},
    )


def _named(row: StoredResult, institution_names: Mapping[int, str]) -> str:
    parts = (row.result.code, text_of(row.result.name), f"({institution_names[row.institution]})")
    return " ".join(part for part in parts if part)


def _note_page(person: Person, institution: int, text: str, refusal: str = "") -> str:
    head = head_of(person, "note", institution)
    return render_template(
        "study_note.html", **head, institution=institution, note=text, most=LONGEST_NOTE, refusal=refusal
    )
