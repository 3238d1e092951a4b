"""A source tried out: what it says of itself, and of one person, with nothing stored but how the source fares."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from webapp.config import Settings
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.model import Description, Question, Reply
from webapp.source_settings import SourceSettings
from webapp.sources.catalogue import Source, certificate_of, date_of, open_source
from webapp.store import Store, source_health


@dataclass(frozen=True)
class Tried:
    """What came of it: what the source said of itself and, where it was asked, of a person; `failure` and `cause` (for
    the log; a Norwegian sentence where it is WRONGLY_SET_UP) tell why that is not all. `seconds`: how long it took;
    `certificate_until`: the end of the certificate that was shown, None where there was none; `clock_ahead`: how many
    seconds our clock is ahead of the source's, None where it does not say what time it is."""

    description: Description | None = None
    reply: Reply | None = None
    failure: SourceFailure | None = None
    cause: str | None = None
    seconds: float = 0.0
    certificate_until: datetime | None = None
    clock_ahead: float | None = None


def try_out(
    store: Store,
    settings: Settings,
    source: SourceSettings,
    question: Question | None,
    clock: Callable[[], datetime],
) -> Tried:
    """Ask a source once what it is, and then `question`, if there is one, as it would be asked in an order: also one
    that is switched off or not in use. How it fares is noted of a source that is set up, as it is set up."""
    tried, seconds = _tried(settings, source, question, clock)
    if source in settings.sources:
        _note(store, source.institution, tried, seconds, clock())
    return tried


def call_on(settings: Settings, source: SourceSettings, clock: Callable[[], datetime]) -> Tried:
    """Ask a source once what it is, and note nothing of it."""
    return _tried(settings, source, None, clock)[0]


def _tried(
    settings: Settings, source: SourceSettings, question: Question | None, clock: Callable[[], datetime]
) -> tuple[Tried, float | None]:
    """What came of it, and how long the question took, None where it was not answered."""
    began = time.monotonic()
    try:
        opened = open_source(source, settings, attempts=1)
    except Refusal as refusal:
        tried, seconds = Tried(failure=SourceFailure.WRONGLY_SET_UP, cause=str(refusal)), None
    else:
        tried, seconds = _asked(opened, question)
        if (date := date_of(opened)) is not None:
            tried = replace(tried, clock_ahead=(clock() - date).total_seconds())
    return replace(tried, seconds=time.monotonic() - began), seconds


def _asked(source: Source, question: Question | None) -> tuple[Tried, float | None]:
    """What came of it, and how long the question took, None where it was not answered."""
    tried, seconds = Tried(), None
    try:
        tried = replace(tried, description=source.describe())
        if question is not None:
            began = time.monotonic()
            tried = replace(tried, reply=source.look_up(question))
            seconds = time.monotonic() - began
    except SourceError as error:
        tried = replace(tried, failure=error.failure, cause=str(error))
    finally:
        source.close()
    return replace(tried, certificate_until=certificate_of(source)), seconds


def _note(store: Store, institution: int, tried: Tried, seconds: float | None, now: datetime) -> None:
    with store.write() as db:
        if tried.description is not None:
            source_health.note_described(db, institution, now, tried.certificate_until)
        if seconds is not None:
            source_health.note_answered(db, institution, now, seconds, tried.certificate_until)
        if tried.failure is not None:
            source_health.note_failed(db, institution, now, tried.failure, tried.cause or "")
