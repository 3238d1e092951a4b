"""Prøv: ask a source what it is, or about a test person; what came is shown and not kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching.trying import Tried, try_out
from webapp.identity import NationalIdentifier, usable_across_institutions
from webapp.model import Outcome, Purpose, Question, Reply
from webapp.sources.catalogue import Unopened
from webapp.store import people
from webapp.web.current import house
from webapp.web.intake_words import count_of
from webapp.web.labels import purpose_name
from webapp.web.language import gettext, ngettext, said
from webapp.web.protection import demand_seen
from webapp.web.rights import demand_answers
from webapp.web.setaside import result_words
from webapp.web.source_picture import seconds_words
from webapp.web.sources import head_of, keeper, known, page
from webapp.web.study_rows import left_out_rows
from webapp.web.traced import about
from webapp.web.words import date_of, failure_sentence, text_of

routes = Blueprint("source_try", __name__)


@dataclass(frozen=True)
class TriedShown:
    """What came of it, ready to be shown; `number` is masked, `facts` are what the source said of itself."""

    ok: bool
    sentence: str
    cause: str
    facts: tuple[tuple[str, str], ...]
    number: str = ""
    outcome: str = ""
    results: tuple[Mapping[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    refusal: str = ""


@routes.post("/sources/<int:institution>/try")
def tried(institution: int) -> ResponseReturnValue:
    """Ask the source now, for as long as its own limit lets it; a number travels in the body."""
    source = known(institution)
    typed = request.form.get("number", "").strip() if source.is_asked else ""
    try:
        identifier = _identifier(typed) if typed else None
    except Refusal as refusal:
        return _answer(institution, None, said(refusal)), 422
    question = None
    if identifier is not None:
        demand_answers()
        person = people.person_with_number(house().store.db, identifier.number)
        demand_seen(person)
        if person is not None:
            about(person.id)
        keeper().note_tried(institution)
        purpose = Purpose.RECOGNITION
        basis = house().settings.basis_at(purpose, house().clock()).basis
        question = Question((identifier.number,), purpose, basis, str(uuid4()))
    came = try_out(house().store, house().settings, source, question, house().clock)
    if came.failure is None and isinstance(house().fanout.source(institution), Unopened):
        # What kept it from being opened is mended by now.
        house().take_sources()
    return _answer(institution, _shown(came, institution, identifier))


def _answer(institution: int, shown: TriedShown | None, refusal: str = "") -> str:
    if "HX-Request" in request.headers:
        told = shown or TriedShown(False, "", "", (), refusal=refusal)
        return render_template("_source_tried.html", tried=told, news=True, **head_of(known(institution)))
    return page(known(institution), tried=shown, wrong={"number": refusal} if refusal else {})


def _identifier(typed: str) -> NationalIdentifier:
    identifier = house().settings.identifier(typed)
    if not usable_across_institutions(identifier):
        raise Refusal("Nummeret er laget i FS og betyr en annen person hos andre. Bruk et annet.")
    return identifier


def _shown(came: Tried, institution: int, identifier: NationalIdentifier | None) -> TriedShown:
    seconds = seconds_words(came.seconds)
    if came.failure is None:
        sentence = gettext("Svarte på %(seconds)s s.", seconds=seconds)
    else:
        sentence = failure_sentence(came.failure, came.seconds)
    results, left_out = _of_reply(came.reply)
    return TriedShown(
        ok=came.failure is None,
        sentence=sentence,
        cause=came.cause or "",
        facts=tuple(_facts(came, institution)),
        number=identifier.masked if identifier else "",
        outcome=_outcome(came.reply, len(results)) if came.reply else "",
        results=results,
        left_out=left_out,
    )


def _of_reply(reply: Reply | None) -> tuple[tuple[Mapping[str, str], ...], tuple[str, ...]]:
    if reply is None or reply.transcript is None:
        return (), ()
    results = tuple(result_words(result) for study in reply.transcript.studies for result in study.results)
    rows = left_out_rows(reply.transcript.left_out)
    left_out = tuple(
        gettext("Ikke tatt med: %(what)s (%(why)s)", what=" ".join(filter(None, (row.code, row.name))), why=row.reason)
        for row in rows
    )
    return results, left_out


def _outcome(reply: Reply, results: int) -> str:
    if reply.outcome is Outcome.FOUND:
        return ngettext("%(num)d resultat", "%(num)d resultater", results)
    return {
        Outcome.NOTHING: gettext("Ingen resultater"),
        Outcome.UNCHANGED: gettext("Uendret"),
        Outcome.NOT_SHARED: gettext("Deler ikke resultater"),
        Outcome.NO_CONSENT: gettext("Samtykke mangler"),
    }.get(reply.outcome, reply.outcome.value)


def _facts(came: Tried, institution: int) -> list[tuple[str, str]]:
    facts: list[tuple[str, Any]] = [(gettext("Tid"), gettext("%(seconds)s s", seconds=seconds_words(came.seconds)))]
    if (said_of_itself := came.description) is not None:
        number = said_of_itself.institution
        names = " ".join(filter(None, (str(number or ""), text_of(said_of_itself.names))))
        if number not in (None, institution):
            names = gettext("%(names)s: en annen enn den kilden er satt opp for", names=names)
        facts += [
            (gettext("Protokoll"), said_of_itself.protocol),
            (gettext("Institusjon"), names),
            (gettext("Deler"), gettext("ja") if said_of_itself.shares else gettext("nei")),
            (gettext("Personer per spørsmål"), count_of(said_of_itself.batch)),
            (gettext("Formål"), ", ".join(sorted(purpose_name(each) for each in said_of_itself.purposes))),
            *((gettext(name), value) for name, value in said_of_itself.facts.items()),
        ]
    if came.certificate_until is not None:
        facts.append((gettext("Sertifikatet gjelder til"), date_of(came.certificate_until, house().settings.zone)))
    return [(name, value) for name, value in facts if value]
