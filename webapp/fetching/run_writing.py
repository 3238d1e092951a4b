"""The one writer of a run: several fetches in a transaction, and nothing where nothing is new."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from queue import Empty, Queue

from sqlite_utils import Database

from webapp.errors import SourceError
from webapp.fetching.run_asking import Work
from webapp.fetching.taking_in import TakingIn
from webapp.model import WITHDRAWN_UNDER_WAY, Answer, Basis, FetchState, Outcome
from webapp.store import Store, answers, people, results, run_work, source_health

#: Fetches that wait to be written; whoever has asked waits when there are more.
MOST_WAITING = 6
#: A transaction goes on no longer than this, and others get their turn after it.
GROUP_SECONDS, PAUSE_SECONDS = 0.02, 0.002

#: What holds for each of some people: state, outcome, and why it failed.
_Whole = tuple[FetchState, tuple[Outcome, str | None, str | None] | None]
#: What is told of all people of a fetch alike, because it says nothing of what the person has.
_NOT_TOLD = (Outcome.NO_CONSENT, Outcome.NOT_SHARED, Outcome.AWAITED)
_ANSWERED: _Whole = (FetchState.DONE, None)

Write = Callable[[Database], None]


class Writer:
    """A thread that writes what it is handed, in that order. After an error it writes no more."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: Queue[Write | None] = Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="run-writer")
        self._is_closed = False
        self.error: BaseException | None = None
        self._thread.start()

    def hand(self, write: Write) -> None:
        """Have something written; waits while too much waits. Raises what the writer failed with."""
        if self.error:
            raise self.error
        self._waiting.put(write)

    def close(self) -> None:
        """Write what is waiting, and end. Raises what the writer failed with."""
        self._waiting.put(None)
        self._thread.join()
        if self.error:
            raise self.error

    def _run(self) -> None:
        while not self._is_closed:
            first = self._waiting.get()
            try:
                if first is None:
                    self._is_closed = True
                elif self.error is None:
                    self._write_group(first)
            except BaseException as error:  # it is raised where the work is handed out
                self.error = error
            time.sleep(PAUSE_SECONDS)

    def _write_group(self, first: Write) -> None:
        """Write what waits in one transaction."""
        ends = time.monotonic() + GROUP_SECONDS
        with self._store.write() as db:
            first(db)
            while time.monotonic() < ends:
                try:
                    write = self._waiting.get_nowait()
                except Empty:
                    break
                if write is None:
                    # Kept in mind before the commit: it may fail, and nothing more comes.
                    self._is_closed = True
                    break
                write(db)


def write_work(
    db: Database,
    run_id: int,
    work: Work,
    now: datetime,
    retry_at: datetime | None,
    certificate_until: datetime | None = None,
) -> None:
    """Write what came of a fetch, and bring it to its end. Who is left to be asked about is in a fetch of their own,
    that waits; so are those who failed, in one that owes."""
    fetch, outcomes = work.fetch, Counter[Outcome]()
    groups = defaultdict[_Whole, list[int]](list)
    withdrawn = run_work.withdrawn_of(db, fetch, now) if fetch.basis is Basis.CONSENT else frozenset()
    taken_in = _take_in(db, work, withdrawn, now)
    came = defaultdict[Outcome | None, list[int]](list)  # None: withdrawn under way
    # By id, so that ends and instants are the same however the answers came.
    for person in sorted(work.replies):
        outcome = taken_in.get(person) or work.replies[person].outcome
        is_late = person in withdrawn and outcome is not Outcome.NO_CONSENT
        came[None if is_late else outcome].append(person)
    for said, some in came.items():
        outcomes[said or Outcome.NO_CONSENT] += len(some)
        if said is None:
            groups[FetchState.DONE, (Outcome.NO_CONSENT, None, WITHDRAWN_UNDER_WAY)] += some
        elif said in _NOT_TOLD:
            groups[FetchState.DONE, (said, None, None)] += some
        else:
            groups[_ANSWERED] += some
    results.touch_unchanged(db, came.get(Outcome.UNCHANGED, []), fetch.institution, now)
    for person, error in work.failures.items():
        outcomes[Outcome.FAILED] += 1
        groups[FetchState.FAILED, _failed(error)].append(person)
    if work.left:
        groups[FetchState.QUEUED, None].extend(work.left)
    for place, ((state, whole), some) in enumerate(groups.items()):
        run_work.end(
            db,
            fetch,
            sorted(some) if len(groups) > 1 else None,
            state,
            now,
            whole,
            retry_at if state is FetchState.FAILED else None,
            anew=place > 0,
        )
    run_work.count(db, run_id, fetch.institution, outcomes)
    if work.has_answered:
        source_health.note_answered(db, fetch.institution, now, work.seconds, certificate_until)
    elif work.failures:
        why = next(iter(work.failures.values()))
        source_health.note_failed(db, fetch.institution, now, why.failure, str(why))


def _failed(error: SourceError) -> tuple[Outcome, str, str]:
    return Outcome.FAILED, error.failure.value, str(error)


def _take_in(db: Database, work: Work, withdrawn: Collection[int], now: datetime) -> Mapping[int, Outcome]:
    """Merge the replies that may bring something, and write an answer where one says something else than the one
    before. Returns their outcomes."""
    fetch = work.fetch
    bringing = [id for id in sorted(work.replies) if id not in withdrawn and _may_bring(work, id)]
    if not bringing:
        return {}
    about = people.people_with_ids(db, bringing)
    if missing := set(bringing) - set(about):
        raise LookupError(f"there is no person {min(missing)} any more")
    taking = TakingIn(db, fetch.id, fetch.order_id, fetch.institution, about, now)
    came = {id: taking.reply(id, work.replies[id]) for id in bringing}
    taking.write()
    told = [
        (id, answer)
        for id, answer in came.items()
        if answer.outcome is not Outcome.UNCHANGED and not _is_told(db, id, fetch.institution, answer)
    ]
    answers.record_all(db, fetch.id, told, now, work.seconds)
    return {id: answer.outcome for id, answer in came.items()}


def _may_bring(work: Work, person_id: int) -> bool:
    """Whether a reply may bring something: that there is nothing says nothing new of whom nothing was known."""
    reply, known = work.replies[person_id], work.known.get(person_id)
    if reply.outcome is Outcome.UNCHANGED or reply.outcome in _NOT_TOLD:
        return False
    has_said = (known and known.has_rows) or person_id in work.set_aside
    return bool(has_said) or reply.outcome is not Outcome.NOTHING or reply.transcript is not None


def _is_told(db: Database, person_id: int, institution: int, answer: Answer) -> bool:
    """Whether the same was said before of a person, in the very same payload."""
    is_new = answer.payload is None or answer.changes > 0
    return not is_new and answers.is_told(db, person_id, institution, str(answer.payload))
