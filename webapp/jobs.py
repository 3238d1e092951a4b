"""What happens by the clock: APScheduler in the web process, each job one call."""

from apscheduler.schedulers.background import BackgroundScheduler

from webapp.house import House


def start(house: House) -> BackgroundScheduler:
    """Start the clock: every evening, at the hour of the settings, sources that failed are asked again."""
    evening = house.settings.settings.evening
    scheduler = BackgroundScheduler(timezone=house.settings.settings.time_zone)
    scheduler.add_job(
        house.fanout.try_again_due,
        "cron",
        id="try-again",
        hour=evening.hour,
        minute=evening.minute,
        # The evening's work is done even when the machine was asleep at the hour, once.
        misfire_grace_time=None,
        coalesce=True,
    )
    scheduler.start()
    return scheduler
