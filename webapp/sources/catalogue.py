"""The sources that are set up, each opened by its protocol."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from webapp.config import SourceSettings
from webapp.model import Question, Reply
from webapp.sources.elmo_pull import ElmoPull


class Source(Protocol):
    """An institution's results as they can be asked for, whatever the protocol."""

    def look_up(self, question: Question) -> Reply:
        """Ask about one person. Raises SourceError when there is no answer."""

    def close(self) -> None:
        """Give up connections; look-ups under way fail."""


def open_sources(settings: Iterable[SourceSettings]) -> Mapping[int, Source]:
    """The sources that are switched on, by institution number."""
    return {
        source.institution: ElmoPull(source.url, source.timeout_seconds, source.seats, source.batch)
        for source in settings
        if source.enabled
    }
