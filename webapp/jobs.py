"""What happens by the clock: APScheduler in the web process, each job one call."""

import logging
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from webapp import memory
from webapp.errors import DatabaseGone, Refusal
from webapp.fetching.run_lock import is_carried_out
from webapp.house import House
from webapp.privacy.previewing import compute_anew
from webapp.privacy.purging import PURGED_BY, purge
from webapp.source_settings import SourceSettings
from webapp.store import accounts, attempts, former, sessions, source_health, trace_chain
from webapp.store.deliveries import discard_old
from webapp.store.soundness import newest_instant
from webapp.troubles import trouble_of
from webapp.upkeep.clock_watch import ClockWatch
from webapp.upkeep.keeping import Keeper
from webapp.watch import Watch

#: How many jobs work at once. Each thread keeps pages of the database, as much as 2 MB.
AT_ONCE = 2
#: How often it is looked after the runs, and after the clock itself, in seconds.
LOOK_SECONDS = 5.0

_log = logging.getLogger(__name__)


@dataclass
class Jobs:
    """The clock of a house, going from `start` to `stop`; it takes in sources.toml anew when that changes, too."""

    house: House
    watch: Watch
    scheduler: BackgroundScheduler
    keeper: Keeper
    _stopping: threading.Event = field(default_factory=threading.Event)
    _one_stop: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread = field(init=False)
    _looked_at: datetime = field(init=False)
    _sources: "_Seen" = field(init=False)
    _clock: ClockWatch = field(init=False)
    _trouble: str = ""

    def __post_init__(self) -> None:
        self._looked_at = self.house.clock()
        self._clock = ClockWatch(self.house.clock, newest_instant(self.house.store.db))
        self._sources = _Seen(self.house.settings.instance / "sources.toml")
        self._thread = threading.Thread(target=self._look_again_and_again, name="look", daemon=True)

    def start(self) -> None:
        """Let the clock go; the first look comes at once, so that a missed evening is made up for."""
        self.house.pulse.beat()
        self.scheduler.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop the clock, and the backup and the run that are going on, within ten seconds. Called again, it waits for
        that too."""
        with self._one_stop:
            if not self._stopping.is_set():
                self._stopping.set()
                self.scheduler.shutdown(wait=False)
                keeper = threading.Thread(target=self.keeper.stop, name="stop of the backup")
                keeper.start()
                self.watch.stop()
                keeper.join()
            self._thread.join()

    def look(self) -> None:
        """Look after the runs and what was uploaded, and put the scheduler right.

        The scheduler waits for an instant by the seconds until then. So it oversleeps while the machine is asleep, and
        when the clock is set back it holds still until the time that it had planned for.
        """
        now = self.house.clock()
        if now < self._looked_at - timedelta(seconds=LOOK_SECONDS):
            _log.warning("the clock was set back, from %s to %s", self._looked_at, now)
            for job in self.scheduler.get_jobs():
                job.reschedule(job.trigger)
        self._looked_at = now
        self._clock.look()
        self.scheduler.wakeup()
        self._take_sources()
        self.house.store.check()
        discard_old(self.house.store, now)
        self.house.importer.go_on()
        self.house.fanout.go_on()
        self.keeper.look()
        self.watch.look()
        self.house.pulse.beat()

    def purge(self) -> None:
        """Take what the rules of retention say that goes, and compute what the next night would; the log tells how
        much, and not whose. Nothing goes by a clock that may be wrong."""
        if self._clock.is_doubtful:
            _log.warning("nothing is purged this night: the clock may be wrong")
            return
        house = self.house
        is_busy = partial(is_carried_out, house.settings.instance)
        record = purge(house.store, house.settings, PURGED_BY, house.clock, self._stopping, is_busy)
        taken = record.purged
        if not taken.is_nothing:
            facts = {"purge": record.id, "results": taken.results, "people": taken.people}
            _log.info("purge %d: results of %d people, %d people wholly", *facts.values(), extra=facts)
        compute_anew(house.store, house.settings, house.clock(), self._stopping.is_set)

    def _take_sources(self) -> None:
        """Whoever changes the file need not start anew. A wrong one is told of once, and those of before go on."""
        if not self._sources.is_new():
            return
        before = self.house.settings
        try:
            self.house.take_sources()
        except Refusal as refusal:
            _log.error("%s; the sources of before go on", refusal)
            return
        self.watch.settings = self.house.settings
        if change := change_of(before.sources, self.house.settings.sources):
            _log.info("sources.toml was taken in anew: %s", change)

    def _look_again_and_again(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
                self._tell("")
            except DatabaseGone as gone:
                # Whoever goes on works for nothing. The next start says the same, until a backup is brought back.
                _log.critical("%s", gone)
                os.kill(os.getpid(), signal.SIGTERM)
                return
            except Exception as wrong:
                if (trouble := trouble_of(wrong)) is not None:
                    self._tell(str(trouble))
                else:
                    _log.exception("a look after the runs failed")
            self._stopping.wait(LOOK_SECONDS)

    def _tell(self, trouble: str) -> None:
        """Tell of trouble with disk or database when it begins and when it is over, and not every five seconds."""
        if trouble and trouble != self._trouble:
            _log.error("%s", trouble)
        elif self._trouble and not trouble:
            _log.info("disk and database are in order again")
        self._trouble = trouble


class _Seen:
    """A file, as it was when it was looked at last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = self._stamp()

    def is_new(self) -> bool:
        """Whether it has changed since."""
        before, self._last = self._last, self._stamp()
        return self._last != before

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


def change_of(before: Sequence[SourceSettings], now: Sequence[SourceSettings]) -> str:
    """Which sources were added, changed and taken out, by their institution numbers, for the log; "" for none."""
    old, new = ({source.institution: source for source in sources} for sources in (before, now))
    changes = {
        "added": new.keys() - old.keys(),
        "changed": {number for number in new.keys() & old.keys() if new[number] != old[number]},
        "taken out": old.keys() - new.keys(),
    }
    return ", ".join(f"{what} {' '.join(map(str, sorted(numbers)))}" for what, numbers in changes.items() if numbers)


def forget(house: House) -> None:
    """Let go of how the sources fared long ago, of sessions, links and failed attempts that are over, and of copies of
    the database from before upgrades."""
    now, kept = house.clock(), house.settings.settings.retention.health_days
    with house.store.write() as db:
        source_health.forget_before(db, now - timedelta(days=kept))
        sessions.forget_ended(db, now)
        accounts.forget_ended_links(db, now)
        attempts.forget_old(db, now)
    former.forget(house.settings.database, now)


def verify_trace(house: House) -> None:
    """Verify the trace, and tell the log how far its chain goes: a head that is kept there cannot be made anew here."""
    verdict = trace_chain.verified(house.store, house.clock())
    if verdict.fault is None:
        _log.info("the trace is sound: %d:%s", verdict.head.number, verdict.head.hash)
    else:
        _log.error("the trace was tampered with: %s at entry %s", verdict.fault, verdict.fault_at)


def _in_a_sentence(record: logging.LogRecord) -> bool:
    """Have APScheduler tell of trouble with disk or database as we do, and not by where it was come upon."""
    trouble = trouble_of(record.exc_info[1]) if record.exc_info else None
    if trouble is not None:
        record.msg, record.args, record.exc_info = f"{record.getMessage()}: {trouble}", (), None
    return True


def start(house: House, watch: Watch | None = None, keeper: Keeper | None = None) -> Jobs:
    """Start the clock: at the hour of the settings FS154.001 runs on its evenings, and every evening sources that
    failed about single people are asked again. In the night what is too old to be shown is let go of, and
    the trace is verified; after that comes the backup."""
    settings = house.settings.settings
    watch = watch or Watch(house.store, house.settings, house.clock)
    # The evening's work is done even when the machine was asleep at the hour, once.
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(AT_ONCE)},
        timezone=settings.time_zone,
        job_defaults={"misfire_grace_time": None, "coalesce": True},
    )
    hour = {"hour": settings.evening.hour, "minute": settings.evening.minute, "second": settings.evening.second}
    for kind, days in (("full", settings.import_runs.full), ("delta", settings.import_runs.delta)):
        if days:
            scheduler.add_job(watch.look, "cron", id=f"FS154.001-{kind}", day_of_week=",".join(days), **hour)
    scheduler.add_job(house.fanout.try_again_due, "cron", id="try-again", **hour)
    scheduler.add_job(forget, "cron", args=[house], id="forget", hour=3, minute=30)
    scheduler.add_job(verify_trace, "cron", args=[house], id="verify-trace", hour=3, minute=45)
    scheduler.add_job(memory.give_back, "interval", id="memory", minutes=1)
    keeper = keeper or Keeper(house.settings, house.clock)
    if backup := settings.backup:
        at = {"hour": backup.at.hour, "minute": backup.at.minute, "second": backup.at.second}
        scheduler.add_job(keeper.look, "cron", id="backup", **at)
    jobs = Jobs(house, watch, scheduler, keeper)
    scheduler.add_job(jobs.purge, "cron", id="purge", hour=3, minute=45)
    logging.getLogger("apscheduler.executors.default").addFilter(_in_a_sentence)
    jobs.start()
    return jobs
