"""Writing what came of a fetch: results, log, answer and state together, in one transaction."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial

from sqlite_utils import Database

from webapp.errors import SourceError
from webapp.fetching.incoming import incoming_of
from webapp.fetching.matching import compare
from webapp.fetching.merge import Incoming, Match, Merge, merge
from webapp.model import (
    WITHDRAWN_UNDER_WAY,
    Answer,
    Basis,
    Cause,
    ChangeKind,
    Fetch,
    FetchState,
    Order,
    Outcome,
    Person,
    Reply,
    StoredResult,
    Transcript,
)
from webapp.store import answers, applications, notices, orders, people, results, source_health
from webapp.store.institutions import remember_issuer


def record_reply(
    db: Database,
    fetch: Fetch,
    person: Person,
    reply: Reply,
    seconds: float,
    now: datetime,
    certificate_until: datetime | None = None,
) -> None:
    """Write a source's reply about `person` and end the fetch. To be called within a writing transaction."""
    answer = replace(take_in_reply(db, fetch, person, reply, now), seconds=seconds)
    answers.record(db, fetch.id, person.id, answer, now)
    orders.finish(db, fetch, FetchState.DONE, now)
    source_health.note_answered(db, fetch.institution, now, seconds, certificate_until)


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


def take_in_reply(db: Database, fetch: Fetch, person: Person, reply: Reply, now: datetime) -> Answer:
    """Write what a reply changes for `person`; returns the answer that it makes, without its seconds."""
    payload = answers.keep_payload(db, reply.payload, now) if reply.payload is not None else None
    return replace(_answer(db, fetch, person, reply, payload, now), payload=payload)


def _answer(db: Database, fetch: Fetch, person: Person, reply: Reply, payload: str | None, now: datetime) -> Answer:
    match reply.outcome:
        case Outcome.FOUND if reply.transcript and not compare(person, reply.transcript.learner).same:
            return Answer(Outcome.MISMATCH, 0)
        case Outcome.FOUND if reply.transcript:
            return take_in_transcript(db, fetch, reply.transcript, now, reply.etag, payload)
        case Outcome.NOTHING:
            changes = take_in(db, fetch, (), now).changes
            return Answer(Outcome.NOTHING, 0, changes=changes)
        case Outcome.UNCHANGED:
            results.touch_unchanged(db, [person.id], fetch.institution, now)
            rows = results.results_from(db, person.id, fetch.institution)
            return Answer(Outcome.UNCHANGED, 0, results=sum(row.gone_at is None for row in rows))
        case _:
            return Answer(reply.outcome, 0)


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
    """Merge a transcript about the fetch's person, tagged `etag` and kept as `payload`; returns the answer that this
    makes, without its seconds. `is_selection` as in `merge`."""
    learner = transcript.learner
    people.complete_name(db, fetch.person_id, learner.given_names, learner.family_name)
    for study in transcript.studies:
        if study.institution.number is not None:
            remember_issuer(db, study.institution)
    incoming = incoming_of(transcript.studies, fetch.institution)
    merged = take_in(db, fetch, incoming, now, etag, payload, is_selection=is_selection)
    outcome = Outcome.NOTHING
    if merged.matches:
        outcome = Outcome.FOUND if merged.changes else Outcome.UNCHANGED
    return Answer(
        outcome,
        0,
        results=len(merged.matches),
        changes=merged.changes,
        left_out=transcript.left_out,
        findings=transcript.findings,
    )


def take_in(
    db: Database,
    fetch: Fetch,
    incoming: Sequence[Incoming],
    now: datetime,
    etag: str | None = None,
    payload: str | None = None,
    *,
    is_selection: bool = False,
) -> Merge:
    """Merge what a source reports of the fetch's person with the rows that stand from it, and write the changes."""
    known = results.results_from(db, fetch.person_id, fetch.institution)
    merged = merge(known, incoming, is_selection=is_selection)
    changed = {match.incoming.institution for match in merged.matches if match.kind}
    changed |= {row.institution for row in merged.gone}
    cause = Cause(
        by=orders.placed_by(db, fetch.order_id),
        fetch_id=fetch.id,
        notice_id=notices.raise_notice(db, fetch.person_id, changed, now) if changed else None,
    )
    study_of = cache(partial(results.study, db, fetch.person_id, by=cause.by, now=now))
    rows: list[int] = []
    ordinals = Counter({(row.institution, row.key): row.ordinal + 1 for row in sorted(known, key=_ordinal)})
    for match in merged.matches:
        rows.append(_write(db, fetch, match, rows, ordinals, study_of, now))
    for row in merged.gone:
        results.mark_gone(db, row.id, now)
    told = [
        (id, match.incoming.institution, match.kind, match.fields)
        for id, match in zip(rows, merged.matches, strict=True)
        if match.kind
    ]
    told += [(row.id, row.institution, ChangeKind.GONE, ()) for row in merged.gone]
    results.log_changes(db, fetch.person_id, told, cause, now)
    touched = {fetch.institution, *(item.institution for item in incoming), *(row.institution for row in known)}
    for institution in touched:
        tags = (etag, payload) if institution == fetch.institution else (None, None)
        results.touch(db, fetch.person_id, institution, now, *tags, changed=institution in changed)
    return merged


def _write(
    db: Database,
    fetch: Fetch,
    match: Match,
    rows: Sequence[int],
    ordinals: Counter[tuple[int, str]],
    study_of: Callable[[int], int],
    now: datetime,
) -> int:
    """Write one match; `rows` are the ids of the matches before it, among which its parent is. `study_of`: the id of
    the person's study at an institution."""
    item, position = match.incoming, len(rows)
    if match.known and match.kind is None and match.known.key == item.key:
        results.move(db, match.known.id, position)
        return match.known.id
    place = item.institution, item.key
    keeps_key = match.known is not None and match.known.key == item.key
    ordinal = match.known.ordinal if match.known and keeps_key else ordinals[place]
    ordinals[place] = max(ordinals[place], ordinal + 1)
    if match.known and match.kind is None:
        results.rekey(db, match.known.id, item.key, ordinal, item.result.source_key, position)
        return match.known.id
    parent_id = rows[item.parent] if item.parent is not None else None
    if parent_id is None and match.known and not any(change.field == "parent" for change in match.fields):
        parent_id = match.known.parent_id
    row = StoredResult(
        id=match.known.id if match.known else 0,
        institution=item.institution,
        key=item.key,
        ordinal=ordinal,
        position=position,
        result=item.result,
        parent_id=parent_id,
        original_institution=item.original_institution,
    )
    return results.write_result(db, study_of(item.institution), fetch.institution, row, now)


def _ordinal(row: StoredResult) -> int:
    return row.ordinal
