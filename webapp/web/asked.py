"""Bestillinger and Svaret som det kom: what was asked about a person, and the answers, order by order."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.identity import mask
from webapp.model import FetchLine, Order, Outcome
from webapp.sources.catalogue import pretty_payload
from webapp.store import answers, asked, orders, reports
from webapp.web.current import house
from webapp.web.labels import basis_name, purpose_name
from webapp.web.language import gettext, ngettext
from webapp.web.order_box import is_undecided, seconds_of
from webapp.web.people_heads import head_of, known_person
from webapp.web.report_rows import report_rows
from webapp.web.rights import demand_answers, may_see_answers
from webapp.web.traced import about
from webapp.web.words import date_of, rare_parts, sentence_of, state_of, text_of, time_of, told_of

routes = Blueprint("asked", __name__)

#: A longer answer is shown up to here; the file has all of it.
MOST_SHOWN = 300_000


@dataclass(frozen=True)
class OrderRow:
    """An order in a list: when, of whom, what for, and how it went."""

    id: int
    placed: str
    by: str
    purpose: str
    basis: str
    told: str
    run_id: int | None = None
    reason: str = ""
    basis_text: str = ""


@dataclass(frozen=True)
class AskedRow:
    """An institution that was asked once: how it answered then, where the answer as it came can be seen, and where
    somebody decides about one that was set aside."""

    name: str
    state: str
    told: str
    answered: str
    seconds: str
    answer_href: str
    aside_href: str
    order: OrderRow


@routes.get("/people/<int:person_id>/orders")
def of_person(person_id: int) -> ResponseReturnValue:
    """Tab Bestillinger: all orders about a person and all that the person has reported, the newest first."""
    person, db = known_person(person_id), house().store.db
    lines = defaultdict[int, list[FetchLine]](list)
    for order, line in asked.asked_alone(db, person_id):
        lines[order.id].append(line)
    in_runs = asked.told_in_runs(db, person_id)
    rows = [
        order_row(order, lines[order.id])
        if order.run_id is None
        else replace(order_row(order), told=_told_in_run(order, in_runs.get(order.id, {})))
        for order in orders.orders_of(db, person_id)
    ]
    reported = report_rows(person, reports.reports_of(db, person_id))
    return render_template("person_orders.html", **head_of(person, "orders"), orders=rows, reports=reported)


@routes.get("/people/<int:person_id>/orders/<int:order_id>")
def order(person_id: int, order_id: int) -> ResponseReturnValue:
    """One order with a line for each institution, as they answered then."""
    known = known_order(person_id, order_id)
    lines = orders.lines_of(house().store.db, order_id, person_id)
    return render_template(
        "person_order.html",
        **head_of(known_person(person_id), "orders"),
        order=order_row(known, lines),
        rows=[asked_row(known, line) for line in lines],
    )


@routes.get("/people/<int:person_id>/studies/<int:institution>/orders")
def of_study(person_id: int, institution: int) -> ResponseReturnValue:
    """Tab Bestillinger of an institution's row: every time that it was asked about the person."""
    rows = [asked_row(order, line) for order, line in asked.asked(house().store.db, person_id, institution)]
    return render_template("study_orders.html", **head_of(known_person(person_id), "orders", institution), rows=rows)


@routes.get("/people/<int:person_id>/studies/<int:institution>/answer")
def answer_of_study(person_id: int, institution: int) -> ResponseReturnValue:
    """Tab Svaret som det kom: the latest answer with a body, or the one of ?fetch=ID."""
    demand_answers()
    wanted = request.args.get("fetch", type=int)
    having = [
        (order, line)
        for order, line in asked.asked(house().store.db, person_id, institution)
        if line.answer and line.answer.payload
    ]
    chosen = next((each for each in having if wanted in (None, each[1].fetch.id)), None)
    if chosen is None and wanted is not None:
        abort(404)
    payload = _body(chosen[1]) if chosen else b""
    text = mask(pretty_payload(payload))
    return render_template(
        "study_answer.html",
        **head_of(known_person(person_id), "answer", institution),
        rows=[asked_row(order, line) for order, line in having],
        chosen=asked_row(*chosen) if chosen else None,
        fetch_id=chosen[1].fetch.id if chosen else None,
        hash=chosen[1].answer.payload if chosen and chosen[1].answer else "",
        size=len(payload),
        text=text[:MOST_SHOWN],
        cut=len(text) > MOST_SHOWN,
    )


@routes.get("/fetches/<int:fetch_id>/answer")
@routes.get("/people/<int:person_id>/fetches/<int:fetch_id>/answer")
def answer_file(fetch_id: int, person_id: int | None = None) -> ResponseReturnValue:
    """The answer as it came, byte for byte, as a file whose name tells nothing of the person. Without a person it is
    that of a fetch about nobody else."""
    demand_answers()
    fetch = orders.fetch(house().store.db, fetch_id, person_id) or abort(404)
    about(fetch.person_id)
    found = answers.answer(house().store.db, fetch_id, fetch.person_id)
    body = answers.payload(house().store.db, found.payload) if found and found.payload else None
    if body is None:
        abort(404)
    is_xml = body.lstrip().startswith(b"<")
    file = Response(body, mimetype="application/xml" if is_xml else "application/octet-stream")
    file.headers["Content-Disposition"] = f'attachment; filename="svar-{fetch_id}.{"xml" if is_xml else "bin"}"'
    file.headers["Cache-Control"] = "no-store"
    return file


def known_order(person_id: int, order_id: int) -> Order:
    """The order with this id about this person; 404 when there is none."""
    return orders.order(house().store.db, order_id, person_id) or abort(404)


def order_row(order: Order, lines: Sequence[FetchLine] = ()) -> OrderRow:
    """An order ready to be shown; with its lines it says how it went."""
    zone = house().settings.zone
    return OrderRow(
        id=order.id,
        placed=f"{date_of(order.placed_at, zone)} {time_of(order.placed_at, zone)}",
        by=order.placed_by,
        purpose=purpose_name(order.purpose),
        basis=basis_name(order.basis),
        told=told_of(order, lines) if lines else "",
        run_id=order.run_id,
        reason=order.reason,
        basis_text=order.basis_text,
    )


def _told_in_run(order: Order, told: Mapping[Outcome, int]) -> str:
    """What a run's order brought for a person: what was new, and who could not be asked."""
    if order.finished_at is None:
        return gettext("FS154.001 går ennå.")
    return said_in_run(told) or gettext("Ingenting nytt.")


def said_in_run(told: Mapping[Outcome, int]) -> str:
    """What a run brought for a person, out of how many institutions said what; "" when nothing was new."""
    found = told.get(Outcome.FOUND, 0)
    new = [ngettext("nytt fra %(num)d institusjon", "nytt fra %(num)d institusjoner", found)] if found else []
    # Who does not share is the same for all and every time, and who brings files nearly so.
    same = (Outcome.NOT_SHARED, Outcome.AWAITED)
    return ", ".join([*new, *rare_parts({outcome: n for outcome, n in told.items() if outcome not in same})])


def told_then(line: FetchLine) -> str:
    """What a source answered then. An order's box tells of what stands now; this is for those who look back."""
    if line.answer is None or line.answer.outcome not in (Outcome.FOUND, Outcome.UNCHANGED):
        return sentence_of(line, house().settings.zone, house().clock())
    results = ngettext("%(num)d resultat", "%(num)d resultater", line.answer.results)
    if line.answer.outcome is Outcome.UNCHANGED:
        return gettext("%(results)s, uendret", results=results)
    changes = ngettext("%(num)d endring", "%(num)d endringer", line.answer.changes)
    return f"{results} · {changes}" if line.answer.changes else results


def asked_row(order: Order, line: FetchLine) -> AskedRow:
    zone, at = house().settings.zone, line.answer.answered_at if line.answer else None
    has_answer = line.answer is not None and line.answer.payload is not None and may_see_answers()
    return AskedRow(
        name=text_of(line.name),
        state=state_of(line),
        told=told_then(line),
        answered=f"{date_of(at, zone)} {time_of(at, zone)}" if at else "",
        seconds=seconds_of(line),
        answer_href=url_for(
            "asked.answer_of_study",
            person_id=order.person_id,
            institution=line.fetch.institution,
            fetch=line.fetch.id,
        )
        if has_answer
        else "",
        aside_href=url_for("setaside.show", person_id=order.person_id, fetch_id=line.fetch.id)
        if is_undecided(line)
        else "",
        order=order_row(order),
    )


def _body(line: FetchLine) -> bytes:
    name = line.answer.payload if line.answer else None
    return (answers.payload(house().store.db, name) if name else None) or abort(404)
