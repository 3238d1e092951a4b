"""What happens by the clock: APScheduler in the web process, each job one call."""

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from webapp.house import House
from webapp.watch import Watch

#: How often it is looked after the runs, and after the clock itself, in seconds.
LOOK_SECONDS = 5.0

_log = logging.getLogger(__name__)


@dataclass
class Jobs:
    """The clock of a house, going from `start` to `stop`."""

    house: House
    watch: Watch
    scheduler: BackgroundScheduler
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)
    _looked_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._looked_at = self.house.clock()
        self._thread = threading.Thread(target=self._look_again_and_again, name="look", daemon=True)

    def start(self) -> None:
        """Let the clock go; the first look comes at once, so that a missed evening is made up for."""
        self.scheduler.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop the clock and the run that is going on, within ten seconds."""
        self._stopping.set()
        self.scheduler.shutdown(wait=False)
        self.watch.stop()
        self._thread.join()

    def look(self) -> None:
        """Look after the runs, and put the scheduler right.

        The scheduler waits for an instant by the seconds until then. So it oversleeps while the machine is asleep, and
        when the clock is set back it holds still until the time that it had planned for.
        """
        now = self.house.clock()
        if now < self._looked_at - timedelta(seconds=LOOK_SECONDS):
            _log.warning("the clock was set back, from %s to %s", self._looked_at, now)
            for job in self.scheduler.get_jobs():
                job.reschedule(job.trigger)
        self._looked_at = now
        self.scheduler.wakeup()
        self.watch.look()

    def _look_again_and_again(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
            except Exception:
                _log.exception("a look after the runs failed")
            self._stopping.wait(LOOK_SECONDS)


def start(house: House, watch: Watch | None = None) -> Jobs:
    """Start the clock: at the hour of the settings FS154.001 runs on its evenings, and every evening sources that
    failed about single people are asked again."""
    settings = house.settings.settings
    watch = watch or Watch(house.store, house.settings, house.clock)
    # The evening's work is done even when the machine was asleep at the hour, once.
    scheduler = BackgroundScheduler(
        timezone=settings.time_zone, job_defaults={"misfire_grace_time": None, "coalesce": True}
    )
    hour = {"hour": settings.evening.hour, "minute": settings.evening.minute, "second": settings.evening.second}
    for kind, days in (("full", settings.import_runs.full), ("delta", settings.import_runs.delta)):
        if days:
            scheduler.add_job(watch.look, "cron", id=f"FS154.001-{kind}", day_of_week=",".join(days), **hour)
    scheduler.add_job(house.fanout.try_again_due, "cron", id="try-again", **hour)
    jobs = Jobs(house, watch, scheduler)
    jobs.start()
    return jobs
