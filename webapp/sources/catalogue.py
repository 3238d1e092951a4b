"""The sources that are set up, each opened by its protocol."""

from collections.abc import Generator, Iterable, Mapping
from typing import Protocol

from webapp.config import SourceSettings
from webapp.errors import SourceError
from webapp.model import Question, Reply
from webapp.sources.elmo_pull import ElmoPull
from webapp.sources.http import ATTEMPTS


class Source(Protocol):
    """An institution's results as they can be asked for, whatever the protocol. `batch`: how many people it takes at
    once, as far as that is known."""

    batch: int

    def look_up(self, question: Question) -> Reply:
        """Ask about one person. Raises SourceError when there is no answer."""

    def look_up_many(self, questions: Mapping[str, Question]) -> Generator[tuple[str, Reply | SourceError], None, None]:
        """Ask about several people, by a reference of the caller's; for every reference there is exactly one pair,
        and a failure is given, not raised."""

    def prepare(self) -> int:
        """Find out how many people the source takes at once; returns that. Raises SourceError."""

    def close(self) -> None:
        """Give up connections; look-ups under way fail."""


def open_sources(settings: Iterable[SourceSettings], attempts: int = ATTEMPTS) -> Mapping[int, Source]:
    """The sources that are switched on, by institution number; each puts a question up to `attempts` times."""
    return {
        source.institution: ElmoPull(source.url, source.timeout_seconds, source.seats, source.batch, attempts)
        for source in settings
        if source.enabled
    }
