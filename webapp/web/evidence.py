"""Kildebevis: what was asked about a person, of whom, when and on which basis, what each answered and what not.

An institution decides on it, so that it says what it does not know as loudly as what it does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.fetching.ordering import askable
from webapp.identity import mask
from webapp.model import Act, Basis, FetchLine, Order, Outcome, Person, Right, TraceEntry
from webapp.store import asked, deliveries, institutions, orders, trace
from webapp.web.asked import known_order, told_then
from webapp.web.current import caseworker, house, may
from webapp.web.evidence_pdf import PDF_MISSING, pdf_of
from webapp.web.labels import basis_name, purpose_name
from webapp.web.language import gettext, ngettext
from webapp.web.numbers import grouped
from webapp.web.order_box import seconds_of
from webapp.web.people_heads import head_of, known_institution, known_person
from webapp.web.press import studies_of
from webapp.web.study_rows import StudyRow
from webapp.web.upload_rows import signature_row
from webapp.web.words import NOT_ASKED, date_of, state_of, text_of, time_of

routes = Blueprint("evidence", __name__)

#: The groups that answers are told in, in their order; what is in none has not answered yet.
_GROUPS = (
    (Outcome.FOUND, Outcome.UNCHANGED),
    tuple(sorted(NOT_ASKED)),
    (Outcome.MISMATCH,),
    (Outcome.NOT_SHARED, Outcome.NO_CONSENT),
    (Outcome.AWAITED,),
    (Outcome.NOTHING,),
)


@dataclass(frozen=True)
class AnswerRow:
    """What one institution answered; `hash` is that of the answer as it came, "" when nothing came."""

    name: str
    state: str
    told: str
    answered: str
    seconds: str
    hash: str


@dataclass(frozen=True)
class AnswerGroup:
    """Institutions that answered alike, and what that means."""

    title: str
    meaning: str
    rows: tuple[AnswerRow, ...]


@dataclass(frozen=True)
class Evidence:
    """A kildebevis. `newer` says when the person was asked about again since, `institution` names the only one that
    it tells of; `missing` says who could not be asked. `signature`: that of the document, where one was brought."""

    order_id: int
    institution: str
    placed: str
    placed_by: str
    placed_from: str
    purpose: str
    reason: str
    basis: str
    consent: str
    signature: str
    finished: str
    numbers: tuple[str, ...]
    groups: tuple[AnswerGroup, ...]
    missing: str
    newer: str
    studies: tuple[StudyRow, ...]
    printed: str
    instance: str
    test_instance: bool


@routes.get("/people/<int:person_id>/evidence")
def latest(person_id: int) -> ResponseReturnValue:
    """The kildebevis of the latest order about a person that asked all, or where there is none the latest; a page that
    says so when nothing was ordered."""
    person, db = known_person(person_id), house().store.db
    placed = orders.orders_of(db, person_id)
    if not placed:
        return render_template("evidence.html", **head_of(person, "evidence"), evidence=None)
    sources = len(house().settings.asked)
    order_id = asked.latest_of_all(db, person_id, sources) or placed[0].id
    return redirect(url_for("evidence.show", person_id=person_id, order_id=order_id))


@routes.get("/people/<int:person_id>/studies/<int:institution>/evidence")
def of_study(person_id: int, institution: int) -> ResponseReturnValue:
    """The kildebevis of one institution's row: from the latest order that asked about it."""
    person = known_person(person_id)
    times = asked.asked(house().store.db, person_id, institution)
    if not times:
        return render_template("evidence.html", **head_of(person, "evidence", institution), evidence=None)
    order_id = times[0][0].id
    return redirect(url_for("evidence.show", person_id=person_id, order_id=order_id, institution=institution))


@routes.get("/people/<int:person_id>/orders/<int:order_id>/evidence")
def show(person_id: int, order_id: int) -> ResponseReturnValue:
    """A kildebevis as a page that can be printed; ?institution=NUMBER narrows it to one."""
    person, only = known_person(person_id), request.args.get("institution", type=int)
    evidence = evidence_of(person, known_order(person_id, order_id), only)
    may_number = may(Right.WORK)
    head = head_of(person, "evidence", only)
    return render_template("evidence.html", **head, evidence=evidence, only=only, may_number=may_number)


@routes.get("/people/<int:person_id>/orders/<int:order_id>/evidence.pdf")
def pdf(person_id: int, order_id: int) -> ResponseReturnValue:
    """The same as a tagged PDF, whose name tells nothing of the person."""
    return _pdf(known_person(person_id), known_order(person_id, order_id))


@routes.post("/people/<int:person_id>/orders/<int:order_id>/evidence.pdf")
def pdf_with_numbers(person_id: int, order_id: int) -> ResponseReturnValue:
    """The same for an archive, which files by the whole number."""
    person, order = known_person(person_id), known_order(person_id, order_id)
    told = {"order": str(order_id), "numbers": "yes"}
    with house().store.write() as db:
        door = request.endpoint or ""
        trace.append(db, TraceEntry(house().clock(), caseworker(), Act.PRINTED, door, (person_id,), told))
    return _pdf(person, order, grouped(askable(person)))


def _pdf(person: Person, order: Order, numbers: tuple[str, ...] = ()) -> ResponseReturnValue:
    """A kildebevis as a file; `numbers`: the whole ones, where the masked are not to stand in it."""
    if PDF_MISSING:
        return render_template("error.html", title=gettext("PDF kan ikke lages her"), advice=gettext(PDF_MISSING)), 503
    only = request.args.get("institution", type=int)
    evidence = evidence_of(person, order, only)
    evidence = replace(evidence, numbers=numbers or evidence.numbers)
    page = render_template("evidence_pdf.html", **head_of(person, "evidence", only), evidence=evidence)
    answer = Response(pdf_of(page), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="kildebevis-{order.id}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def evidence_of(person: Person, order: Order, only: int | None = None) -> Evidence:
    """The kildebevis of an order, of all institutions or of `only` one."""
    db, zone, now = house().store.db, house().settings.zone, house().clock()
    lines, studies = orders.lines_of(db, order.id, person.id), studies_of(person.id)
    if only is not None:
        sources = asked.sources_of(db, person.id, only)
        lines = [line for line in lines if line.fetch.institution in sources]
        studies = tuple(study for study in studies if study.institution == only)
    newest = orders.orders_of(db, person.id)[0]
    return Evidence(
        order_id=order.id,
        institution=known_institution(only) if only is not None else "",
        placed=_moment(order.placed_at),
        placed_by=order.placed_by,
        placed_from=_place(order),
        purpose=purpose_name(order.purpose),
        reason=order.reason,
        basis=", ".join(filter(None, [basis_name(order.basis), order.basis_text])),
        consent=gettext("ikke aktuelt (hjemmel)") if order.basis is Basis.STATUTE else gettext("kreves"),
        signature=_signature(order),
        finished=_moment(order.finished_at),
        numbers=tuple(mask(number) for number in askable(person)),
        groups=tuple(_groups(lines)),
        missing=_missing(lines),
        newer=_moment(newest.placed_at) if newest.id != order.id else "",
        studies=studies,
        printed=f"{date_of(now, zone)} {time_of(now, zone)}",
        instance=_instance(),
        test_instance=house().settings.settings.test_instance,
    )


def _instance() -> str:
    """Where it was made: the institution whose instance this is, as far as that is said, and the host."""
    ours = institutions.choices(house().store.db).get(house().settings.settings.institution or 0)
    return f"{text_of(ours)} ({request.host})" if ours else request.host


def _moment(at: Any) -> str:
    zone = house().settings.zone
    return f"{date_of(at, zone)} {time_of(at, zone)}" if at else ""


def _place(order: Order) -> str:
    """From where an order was placed."""
    return {
        "person": gettext("Person eksternstudium"),
        "application": gettext("Søknad %(number)s", number=order.application),
        "case": gettext("Godkjenningssak %(number)s", number=order.case_id),
        "command-line": gettext("kommandolinjen"),
        "api": gettext("et annet system"),
        "file": gettext("opplastet fil"),
        "emrex": gettext("levert av studenten"),
        "run": gettext("FS154.001, kjøring %(number)s", number=order.run_id),
    }.get(order.placed_from, order.placed_from)


def _signature(order: Order) -> str:
    """What the signature of the document was worth that an order was made of, and who signed; "" for one that asked."""
    brought = deliveries.delivered(house().store.db, order.id)
    if brought is None:
        return ""
    row = signature_row(brought.signature)
    chosen = gettext("studenten har valgt ut innholdet") if brought.is_selection else ""
    return " · ".join(filter(None, [row.told, row.signer, row.algorithm, chosen]))


def _groups(lines: Sequence[FetchLine]) -> list[AnswerGroup]:
    told = {state: place for place, states in enumerate(_GROUPS) for state in states}
    words = (
        (gettext("Svarte, og har resultater"), ""),
        (
            gettext("Svarte ikke"),
            gettext("Om disse har resultater, vet vi ikke. Det er ikke det samme som at de ingen har."),
        ),
        (gettext("Svarte om en annen person"), gettext("Svaret er lagt til side, og er ikke med i resultatene.")),
        (gettext("Ble ikke spurt"), gettext("Om disse har resultater, vet vi ikke.")),
        (
            gettext("Har ikke levert fil"),
            gettext("Disse leverer resultater som filer. Om de har resultater, vet vi ikke."),
        ),
        (gettext("Svarte, og har ingen resultater"), ""),
        (gettext("Har ikke svart ennå"), gettext("Bestillingen er ikke ferdig.")),
    )
    groups = [
        (place, tuple(_answer_row(line) for line in lines if told.get(state_of(line), len(_GROUPS)) == place))
        for place in range(len(words))
    ]
    return [AnswerGroup(*words[place], rows) for place, rows in groups if rows]


def _answer_row(line: FetchLine) -> AnswerRow:
    answer = line.answer
    return AnswerRow(
        name=text_of(line.name),
        state=state_of(line),
        told=told_then(line),
        answered=_moment(answer.answered_at) if answer else "",
        seconds=seconds_of(line),
        hash=(answer.payload or "") if answer else "",
    )


def _missing(lines: Sequence[FetchLine]) -> str:
    """Who did not answer, by name: the first thing that somebody who decides must know."""
    names = [text_of(line.name) for line in lines if state_of(line) in NOT_ASKED]
    if not names:
        return ""
    return ngettext(
        "Uttrekket er ikke fullstendig: %(num)d institusjon svarte ikke: %(names)s.",
        "Uttrekket er ikke fullstendig: %(num)d institusjoner svarte ikke: %(names)s.",
        len(names),
        names=", ".join(names),
    )
