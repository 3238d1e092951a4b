"""Writing a recognition case: for whom, a new one, and one that is there already."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.identity import NationalIdentifier
from webapp.model import Case, CaseStatus, CaseType, Person
from webapp.recognition.cases import LONGEST, ChangedMeanwhile, WrongCase, change_case, open_case, wrong_fields
from webapp.store import people
from webapp.web.cases import known_case, status_choices, type_choices
from webapp.web.current import caseworker, house
from webapp.web.language import gettext, said
from webapp.web.lists import day_of
from webapp.web.people_heads import known_person
from webapp.web.people_rows import person_row
from webapp.web.protection import demand_seen
from webapp.web.search import hits_of
from webapp.web.search_terms import understand
from webapp.web.traced import about

routes = Blueprint("case_form", __name__)

_FIELDS = ("type", "status", "applied_on", *LONGEST)


@routes.get("/cases/new")
def pick() -> ResponseReturnValue:
    """For whom is the new case? What is typed travels in the body of a form."""
    return render_template("case_pick.html")


@routes.post("/cases/new")
def find() -> ResponseReturnValue:
    """Find the person of a new case; a number that is known leads straight to the form."""
    typed = request.form.get("wanted", "")
    try:
        wanted = understand(typed, _today())
        if not isinstance(wanted, NationalIdentifier):
            return render_template("case_pick.html", typed=typed, hits=hits_of(wanted))
        known = people.person_with_number(house().store.db, wanted.number)
        if known is None:
            raise Refusal("Nummeret er ikke registrert her. Søk med det i søkefeltet øverst, og registrer personen.")
        demand_seen(known)
        about(known.id)
        return redirect(url_for("case_form.new", person_id=known.id), 303)
    except Refusal as refusal:
        return render_template("case_pick.html", typed=typed, refusal=said(refusal)), 422


@routes.get("/people/<int:person_id>/cases/new")
def new(person_id: int) -> ResponseReturnValue:
    """The form of a new case, with what is likely filled in."""
    return _form(known_person(person_id), _typed_of(_blank(person_id)))


@routes.post("/people/<int:person_id>/cases/new")
def create(person_id: int) -> ResponseReturnValue:
    """Open a new case, and go on to it."""
    person = known_person(person_id)
    try:
        wish = _wish(_blank(person_id))
        case_id = open_case(house().store, house().settings, wish, caseworker(), house().clock())
    except WrongCase as wrong:
        return _form(person, request.form, refusals=_said(wrong)), 422
    return redirect(url_for("cases.show", case_id=case_id), 303)


@routes.get("/cases/<int:case_id>/edit")
def edit(case_id: int) -> ResponseReturnValue:
    """The form of a case that is there already."""
    case, person = known_case(case_id)
    return _form(person, _typed_of(case), case)


@routes.post("/cases/<int:case_id>/edit")
def change(case_id: int) -> ResponseReturnValue:
    """Write the case anew; where somebody else did so first, show what they wrote beside what was typed."""
    case, person = known_case(case_id)
    # Without a number that can be read, 0: it is nobody's version, and the change is refused.
    version = request.form.get("version", 0, type=int)
    try:
        change_case(house().store, house().settings, case_id, version, _wish(case), caseworker(), house().clock())
    except WrongCase as wrong:
        return _form(person, request.form, case, version, _said(wrong)), 422
    except ChangedMeanwhile as meanwhile:
        current = meanwhile.current
        return _form(person, request.form, current, others=_others(current), refusal=said(meanwhile)), 422
    return redirect(url_for("cases.show", case_id=case_id), 303)


def _form(
    person: Person,
    typed: Mapping[str, str],
    case: Case | None = None,
    version: int | None = None,
    refusals: Mapping[str, str] | None = None,
    **more: Any,
) -> str:
    """The form as it was typed; `version`: what the reader typed on top of, the case's own when it is not given."""
    return render_template(
        "case_form.html",
        person=person_row(person),
        case=case,
        version=version if version is not None or case is None else case.version,
        typed=typed,
        refusals=refusals or {},
        longest=LONGEST,
        types=type_choices(),
        statuses=status_choices(),
        **more,
    )


def _wish(before: Case) -> Case:
    """The case that the form asks for. Raises WrongCase with all that is wrong with it."""
    form = request.form
    type = next((each for each in CaseType if each == form.get("type")), None)
    status = next((each for each in CaseStatus if each == form.get("status")), None)
    choose = Refusal("Velg en av verdiene i listen.")
    wrong = {key: choose for key, value in (("type", type), ("status", status)) if value is None}
    try:
        applied_on = day_of(form.get("applied_on", "").strip())
    except Refusal as refusal:
        wrong["applied_on"], applied_on = refusal, _today()
    texts = {key: form.get(key, "") for key in LONGEST}
    written = {"type": type or before.type, "status": status or before.status, "applied_on": applied_on}
    wish = replace(before, **written, **texts)  # type: ignore[arg-type]
    wrong |= wrong_fields(wish, _today())
    if wrong:
        raise WrongCase(wrong)
    return wish


def _others(current: Case) -> Mapping[str, str]:
    """What stands in each field now, where it is another than was typed."""
    now, typed = _typed_of(current), {key: request.form.get(key, "").replace("\r\n", "\n").strip() for key in _FIELDS}
    return {key: now[key] or gettext("(tomt)") for key in _FIELDS if now[key] != typed[key]}


def _typed_of(case: Case) -> Mapping[str, str]:
    texts = {key: str(getattr(case, key)) for key in ("type", "status", *LONGEST)}
    return texts | {"applied_on": f"{case.applied_on:%d.%m.%Y}"}


def _blank(person_id: int) -> Case:
    return Case(0, person_id, CaseType.INNPASS, CaseStatus.UNTREATED, _today(), responsible=caseworker())


def _today() -> date:
    return house().clock().astimezone(house().settings.zone).date()


def _said(wrong: WrongCase) -> Mapping[str, str]:
    return {field: said(refusal) for field, refusal in wrong.fields.items()}
