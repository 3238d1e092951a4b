"""Answers that were set aside because they seem to be about somebody else: accept or reject, with a reason.

A fetch of a run is about many: then person_id says whose answer is meant.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from apiflask import APIBlueprint
from flask import abort
from pydantic import Field

from webapp.errors import Refusal
from webapp.fetching.setaside import SetAside, accept, reject, set_aside
from webapp.identity import mask
from webapp.store import Store, orders
from webapp.web.api.people import Identifiers, Showing, demand_whole_numbers
from webapp.web.api.shapes import Maybe, Prose, QueryId, Shape
from webapp.web.current import caseworker, house
from webapp.web.language import gettext
from webapp.web.traced import about as traced_about
from webapp.web.traced import told

routes = APIBlueprint("api_set_aside", __name__, url_prefix="/api/fetches/<int:fetch_id>", tag="Answers set aside")


class SetAsideShape(Shape):
    """Whom an answer that was set aside says that it is about, why it was, and how many results it has."""

    fetch_id: int
    order_id: int
    person_id: int
    institution: int
    given_names: str | None
    family_name: str | None
    birth_date: date | None
    numbers: list[str]
    reasons: list[str]
    results: int


class Reason(Shape):
    """Why it was decided so; it stays beside the answer."""

    reason: Annotated[Prose, Field(min_length=1)]


class About(Shape):
    """Whose answer is meant; it can be left out where the fetch is about nobody else."""

    person_id: Maybe[QueryId] = None


class AboutShown(About, Showing):
    """Whose answer is meant, and how its numbers are to be given."""


class Decided(Shape):
    """Whether an answer that was set aside was accepted, by whom and why."""

    fetch_id: int
    accepted: bool
    by: str
    reason: str


@routes.get("/set-aside")
@routes.input(AboutShown, location="query", arg_name="about")
@routes.output(SetAsideShape)
def show(fetch_id: int, about: AboutShown) -> SetAsideShape:
    """An answer that was set aside and that nobody has decided about."""
    aside = _known(fetch_id, about)
    whole = about.identifiers is Identifiers.FULL
    if whole:
        demand_whole_numbers(aside.person)
    return _shape(aside, whole=whole)


@routes.post("/accept")
@routes.input(About, location="query", arg_name="about")
@routes.input(Reason, arg_name="reason")
@routes.output(Decided)
def accepted(fetch_id: int, about: About, reason: Reason) -> Decided:
    """It is about the person after all: its results are taken in."""
    return _decided(_known(fetch_id, about), reason.reason, True, accept)


@routes.post("/reject")
@routes.input(About, location="query", arg_name="about")
@routes.input(Reason, arg_name="reason")
@routes.output(Decided)
def rejected(fetch_id: int, about: About, reason: Reason) -> Decided:
    """It is about somebody else."""
    return _decided(_known(fetch_id, about), reason.reason, False, reject)


def _decided(
    aside: SetAside, reason: str, accepts: bool, decide: Callable[[Store, int, int, str, str, datetime], None]
) -> Decided:
    told(reason=reason.strip())
    decide(house().store, aside.fetch.id, aside.person.id, caseworker(), reason, house().clock())
    return Decided(fetch_id=aside.fetch.id, accepted=accepts, by=caseworker(), reason=reason.strip())


def _known(fetch_id: int, about: About) -> SetAside:
    fetch = orders.fetch(house().store.db, fetch_id, about.person_id) or abort(404)
    traced_about(fetch.person_id)
    try:
        return set_aside(house().store, fetch_id, fetch.person_id)
    except Refusal:
        abort(404)


def _shape(aside: SetAside, *, whole: bool) -> SetAsideShape:
    learner = aside.transcript.learner
    return SetAsideShape(
        fetch_id=aside.fetch.id,
        order_id=aside.fetch.order_id,
        person_id=aside.person.id,
        institution=aside.fetch.institution,
        given_names=learner.given_names,
        family_name=learner.family_name,
        birth_date=learner.birth_date,
        numbers=[number if whole else mask(number) for number in learner.national_identifiers],
        reasons=[gettext(reason) for reason in aside.verdict.reasons],
        results=sum(len(study.results) for study in aside.transcript.studies),
    )
