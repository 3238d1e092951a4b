"""What the log tells of a question of a run: a warning where people could not be asked about. Those that were answered
are told of where somebody looks for faults (DEBUG): a large run has fifty thousand."""

import logging

from webapp.fetching.run_asking import Work

_log = logging.getLogger(__name__)


def tell(run_id: int, work: Work, people: int) -> None:
    """Tell of a question about so many people that was put, whatever came of it."""
    fetch, trouble = work.fetch, work.trouble or next(iter(work.failures.values()), None)
    level = logging.WARNING if trouble else logging.DEBUG
    if not _log.isEnabledFor(level):
        return
    facts = {
        "run": run_id,
        "fetch": fetch.id,
        "institution": fetch.institution,
        "outcome": "failed" if trouble else "answered",
        "people": people,
        "seconds": round(work.seconds, 3),
    }
    if trouble:
        facts["failure"] = trouble.failure.value
    came = f"{trouble.failure}: {trouble}" if trouble else "answered"
    _log.log(level, "fetch %d: institution %d: %s", fetch.id, fetch.institution, came, extra=facts)
