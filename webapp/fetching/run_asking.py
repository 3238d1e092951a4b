"""Asking one source about the people of one fetch of a run: what each thread of a run does."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from cachetools import TTLCache
from more_itertools import chunked

from webapp.errors import SourceError, SourceFailure
from webapp.model import Basis, Outcome, Question, Reply
from webapp.sources.catalogue import Source
from webapp.store import Store, run_work
from webapp.store.run_work import UNKNOWN, Known, RunFetch

#: All sources are asked about the same people one after the other: so many of them are kept, and no longer than so many
#: seconds, for a consent may be taken back.
KEPT_PEOPLE, KEPT_SECONDS = 6_000, 120.0
#: A question that fails is put again to fewer people at a time: all, an eighth of them, one by one.
PORTIONS = (1, 8, 1000)
#: So many people in a row, each asked about alone, and the source is not asked on for now.
MOST_ALONE = 3
#: These failures are about one person's answer; others are about the source.
_OF_A_PERSON = frozenset({SourceFailure.NOT_UNDERSTOOD, SourceFailure.UNSAFE, SourceFailure.TOO_LARGE})
#: These say that there is too much to do; whoever obeys them loses nothing.
OVERLOAD = frozenset({SourceFailure.OVERLOADED, SourceFailure.UNAVAILABLE})


#: People by their ids: under which numbers to ask, and whether a consent was valid when that was looked up.
_People = Mapping[int, tuple[tuple[str, ...], bool]]


@dataclass
class Work:
    """A fetch under way: what has come of its people by their ids, and whom to ask about still.

    `left` is None until the people are known. `trouble`: why the source was not asked on; `tries`: how often that
    was. `request`: the UUID of the question, however often it is put. `seconds`: how long the latest request took.
    `has_answered`: something has come from the source itself. It may be asked about in another process, and no log
    shall show whom it is about.
    """

    fetch: RunFetch
    left: list[int] | None = None
    replies: dict[int, Reply] = field(default_factory=dict, repr=False)
    failures: dict[int, SourceError] = field(default_factory=dict)
    known: Mapping[int, Known] = field(default_factory=dict)
    set_aside: frozenset[int] = frozenset()
    questions: Mapping[int, Question] = field(default_factory=dict, repr=False)
    trouble: SourceError | None = None
    request: str = field(default_factory=lambda: str(uuid4()))
    tries: int = 0
    seconds: float = 0.0
    has_answered: bool = False


class Preparer:
    """Looks up whom each fetch is about, for the one thread that hands out the work."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._chunks: TTLCache[object, _People] = TTLCache(KEPT_PEOPLE, KEPT_SECONDS, getsizeof=len)

    def prepare(self, work: Work) -> None:
        """Make the questions about those who are left. Who has no valid consent is answered for already: a withdrawal
        stops a run too that has begun."""
        fetch, kept = work.fetch, self._people(work.fetch)
        work.known = run_work.known_of(self._store.db, fetch)
        work.set_aside = run_work.set_aside_of(self._store.db, fetch)
        if fetch.basis is Basis.CONSENT:
            withdrawn = run_work.withdrawn_of(self._store.db, fetch, self._clock())
            for person, (_, has_consent) in kept.items():
                if (not has_consent or person in withdrawn) and person not in work.failures:
                    work.replies.setdefault(person, Reply(Outcome.NO_CONSENT))
        work.left = [person for person in (kept if work.left is None else work.left) if person not in work.replies]
        before = ((person, work.known.get(person, UNKNOWN)) for person in work.left)
        work.questions = {
            person: Question(kept[person][0], fetch.purpose, fetch.basis, work.request, known.etag, known.payload)
            for person, known in before
        }

    def _people(self, fetch: RunFetch) -> _People:
        key = fetch.order_id, fetch.first_person, fetch.last_person, fetch.people
        people = self._chunks.get(key)
        if people is None:
            people = self._chunks[key] = run_work.people_of(self._store.db, fetch, self._clock())
        return people


def ask(source: Source, work: Work, halt: threading.Event) -> None:
    """Ask about those who are left, until all have answered, something fails or `halt` is set. For many threads."""
    left, work.trouble = work.left or [], None
    portion = max(1, len(left) // PORTIONS[min(work.tries, len(PORTIONS) - 1)])
    in_a_row: list[int] = []
    for some in chunked(left, portion):
        began = time.monotonic()
        requests = _ask_some(source, work, some, halt)
        work.seconds = (time.monotonic() - began) / requests
        # One answer that a source cannot give is that person's affair; one after the other is the source's.
        in_a_row = [*in_a_row, some[0]] if len(some) == 1 and some[0] in work.failures else []
        if len(in_a_row) == MOST_ALONE:
            work.trouble = [work.failures.pop(person) for person in in_a_row][-1]
        if work.trouble or halt.is_set():
            break
    work.left = [person for person in left if person not in work.replies and person not in work.failures]
    work.questions = {}  # they lie in memory for as long as the answers wait to be written


def _ask_some(source: Source, work: Work, some: Sequence[int], halt: threading.Event) -> int:
    """Ask about some people; returns how many requests that took."""
    answered = 0
    with closing(source.look_up_many({str(person): work.questions[person] for person in some})) as pairs:
        for ref, reply in pairs:
            answered += 1
            if not isinstance(reply, SourceError):
                work.replies[int(ref)] = reply
                work.has_answered = True
            elif reply.failure in _OF_A_PERSON or (len(some) == 1 and reply.failure not in OVERLOAD):
                work.failures[int(ref)] = reply
            else:
                work.trouble = reply
                break
            if halt.is_set():
                break
    return 1 if source.batch > 1 else max(1, answered)
