"""The e-mails: after a run once, to each subscriber, with counts and links and nothing about anybody; and about a
backup that failed."""

from datetime import datetime

from webapp.config import Settings
from webapp.fetching.evenings import next_run
from webapp.fetching.warnings import warnings
from webapp.mailing.digest import Facts, digest
from webapp.mailing.failed_backup import tell_of_failed_backup
from webapp.mailing.post import deliver
from webapp.mailing.tongue import Tongue
from webapp.model import Run, RunKind, RunState
from webapp.store import Store, notices, runs

__all__ = ["send_digest", "tell_of_failed_backup"]


def send_digest(store: Store, settings: Settings, run: Run, now: datetime) -> bool:
    """Tell the subscribers what a run that has ended did; True when a mail went out.

    Nothing is sent without `[mail]` in the settings, twice about one run, or about a delta with nobody in it. A server
    that does not take the mail is logged, and never makes a run fail.
    """
    mail, current = settings.settings.mail, runs.run(store.db, run.id)
    if mail is None or current is None or current.mailed_at:
        return False
    facts = _facts(store, settings, current, now)
    if not _is_news(facts):
        return False
    worded = digest(facts, Tongue(mail.language, settings.zone), mail.address)
    if not deliver(mail, worded, f"run-{current.id}", now):
        return False
    with store.write() as db:
        runs.mark_mailed(db, current.id, now)
    return True


def _facts(store: Store, settings: Settings, run: Run, now: datetime) -> Facts:
    following = next_run(settings, now)
    sources = runs.sources_of(store.db, run.id)
    return Facts(
        run,
        [source for source in sources if source.failed],
        sum(source.mismatch for source in sources),
        notices.count_unseen(store.db),
        following.at if following else None,
        warnings(store.db, settings, now),
    )


def _is_news(facts: Facts) -> bool:
    run = facts.run
    if run.state in (RunState.WAITING, RunState.RUNNING):
        return False
    nothing = not (run.ordered or run.changed_people or facts.failing)
    return not (nothing and run.kind is RunKind.DELTA and run.state is RunState.COMPLETE)
