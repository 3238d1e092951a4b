"""An answer that was set aside: compare it with the person, then accept or reject it with a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching.setaside import SetAside, accept, reject, set_aside
from webapp.identity import mask
from webapp.model import Result
from webapp.store import Store, orders
from webapp.web.credits import extent
from webapp.web.current import caseworker, house
from webapp.web.labels import category_name, term_name
from webapp.web.language import gettext, said
from webapp.web.people_rows import person_row
from webapp.web.traced import about, told
from webapp.web.words import text_of

routes = Blueprint("setaside", __name__)

Decide = Callable[[Store, int, int, str, str, datetime], None]


@dataclass(frozen=True)
class Comparison:
    """One line of the comparison: what is compared, what we know, what the answer says, and whether they agree."""

    what: str
    ours: str
    theirs: str

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return self.ours == self.theirs


@routes.get("/fetches/<int:fetch_id>/set-aside")
@routes.get("/people/<int:person_id>/fetches/<int:fetch_id>/set-aside")
def show(fetch_id: int, person_id: int | None = None) -> ResponseReturnValue:
    """The answer beside the person who was asked about."""
    try:
        aside = set_aside(house().store, fetch_id, _about(fetch_id, person_id))
    except Refusal as refusal:
        return render_template("error.html", title=gettext("Svaret er ikke lagt til side"), advice=said(refusal)), 404
    return _page(aside)


@routes.post("/fetches/<int:fetch_id>/accept")
@routes.post("/people/<int:person_id>/fetches/<int:fetch_id>/accept")
def accepted(fetch_id: int, person_id: int | None = None) -> ResponseReturnValue:
    """It is about the person after all."""
    return _decided(fetch_id, _about(fetch_id, person_id), accept)


@routes.post("/fetches/<int:fetch_id>/reject")
@routes.post("/people/<int:person_id>/fetches/<int:fetch_id>/reject")
def rejected(fetch_id: int, person_id: int | None = None) -> ResponseReturnValue:
    """It is about somebody else."""
    return _decided(fetch_id, _about(fetch_id, person_id), reject)


def _about(fetch_id: int, person_id: int | None) -> int:
    """Whom an address is about; one without a person is that of a fetch about nobody else."""
    fetch = orders.fetch(house().store.db, fetch_id, person_id) or abort(404)
    about(fetch.person_id)
    return fetch.person_id


def _decided(fetch_id: int, person_id: int, decide: Decide) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    try:
        aside = set_aside(house().store, fetch_id, person_id)
    except Refusal as refusal:
        return render_template("error.html", title=gettext("Svaret er ikke lagt til side"), advice=said(refusal)), 404
    try:
        decide(house().store, fetch_id, person_id, caseworker(), reason, house().clock())
    except Refusal as refusal:
        return _page(aside, refusal=said(refusal), reason=reason), 422
    told(reason=reason.strip())
    return redirect(url_for("person.show", person_id=aside.person.id), 303)


def _page(aside: SetAside, refusal: str = "", reason: str = "") -> str:
    return render_template(
        "set_aside.html",
        fetch_id=aside.fetch.id,
        person=person_row(aside.person),
        comparisons=_comparisons(aside),
        reasons=[gettext(reason) for reason in aside.verdict.reasons],
        results=[result_words(result) for study in aside.transcript.studies for result in study.results],
        refusal=refusal,
        reason=reason,
    )


def _comparisons(aside: SetAside) -> list[Comparison]:
    person, learner = aside.person, aside.transcript.learner
    numbers = ", ".join(mask(number) for number in learner.national_identifiers)
    return [
        Comparison(gettext("Nummer"), ", ".join(mask(number) for number in person.identifiers), numbers),
        Comparison(gettext("Etternavn"), person.family_name or "", learner.family_name or ""),
        Comparison(gettext("Fornavn"), person.given_names or "", learner.given_names or ""),
        Comparison(
            gettext("Født"),
            f"{person.birth_date:%d.%m.%Y}" if person.birth_date else "",
            f"{learner.birth_date:%d.%m.%Y}" if learner.birth_date else "",
        ),
    ]


def result_words(result: Result) -> dict[str, str]:
    """A result of an answer that is not taken in, in words."""
    return {
        "category": category_name(result.category),
        "code": result.code or "",
        "name": text_of(result.name),
        "term": term_name(result.term) if result.term else "",
        "extent": extent(result.credits, result.credit_scheme),
        "grade": result.grade or "",
    }
