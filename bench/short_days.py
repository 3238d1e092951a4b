"""`eksternstudium serve` whose days are short: what the clock does once a day, it does every so many seconds.

The program is the one that is served, jobs and threads and all. Only how often its daily jobs come is another matter.
The evening's run comes by its instant and not by how often it is looked for: whoever soaks orders it.

    python bench/short_days.py 60 --port 0
"""

import sys

from webapp import jobs
from webapp.cli import main
from webapp.house import House


def shorten(seconds: float) -> None:
    """Have the clock of `serve` make its days so long."""
    start = jobs.start

    def start_short(house: House) -> jobs.Jobs:
        clock = start(house)
        for job in clock.scheduler.get_jobs():
            job.reschedule("interval", seconds=seconds)
        return clock

    jobs.start = start_short


if __name__ == "__main__":
    shorten(float(sys.argv[1]))
    main(["serve", *sys.argv[2:]])
