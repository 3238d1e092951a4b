"""Taking in a document that was brought: an order of its own that asks nobody, with a fetch for each institution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlite_utils import Database

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.fetching.incoming import incoming_of, number_of
from webapp.fetching.matching import compare
from webapp.fetching.merge import Merge, merge
from webapp.fetching.ordering import order_of
from webapp.fetching.recording import take_in_transcript
from webapp.institutions import today
from webapp.model import (
    Answer,
    Basis,
    Delivered,
    Delivery,
    FetchState,
    Institution,
    Origin,
    Outcome,
    Person,
    Purpose,
    SignatureState,
    Study,
    Transcript,
)
from webapp.source_settings import EmrexSettings
from webapp.store import Store, answers, deliveries, orders, results
from webapp.store.institutions import is_known, remember_issuers


@dataclass(frozen=True)
class Preview:
    """What taking in a part of a document would do: to which institution's results, and what of them would change."""

    institution: int
    studies: Sequence[Study]
    merge: Merge


def deliver(  # noqa: PLR0913 -- what an order has, and the document beside it
    store: Store,
    settings: Settings,
    person: Person,
    delivery: Delivery,
    origin: Origin,
    purpose: Purpose,
    basis: Basis,
    now: datetime,
    *,
    basis_text: str = "",
    under: int | None = None,
    set_aside: bool = False,
) -> int:
    """Take in a document about a person as an order that has ended at once; returns the order's id.

    Results of each issuer stand under its institution, today's where it has merged; those of issuers without a number
    under `under`, or under the institution that stands for the portals in sources.toml. A document about somebody else
    is set aside whole, as any is with `set_aside`. Raises Refusal when its signature is invalid, or nobody says where
    an issuer's results stand.
    """
    if delivery.signature.state is SignatureState.INVALID:
        raise Refusal(
            "Signaturen stemmer ikke med innholdet. Dokumentet kan være endret etter at det ble signert, og tas ikke "
            "inn. Be om et nytt fra samme sted."
        )
    under = under if under is not None else stands_for_portals(settings)
    parts = parts_of(delivery.transcript, under)
    if not parts:
        raise Refusal("Dokumentet har ingen resultater å ta inn.")
    if None in parts:
        raise Refusal("Utstederen har ikke et institusjonsnummer. Velg hvilken institusjon resultatene skal stå under.")
    with store.write() as db:
        remember_issuers(db, (study.institution for study in delivery.transcript.studies))
        for institution in parts:
            if institution is not None and not is_known(db, institution):
                raise Refusal("Ingen institusjon har nummeret %(number)d.", number=institution)
        order_id = orders.place(
            db, order_of(person, origin, purpose, basis, now, basis_text), list(filter(None, parts))
        )
        deliveries.note(db, order_id, Delivered(delivery.is_selection, under, delivery.signature))
        payload = answers.keep_payload(db, delivery.payload, now)
        for fetch in orders.queued(db, order_id):
            if not set_aside and compare(person, delivery.transcript.learner).same:
                part = parts[fetch.institution]
                # What was chosen is not all that the institution says: its next answer must be read whole.
                known_as = None if delivery.is_selection else payload
                answer = take_in_transcript(db, fetch, part, now, None, known_as, is_selection=delivery.is_selection)
            else:
                answer = Answer(Outcome.MISMATCH, 0)
            answers.record(db, fetch.id, person.id, replace(answer, payload=payload), now)
            orders.finish(db, fetch, FetchState.DONE, now)
    return order_id


def preview(db: Database, person: Person, delivery: Delivery, under: int | None) -> Sequence[Preview]:
    """What taking in a document on a person would do, an institution at a time; it is done to nothing. Where issuers
    without a number stand, without `under`, is left open: number 0."""
    previews = []
    for institution, part in parts_of(delivery.transcript, under).items():
        number = institution or 0
        incoming = incoming_of(part.studies, number)
        merged = merge(results.results_from(db, person.id, number), incoming, is_selection=delivery.is_selection)
        previews.append(Preview(number, part.studies, merged))
    return previews


def parts_of(transcript: Transcript, under: int | None) -> Mapping[int | None, Transcript]:
    """A transcript by the institutions under which its results stand; None for issuers without a number where there is
    no `under`. What was left out and not understood, of which nobody knows to whom it belongs, is in the first."""
    parts: dict[int | None, list[Study]] = {}
    for study in transcript.studies:
        parts.setdefault(_stands_under(study.institution, under), []).append(study)
    if not parts and under is not None and (transcript.left_out or transcript.findings):
        parts[under] = []
    first = next(iter(parts), None)
    return {
        institution: Transcript(
            transcript.learner,
            tuple(studies),
            transcript.left_out if institution == first else (),
            transcript.findings if institution == first else (),
        )
        for institution, studies in parts.items()
    }


def stands_for_portals(settings: Settings) -> int | None:
    """The institution under which results from portals stand whose issuers have no number, or None."""
    portals = (each for each in settings.sources if isinstance(each, EmrexSettings) and each.enabled)
    return next((each.institution for each in portals), None)


def _stands_under(issuer: Institution, under: int | None) -> int | None:
    number = number_of(issuer)
    return today(number) if number is not None else under
