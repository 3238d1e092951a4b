"""The schedule of FS154.001: which evening's run is due, what is forced, and what is carried out next.

The clock's word is not trusted. One mark in the database says until when the evenings have been dealt with; it and the
run that comes of an evening change in one transaction, so that of two processes one places the run.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.fetching.eligibility import admission_gate
from webapp.fetching.evenings import Evening, evenings
from webapp.fetching.planning import Judging
from webapp.model import Act, Run, RunKind, RunState, RunWish, TraceEntry
from webapp.store import Store, admissions, runs, trace

#: Who orders what the clock orders.
PLACED_BY = "FS154.001"
#: A mark further ahead than this comes of a clock that was wrong, and not of one that was set back.
MOST_AHEAD = timedelta(days=1)
#: How far the mark may fall behind while there is no evening, so that days that are set later are not made up for.
MOST_BEHIND = timedelta(hours=1)
#: A run of the same kind that was broken off goes on when it is called for again, if it began within this time.
SAME_RUN = timedelta(hours=20)

_log = logging.getLogger(__name__)


def place_due(store: Store, settings: Settings, now: datetime) -> int | None:
    """Place the run that is due, if one is; returns its id.

    The first time ever only sets the mark. Evenings that were missed while the system was down or asleep become one
    run, full when one of them was, labelled with the latest of its kind; it is judged when it begins. The same evening
    is not run twice when the clock is set back. A mark far ahead, left by a clock that was wrong, is brought back.
    """
    mark = runs.dealt_with_until(store.db)
    if mark and -MOST_AHEAD <= now - mark < MOST_BEHIND and not any(evenings(settings, mark, now)):
        return None
    with store.write() as db:
        mark = runs.dealt_with_until(db) or now
        if mark > now + MOST_AHEAD:
            _log.warning("the evenings were dealt with until %s, which is far ahead: brought back to now", mark)
            runs.bring_back(db, now)
        elif mark > now:
            return None
        missed = list(evenings(settings, mark, now))
        runs.mark_dealt_with(db, now)
        return _place(db, settings, missed, now) if missed else None


def _place(db: Database, settings: Settings, missed: Sequence[Evening], now: datetime) -> int | None:
    """Add the run of these evenings. One that still waits does so behind a run longer than a day: the new one takes
    its place."""
    waiting = [run for run in runs.unfinished(db) if run.state is RunState.WAITING and not run.forced]
    kinds = {evening.kind for evening in missed} | {run.kind for run in waiting}
    kind = RunKind.FULL if RunKind.FULL in kinds else RunKind.DELTA
    at = next((each.at for each in reversed(missed) if each.kind is kind), missed[-1].at)
    if not _has_work(Judging(db, settings, kind, now, now)):
        _log.info("no admission is open: no run for %s", at)
        return None
    try:
        run_id = _add(db, RunWish(kind, at, PLACED_BY, forced=False), now)
    except sqlite3.IntegrityError:
        _log.warning("the evening of %s has a run already: not run again", at)
        return None
    _log.info("run %d (%s) is due for %s%s", run_id, kind, at, f", {len(missed)} evenings late" * (len(missed) > 1))
    for run in waiting:
        runs.set_state(db, run.id, RunState.SKIPPED, now)
        _log.warning("run %d had not begun: run %d takes its place", run.id, run_id)
    return run_id


def _has_work(judging: Judging) -> bool:
    """Whether an admission is open, or somebody is to be asked about for recognition."""
    return bool(judging.open) or any(why for piece in judging.judged(0) for _, _, why in piece)


def force(store: Store, settings: Settings, kind: RunKind, admission: str | None, by: str, now: datetime) -> int:
    """Tvangskjør: add a run of one admission, or of all, that begins as soon as nothing else is going on.

    Returns its id. Raises Refusal for an unknown admission, and when the same one is waiting or running.
    """
    with store.write() as db:
        if any(_is_same(run, kind, admission) for run in runs.unfinished(db)):
            raise Refusal("En slik kjøring venter eller er i gang allerede. Følg den i stedet, eller stopp den først.")
        return add_forced(db, settings, RunWish(kind, now, by, admission), now)


def add_forced(db: Database, settings: Settings, wish: RunWish, now: datetime, at: datetime | None = None) -> int:
    """Add a forced run whatever else waits, its rules judged at `at` or when it begins; returns its id.

    Raises Refusal for an unknown admission.
    """
    judging = Judging(db, settings, wish.kind, wish.scheduled_for, wish.scheduled_for, wish.admission)
    judging.gates  # noqa: B018 -- which refuses an admission that is not known
    run_id = _add(db, wish, now)
    if at is not None:
        runs.judge_at(db, run_id, at)
    return run_id


def _add(db: Database, wish: RunWish, now: datetime) -> int:
    """Add a run and leave its entry in the trace; whom it orders for, the order log tells."""
    run_id = runs.add(db, wish)
    content = {"run_id": str(run_id), "kind": str(wish.kind), "admission": wish.admission or ""}
    trace.append(db, TraceEntry(now, wish.placed_by, Act.ORDERED, "run", content=content))
    return run_id


def to_carry_out(db: Database) -> Sequence[Run]:
    """The runs that are to be carried out, in their order: what was broken off is carried through first."""
    return sorted(runs.unfinished(db), key=lambda run: run.state is not RunState.RUNNING)


def called_for_again(
    db: Database, kind: RunKind, admission: str | None, at: datetime | None, now: datetime
) -> Run | None:
    """The unfinished run that a call for such a run goes on with, or None.

    That is the same call once more, after the first one was broken off: at the same instant where one is named, or
    else less than 20 hours after it began.
    """
    for run in to_carry_out(db):
        since = abs(now - (run.begun_at or run.scheduled_for))
        if _is_same(run, kind, admission) and (since < SAME_RUN if at is None else run.scheduled_for == at):
            return run
    return None


def end_stopped(store: Store, now: datetime) -> None:
    """A run that was stopped before it began ends without waiting for its turn."""
    if any(run.state is RunState.WAITING and run.stopped_by for run in runs.unfinished(store.db)):
        with store.write() as db:
            runs.stop_waiting(db, now)


def calendar(db: Database, settings: Settings, year: int) -> Iterator[tuple[Evening, Sequence[str]]]:
    """The evenings of a year that have a run, each with the codes of the admissions that are open then: judged with
    the admissions as they are now."""
    known = sorted(admissions.admissions(db), key=lambda each: each.code)
    rules, zone = settings.settings.import_runs, settings.zone
    moment = timedelta(microseconds=1)
    for evening in evenings(settings, datetime(year, 1, 1, tzinfo=zone) - moment, _new_year(settings, year) - moment):
        if codes := [each.code for each in known if admission_gate(each, evening.at, rules, zone) is None]:
            yield evening, codes


def _new_year(settings: Settings, year: int) -> datetime:
    return datetime(year + 1, 1, 1, tzinfo=settings.zone)


def _is_same(run: Run, kind: RunKind, admission: str | None) -> bool:
    return (run.kind, run.admission) == (kind, admission)
