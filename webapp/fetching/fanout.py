"""The fan-out: a pool of threads that ask the sources, and the plain function that each thread runs."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from uuid import uuid4

from webapp.config import Settings
from webapp.errors import SourceError, SourceFailure, SwitchedOff
from webapp.fetching.claims import FOLDER, Claims, recover
from webapp.fetching.evenings import next_evening
from webapp.fetching.ordering import askable
from webapp.fetching.recording import lacks_consent, record_failure, record_no_consent, record_reply
from webapp.model import Fetch, Outcome, Question
from webapp.sources.catalogue import Source, Unopened, certificate_of, open_sources
from webapp.store import Store, orders, people, results
from webapp.troubles import trouble_of

log = logging.getLogger(__name__)

#: A temporary failure is tried again on this many evenings before a person has to ask for it.
MOST_ATTEMPTS = 7
#: Two caseworkers' orders over fifty sources find a seat at once; more threads only wait for the interpreter.
MOST_THREADS = 128
#: How long a stop waits for its threads to notice, in seconds; the screens have had five before that, of ten.
STOP_SECONDS = 3.0
#: What could not be written is taken up again after so long, in seconds: the sources are asked anew each time.
REST_SECONDS = 10.0


def utc_now() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)


class Fanout:
    """Asks the sources about the people of orders, in the background of one process."""

    def __init__(self, store: Store, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._sources: Mapping[int, Source] = open_sources(settings)
        self._claims = Claims(settings.instance / FOLDER)
        self._pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="fetch")
        self._stopping = threading.Event()
        self._under_way: set[Future[None]] = set()
        # What trouble with the database left lying: fetches that we hold and do not work on, and whether any were not
        # begun; and when that was, on a clock that nobody sets.
        self._lying: set[int] = set()
        self._not_begun = False
        self._troubled_at = -REST_SECONDS

    def take(self, settings: Settings) -> None:
        """Ask the sources as they are set now. Questions under way to those that were changed go on as they began. One
        that could not be opened before is opened anew: its secret may be there by now."""
        before = {source.institution: source for source in self._settings.sources}
        opened = dict(open_sources(settings))
        for source in settings.sources:
            known = self._sources.get(source.institution)
            same = source == before.get(source.institution) and source.institution in opened
            if known is not None and same and not isinstance(known, Unopened):
                opened[source.institution] = known
        self._settings, self._sources = settings, opened

    def source(self, institution: int) -> Source | None:
        """The source that is asked for an institution's results, or None."""
        return self._sources.get(institution)

    def start(self, order_id: int | None = None) -> list[Future[None]]:
        """Hand the queued fetches of one order, or of all, to the pool; what a dead process held is queued first."""
        recover(self._store, self._claims)
        self._give_back()
        waiting = orders.queued(self._store.db, order_id)
        at_once = self._claimed(waiting[: max(0, MOST_THREADS - len(self._under_way))])
        futures = [self._pool.submit(self._carry_out if fetch.id in at_once else self.work, fetch) for fetch in waiting]
        self._under_way.update(futures)
        for future in futures:
            future.add_done_callback(self._under_way.discard)
        return futures

    def go_on(self) -> None:
        """Take up what trouble with the database left lying, once that is over. To be called now and then; raises
        sqlite3.Error while it is not over."""
        if (self._lying or self._not_begun) and self._has_rested():
            self.start()
            self._not_begun = False

    def _give_back(self) -> None:
        lying = set(self._lying)
        if lying and self._has_rested():
            with self._store.write() as db:
                orders.give_back_some(db, lying, self._claims.name)
            self._lying -= lying

    def _has_rested(self) -> bool:
        return time.monotonic() - self._troubled_at >= REST_SECONDS

    def try_again_due(self) -> None:
        """Ask again where a source failed and its time has come, or where it was switched on before that."""
        now = self._clock()
        with self._store.write() as db:
            orders.hasten(db, self._settings.switched_off(now), now)
            due = orders.queue_due(db, now)
        for order_id in due:
            self.start(order_id)

    def work(self, fetch: Fetch) -> None:
        """Claim one fetch, ask its source and write what came of it. Does nothing when another has claimed it."""
        if self._claimed([fetch]):
            self._carry_out(fetch)

    def _claimed(self, fetches: Sequence[Fetch]) -> set[int]:
        """Claim fetches that begin now, all in one transaction: a thread each would wait for all before it. Returns
        which were had."""
        now = self._clock()
        off = self._settings.switched_off(now)
        try:
            with self._store.write() as db:
                return {
                    fetch.id
                    for fetch in fetches
                    if orders.claim(db, fetch.id, self._claims.name, now, asks=fetch.institution not in off)
                }
        except sqlite3.Error:
            self._not_begun, self._troubled_at = True, time.monotonic()
            raise

    def _carry_out(self, fetch: Fetch) -> None:
        """Ask the source of a fetch that is claimed, and write what came of it; or keep in mind that this cannot be."""
        try:
            self._ask_or_fail(fetch)
        except sqlite3.Error as wrong:
            log.error("fetch %d: not written (%s), and asked anew when it can be", fetch.id, wrong)
            self._troubled_at = time.monotonic()
            self._lying.add(fetch.id)

    def _ask_or_fail(self, fetch: Fetch) -> None:
        began = time.monotonic()
        off = self._settings.switched_off(self._clock()).get(fetch.institution)
        try:
            if off is not None:
                raise off
            self._ask(fetch, began)
        except SourceError as error:
            self._fail(fetch, error, began)
        except Exception as wrong:
            if isinstance(wrong, sqlite3.Error) and trouble_of(wrong) is not None:
                raise  # no fault of the source's, nor of the answer's
            log.exception("fetch %d: failed within", fetch.id)
            self._fail(fetch, SourceError(SourceFailure.INTERNAL, "see the log"), began)
        finally:
            # More than a hundred threads are idle most of the day: 2 MB each would be a large part of the process.
            self._store.rest()

    def settle(self, seconds: float) -> None:
        """Wait until all that was handed to the pool has ended, at most that long."""
        wait(tuple(self._under_way), timeout=seconds)

    def close(self) -> None:
        """Take no new work and break off what is running: it is given back and goes on at the next start."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for source in self._sources.values():
            source.close()
        self.settle(STOP_SECONDS)
        self._claims.release()

    def _ask(self, fetch: Fetch, began: float) -> None:
        db = self._store.db
        person = people.person(db, fetch.person_id)
        order = orders.order(db, fetch.order_id)
        source = self._sources.get(fetch.institution)
        if source is None or person is None or order is None:
            raise SourceError(SourceFailure.NOT_SET_UP, "the source is not in sources.toml any more")
        if lacks_consent(db, order, self._clock()):
            with self._store.write() as writing:
                record_no_consent(writing, fetch, self._clock())
            _tell(fetch, Outcome.NO_CONSENT, began)
            return
        etag = results.etag_of(db, person.id, fetch.institution)
        reply = source.look_up(Question(askable(person), order.purpose, order.basis, str(uuid4()), etag))
        seconds, certificate_until = time.monotonic() - began, certificate_of(source)
        with self._store.write() as writing:
            # Asked again here, so that no withdrawal comes between this and what is merged.
            if lacks_consent(writing, order, self._clock()):
                record_no_consent(writing, fetch, self._clock(), seconds)
                outcome = Outcome.NO_CONSENT
            else:
                outcome = record_reply(writing, fetch, person, reply, seconds, self._clock(), certificate_until)
        _tell(fetch, outcome, began)

    def _fail(self, fetch: Fetch, error: SourceError, began: float) -> None:
        if self._stopping.is_set():
            return  # Broken off by ourselves: the next start finds the fetch held by a process that is no more.
        now = self._clock()
        if isinstance(error, SwitchedOff):
            retry_at: datetime | None = next_evening(self._settings, max(now, error.until))
        else:
            retry = error.temporary and fetch.attempts + 1 < MOST_ATTEMPTS
            retry_at = next_evening(self._settings, now) if retry else None
        facts = _facts(fetch, Outcome.FAILED, began) | {"failure": error.failure.value}
        log.warning("fetch %d: institution %d: %s: %s", fetch.id, fetch.institution, error.failure, error, extra=facts)
        with self._store.write() as db:
            record_failure(db, fetch, error, time.monotonic() - began, now, retry_at)


def _tell(fetch: Fetch, outcome: Outcome, began: float) -> None:
    log.info("fetch %d: institution %d: %s", fetch.id, fetch.institution, outcome, extra=_facts(fetch, outcome, began))


def _facts(fetch: Fetch, outcome: Outcome, began: float) -> dict[str, object]:
    """What the log tells of a fetch that has ended, for programs."""
    return {
        "fetch": fetch.id,
        "order": fetch.order_id,
        "institution": fetch.institution,
        "outcome": outcome.value,
        "seconds": round(time.monotonic() - began, 3),
    }
