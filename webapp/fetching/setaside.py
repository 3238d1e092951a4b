"""Answers that were set aside because they are about somebody else: compared, then accepted or rejected."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlite_utils import Database

from webapp.errors import N_, Refusal
from webapp.fetching.delivering import parts_of
from webapp.fetching.matching import Verdict, compare, norwegian_numbers
from webapp.fetching.recording import take_in_transcript
from webapp.identity import parse
from webapp.model import VOUCHED_FOR, Answer, Decision, Fetch, Outcome, Person, Transcript
from webapp.sources.catalogue import read_payload
from webapp.store import Store, answers, deliveries, orders, people

#: What a student delivered passes through the student's own browser: without a signature, the student may have written
#: it.
NOT_VOUCHED_FOR = N_("Det som ble levert, er ikke signert av portalen. Se på originalen før du godtar det.")


@dataclass(frozen=True)
class SetAside:
    """An answer that was set aside, with the person who was asked about and why it was not merged. A document that was
    brought has one for each of its institutions, and is decided about whole."""

    fetch: Fetch
    person: Person
    answer: Answer
    transcript: Transcript
    verdict: Verdict


def set_aside(store: Store, fetch_id: int, person_id: int) -> SetAside:
    """The answer that a fetch about a person set aside. Raises Refusal when there is none, or when it is decided
    already."""
    fetch = orders.fetch(store.db, fetch_id, person_id)
    person = people.person(store.db, person_id)
    answer = answers.answer(store.db, fetch_id, person_id)
    body = answers.payload(store.db, answer.payload) if answer and answer.payload else None
    if not (fetch and person and answer and body) or answer.outcome is not Outcome.MISMATCH or answer.decision:
        raise Refusal("Det er ikke noe svar å ta stilling til her. Noen har kanskje alt gjort det.")
    transcript = read_payload(body)
    verdict = compare(person, transcript.learner)
    brought = deliveries.delivered(store.db, fetch.order_id)
    if verdict.same and brought and brought.signature.state not in VOUCHED_FOR:
        verdict = replace(verdict, same=False, reasons=(NOT_VOUCHED_FOR,))
    return SetAside(fetch, person, answer, transcript, verdict)


def accept(store: Store, fetch_id: int, person_id: int, by: str, reason: str, now: datetime) -> None:
    """Merge an answer after all: it is about the person. The number in it is registered as one more of the
    person's, so that the next answer under it is not set aside again.

    Raises Refusal without a reason, and when the number is known as another person's.
    """
    _demand(reason)
    with store.write() as db:
        aside = set_aside(store, fetch_id, person_id)
        for number in norwegian_numbers(aside.transcript.learner):
            known = people.person_with_number(db, number)
            if known is None:
                people.add_number(db, aside.person.id, parse(number), now)
            elif known.id != aside.person.id:
                raise Refusal(
                    "Nummeret i svaret er registrert på en annen person. Slå sammen personene før svaret godtas."
                )
        brought = deliveries.delivered(db, aside.fetch.order_id)
        is_selection = brought is not None and brought.is_selection
        parts = parts_of(aside.transcript, brought.under) if brought else {}
        for fetch, before in _together(db, aside):
            transcript = parts.get(fetch.institution, aside.transcript)
            answer = take_in_transcript(db, fetch, transcript, now, is_selection=is_selection)
            decided = replace(answer, seconds=before.seconds, payload=before.payload)
            answers.record(db, fetch.id, person_id, decided, now)
            answers.decide(db, fetch.id, person_id, Decision(True, by, reason.strip()), now)


def reject(store: Store, fetch_id: int, person_id: int, by: str, reason: str, now: datetime) -> None:
    """Leave an answer aside for good: it is about somebody else. Raises Refusal without a reason."""
    _demand(reason)
    with store.write() as db:
        for fetch, _ in _together(db, set_aside(store, fetch_id, person_id)):
            answers.decide(db, fetch.id, person_id, Decision(False, by, reason.strip()), now)


def _together(db: Database, aside: SetAside) -> list[tuple[Fetch, Answer]]:
    """The fetches that the decision is about: all of one document, when it was brought to us."""
    if deliveries.delivered(db, aside.fetch.order_id) is None:
        return [(aside.fetch, aside.answer)]
    return [
        (line.fetch, line.answer)
        for line in orders.lines_of(db, aside.fetch.order_id)
        if line.answer and line.answer.outcome is Outcome.MISMATCH and not line.answer.decision
    ]


def _demand(reason: str) -> None:
    if not reason.strip():
        raise Refusal("Skriv en begrunnelse. Den blir stående ved svaret.")
