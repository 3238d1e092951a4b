"""Erasure (GDPR art. 17): everything about a person goes, and the trace stays without its content."""

import re
from datetime import datetime

from webapp.config import Settings
from webapp.errors import N_, Refusal
from webapp.model import Act, Person, Purged, RetentionFacts, TraceEntry
from webapp.names import fold
from webapp.privacy.purging import Judge
from webapp.store import Store, afterwards, erasure, people, retention, trace

LONGEST_REASON = 500


def erase(store: Store, settings: Settings, person_id: int, reason: str, by: str, door: str, now: datetime) -> None:
    """Erase a person for a reason, which stays in the trace. The next purge writes the file anew, so that nothing of
    the person lingers in it; a backup that is brought back loses the person again.

    Raises Refusal while an order goes on or a case is open, for a reason that is missing or tells who it is, and when
    it cannot be noted for the backups; LookupError when there is no such person.
    """
    with store.write() as db:
        person = people.person(db, person_id)
        if person is None:
            raise LookupError(f"there is no person {person_id}")
        (facts,) = Judge(settings, now).facts_of(db, [person_id])
        if (why_not := hindrance(facts)) is not None:
            raise why_not
        text = _checked(reason, person)
        afterwards.note_erased(db, settings.instance, person_id, now)
        erasure.delete(db, [person_id])
        erasure.forget_mentions(db, [*person.identifiers, *_names(person)])
        trace.append(db, TraceEntry(now, by, Act.ERASED, door, (person_id,), {"why": text}))
        retention.note_purged(db, retention.begin_purge(db, by, now), Purged(people=1), now)
    if backup := settings.settings.backup:
        afterwards.tell_the_backups(settings.instance, settings.instance / backup.folder)


def facts_of(store: Store, settings: Settings, person_id: int, now: datetime) -> RetentionFacts | None:
    """The facts of a person as they are now, or None when there is no such person."""
    return next(iter(Judge(settings, now).facts_of(store.db, [person_id])), None)


def hindrance(facts: RetentionFacts) -> Refusal | None:
    """Why a person cannot be erased now, and what to do about it; None when nothing is in the way."""
    if facts.has_open_order:
        return Refusal(N_("En bestilling om personen er ikke ferdig. Vent til den er det, og prøv igjen."))
    if facts.has_open_case:
        return Refusal(N_("Personen har en godkjenningssak som ikke er avsluttet. Avslutt den, og prøv igjen."))
    return None


def _checked(reason: str, person: Person) -> str:
    text = " ".join(reason.split())
    if not text:
        raise Refusal(N_("Skriv hvorfor personen slettes, uten å nevne navn eller nummer."))
    if len(text) > LONGEST_REASON:
        raise Refusal(N_("Begrunnelsen er lengre enn %(most)d tegn. Kort den ned."), most=LONGEST_REASON)
    words = set(fold(text).split())
    named = any(words.intersection(fold(name).split()) for name in _names(person))
    if named or re.search(r"\d{6}", re.sub(r"\s", "", text)):
        raise Refusal(N_("Begrunnelsen blir stående når personen er slettet. Skriv den uten navn og nummer."))
    return text


def _names(person: Person) -> list[str]:
    return [name for name in (person.given_names, person.family_name) if name]
