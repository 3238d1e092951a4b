"""The clock: evenings in Oslo, whatever the season."""

from datetime import UTC, datetime

import pytest

from webapp import jobs
from webapp.fetching.fanout import next_evening
from webapp.house import House


@pytest.mark.parametrize(
    ("now", "evening"),
    [
        (datetime(2026, 11, 24, 8, 14, tzinfo=UTC), datetime(2026, 11, 24, 19, tzinfo=UTC)),
        (datetime(2026, 11, 24, 19, tzinfo=UTC), datetime(2026, 11, 25, 19, tzinfo=UTC)),
        (datetime(2026, 7, 1, 8, tzinfo=UTC), datetime(2026, 7, 1, 18, tzinfo=UTC)),
        (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 19, tzinfo=UTC)),
    ],
)
def test_the_next_evening_is_at_eight_in_oslo(house: House, now: datetime, evening: datetime) -> None:
    assert next_evening(house.settings, now) == evening


def test_sources_that_failed_are_asked_again_every_evening(house: House) -> None:
    scheduler = jobs.start(house)
    job = scheduler.get_job("try-again")
    assert job.func == house.fanout.try_again_due
    assert (job.next_run_time.hour, job.next_run_time.minute, str(job.next_run_time.tzinfo)) == (20, 0, "Europe/Oslo")
    scheduler.shutdown(wait=False)
