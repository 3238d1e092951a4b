"""A source tried out: what it says of itself, and of one person, with nothing stored of that."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from webapp.config import Settings
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.model import Description, Question, Reply
from webapp.source_settings import SourceSettings
from webapp.sources.catalogue import open_source
from webapp.store import Store


@dataclass(frozen=True)
class Tried:
    """What came of it."""

    description: Description | None
    reply: Reply | None
    failure: SourceFailure | None
    cause: str | None
    seconds: float
    certificate_until: datetime | None


def try_out(
    store: Store,
    settings: Settings,
    source: SourceSettings,
    question: Question | None,
    clock: Callable[[], datetime],
) -> Tried:
    """Ask a source."""
    began = time.monotonic()
    description = reply = failure = cause = None
    try:
        opened = open_source(source, settings, 1)
        try:
            description = opened.describe()
            reply = opened.look_up(question) if question else None
        finally:
            opened.close()
    except Refusal as refusal:
        failure, cause = SourceFailure.WRONGLY_SET_UP, str(refusal)
    except SourceError as error:
        failure, cause = error.failure, str(error)
    return Tried(description, reply, failure, cause, time.monotonic() - began, None)
