"""Writing what came of a fetch: results, log, answer and state together, in one transaction."""

from dataclasses import replace
from datetime import datetime

from sqlite_utils import Database

from webapp.errors import SourceError
from webapp.fetching.taking_in import TakingIn
from webapp.model import (
    WITHDRAWN_UNDER_WAY,
    Answer,
    Basis,
    Fetch,
    FetchState,
    Order,
    Outcome,
    Person,
    Reply,
    Transcript,
)
from webapp.store import answers, applications, orders, people, source_health


def record_reply(
    db: Database,
    fetch: Fetch,
    person: Person,
    reply: Reply,
    seconds: float,
    now: datetime,
    certificate_until: datetime | None = None,
) -> Outcome:
    """Write a source's reply about `person` and end the fetch; returns what it came to. To be called within a writing
    transaction."""
    taking = TakingIn(db, fetch.id, fetch.order_id, fetch.institution, {person.id: person}, now)
    answer = taking.reply(person.id, reply)
    taking.write()
    answers.record(db, fetch.id, person.id, replace(answer, seconds=seconds), now)
    orders.finish(db, fetch, FetchState.DONE, now)
    source_health.note_answered(db, fetch.institution, now, seconds, certificate_until)
    return answer.outcome


def record_failure(
    db: Database, fetch: Fetch, error: SourceError, seconds: float, now: datetime, retry_at: datetime | None
) -> None:
    """Write that a source did not answer and end the fetch; no result is touched."""
    answer = Answer(Outcome.FAILED, seconds, failure=error.failure.value, cause=str(error))
    answers.record(db, fetch.id, fetch.person_id, answer, now)
    orders.finish(db, fetch, FetchState.FAILED, now, retry_at)
    source_health.note_failed(db, fetch.institution, now, error.failure, str(error))


def lacks_consent(db: Database, order: Order, now: datetime) -> bool:
    """Whether an order needs a consent that is not there, any more or at all."""
    return order.basis is Basis.CONSENT and not applications.has_consent(db, order.person_id, now)


def record_no_consent(db: Database, fetch: Fetch, now: datetime, seconds: float | None = None) -> None:
    """Write that a person is not asked about, or that an answer that came after `seconds` is not taken in, and end the
    fetch. To be called within a writing transaction."""
    cause = None if seconds is None else WITHDRAWN_UNDER_WAY
    answers.record(db, fetch.id, fetch.person_id, Answer(Outcome.NO_CONSENT, seconds or 0, cause=cause), now)
    orders.finish(db, fetch, FetchState.DONE, now)


def take_in_transcript(
    db: Database,
    fetch: Fetch,
    transcript: Transcript,
    now: datetime,
    etag: str | None = None,
    payload: str | None = None,
    *,
    is_selection: bool = False,
) -> Answer:
    """Merge a transcript about the fetch's person and write it; the rest as TakingIn.transcript."""
    about = people.people_with_ids(db, [fetch.person_id])
    taking = TakingIn(db, fetch.id, fetch.order_id, fetch.institution, about, now)
    answer = taking.transcript(fetch.person_id, transcript, etag, payload, is_selection=is_selection)
    taking.write()
    return answer
