"""The purge: what the rules of retention say that goes, some people at a time, so that nobody waits for it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlite_utils import Database

from webapp.config import Settings
from webapp.model import Act, Due, Purged, PurgeRecord, RetentionFacts, TraceEntry, Verdict
from webapp.privacy.rules import judge, keeps_answers, months_after
from webapp.store import Store, erasure, expiring, retention, trace

#: So many people are judged at once, and so many rows of a table go at once.
CHUNK = 500
#: So many people go in one transaction.
MOST_AT_ONCE = 50
#: Who a purge of the night is done by.
PURGED_BY = "eksternstudium"


class Judge:
    """Judges people at an instant, by the settings."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        self.limits = settings.settings.retention
        self._cut_off = settings.settings.import_runs.cut_off
        self._zone = settings.zone
        self._now = now
        self.today = self._day_of(now)

    def facts_of(self, db: Database, people: Sequence[int]) -> Sequence[RetentionFacts]:
        """The facts of these people as they are now."""
        return retention.facts_of(db, people, self._now, self._cut_off, self._day_of)

    def verdict(self, facts: RetentionFacts) -> Verdict:
        """What the rules say of a person."""
        return judge(facts, self.limits, self.today)

    def before(self, months: int) -> datetime:
        """The instant so many months ago: the beginning of that day."""
        day = months_after(self.today, -months)
        return datetime(day.year, day.month, day.day, tzinfo=self._zone)

    @property
    def over(self) -> Mapping[str, datetime]:
        """Of each table whose rows have a limit of their own, before which instant they are over."""
        messages = self.before(self.limits.message_months)
        return {
            **dict.fromkeys(("notices", "reports", "invitations"), messages),
            "imports": self.before(self.limits.import_months),
        }

    def _day_of(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()


def everybody(db: Database, judge: Judge) -> Iterator[Sequence[RetentionFacts]]:
    """The facts of all people, CHUNK at a time, by id."""
    last = 0
    while ids := retention.ids_after(db, last, CHUNK):
        yield judge.facts_of(db, ids)
        last = ids[-1]


def lose_answers(facts: RetentionFacts, verdict: Verdict) -> bool:
    """Whether raw answers alone go of a person: with the results they go anyway."""
    return verdict.due is None and not keeps_answers(facts)


def purge(
    store: Store,
    settings: Settings,
    by: str,
    clock: Callable[[], datetime],
    stopping: threading.Event,
    is_carried_out: Callable[[], bool] = lambda: False,
) -> PurgeRecord:
    """Take what the rules say that goes, and then write the file anew if something went, but not while a run
    `is_carried_out`, which would have to wait. What was taken stands in the purges and in the trace. When `stopping` is
    set it breaks off after a transaction, and the next one goes on."""
    now = clock()
    judge = Judge(settings, now)
    with store.write() as db:
        purge_id = retention.begin_purge(db, by, now)
    work = _Work(store, judge, by, now, purge_id)
    for facts in everybody(store.db, judge):
        work.take_people(facts, stopping)
        if stopping.is_set():
            break
    for table, before in judge.over.items():
        work.take_others(table, before, stopping)
    finished_at = None if stopping.is_set() else clock()
    with store.write() as db:
        retention.note_purged(db, purge_id, work.purged, finished_at)
    rebuilt_at = None
    may_rebuild = retention.lingers(store.db) and not stopping.is_set() and not is_carried_out()
    if may_rebuild and store.rebuild(stopping.is_set):
        rebuilt_at = clock()
        with store.write() as db:
            retention.note_rebuilt(db, purge_id, rebuilt_at)
    return PurgeRecord(purge_id, now, finished_at, by, work.purged, rebuilt_at)


class _Work:
    """One purge at work; `purged` is what it has taken."""

    def __init__(self, store: Store, judge: Judge, by: str, now: datetime, purge_id: int) -> None:
        self._store, self._judge, self._by, self._now = store, judge, by, now
        self._purge_id = purge_id
        self.purged = Purged()

    def take_people(self, facts: Sequence[RetentionFacts], stopping: threading.Event) -> None:
        """Take what goes of these people, MOST_AT_ONCE in a transaction."""
        before = self._judge.before(self._judge.limits.answer_months)
        judged = [(each, self._judge.verdict(each)) for each in facts]
        ids = [each.person_id for each, verdict in judged if verdict.due]
        losing = [each.person_id for each, verdict in judged if lose_answers(each, verdict)]
        if losing and erasure.count_answers(self._store.db, losing, before):
            ids += losing
        for start in range(0, len(ids), MOST_AT_ONCE):
            if stopping.is_set():
                return
            self._take(ids[start : start + MOST_AT_ONCE], before)

    def _take(self, ids: Sequence[int], before: datetime) -> None:
        with self._store.write() as db:
            # Judged again: somebody may have ordered, or opened a case, since.
            judged = [(each, self._judge.verdict(each)) for each in self._judge.facts_of(db, ids)]
            emptied = [each.person_id for each, verdict in judged if verdict.due is Due.RESULTS]
            gone = [each.person_id for each, verdict in judged if verdict.due is Due.PERSON]
            if emptied:
                erasure.empty(db, emptied, self._now)
                self._note(db, emptied, "results")
            if gone:
                erasure.delete(db, gone)
                self._note(db, gone, "person")
            losing = [each.person_id for each, verdict in judged if lose_answers(each, verdict)]
            answers = erasure.drop_answers(db, losing, before) if losing else 0
            self._count(db, len(emptied), len(gone), answers)

    def take_others(self, table: str, before: datetime, stopping: threading.Event) -> None:
        """Take the rows of a table that are over, CHUNK in a transaction."""
        taken = CHUNK
        while taken == CHUNK and not stopping.is_set():
            with self._store.write() as db:
                taken = expiring.drop_over(db, table, before, CHUNK)
                self._count(db, others={table: taken})

    def _note(self, db: Database, people: Sequence[int], what: str) -> None:
        content = {"purge": str(self._purge_id), "what": what}
        trace.append(db, TraceEntry(self._now, self._by, Act.ERASED, "purge", tuple(people), content))

    def _count(
        self, db: Database, results: int = 0, people: int = 0, answers: int = 0, others: Mapping[str, int] | None = None
    ) -> None:
        so_far = self.purged
        self.purged = Purged(
            so_far.results + results,
            so_far.people + people,
            so_far.answers + answers,
            dict(Counter(so_far.others) + Counter(others or {})),
        )
        retention.note_purged(db, self._purge_id, self.purged)
