"""The rules of retention, as plain functions over facts."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from webapp.model import Due, Hold, RetentionFacts, Verdict
from webapp.retention_settings import Retention

#: A limit that never comes.
_NEVER = date.max


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def judge(facts: RetentionFacts, limits: Retention, today: date) -> Verdict:
    """What goes of a person today, or why nothing does.

    What goes on holds everything. Then each reason to know the person has a limit, and the latest counts. When it has
    passed the results go, and what is left, a log without content, after `limits.log_months` more.
    """
    if (hold := _goes_on(facts)) is not None:
        return Verdict(hold, None, None)
    until, hold = max(_grounds(facts, limits), key=lambda ground: ground[0])
    if until == _NEVER:
        return Verdict(hold, None, None)
    if until > today:
        return Verdict(hold, None, until)
    if facts.emptied_on is None or facts.emptied_on < until:
        return Verdict(None, Due.RESULTS, until)
    gone = months_after(facts.emptied_on, limits.log_months)
    return Verdict(Hold.LOG, None, gone) if gone > today else Verdict(None, Due.PERSON, gone)


def keeps_answers(facts: RetentionFacts) -> bool:
    """Whether the raw answers about a person are kept beyond their limit: somebody may still have to look at them."""
    return facts.has_open_order or facts.has_open_case


def _goes_on(facts: RetentionFacts) -> Hold | None:
    for is_so, hold in (
        (facts.has_open_order, Hold.ORDER),
        (facts.has_open_report, Hold.REPORT),
        (facts.is_invited, Hold.INVITED),
        (facts.has_upload, Hold.UPLOAD),
        (facts.has_open_case, Hold.OPEN_CASE),
        # Nobody can fetch again what a caseworker has written: it goes when it is taken out by hand.
        (facts.has_rows_by_hand, Hold.BY_HAND),
    ):
        if is_so:
            return hold
    return None


def _grounds(facts: RetentionFacts, limits: Retention) -> Iterator[tuple[date, Hold]]:
    """Each reason to know the person, and until when it holds."""
    for applied in facts.applications:
        # Who nobody has told us of counts as not admitted, but only when the limit has passed.
        months = limits.admitted_months if applied.admitted else limits.not_admitted_months
        hold = Hold.ADMITTED if applied.admitted else Hold.APPLICATION
        since = max(applied.cut_off, applied.asked_on or applied.cut_off)
        yield months_after(since, months) if months else _NEVER, hold
    for closed_on in facts.cases_closed_on:
        hold = Hold.INCLUDED if facts.has_included else Hold.CASE
        yield months_after(closed_on, limits.case_months) if limits.case_months else _NEVER, hold
    if facts.asked_on is not None:
        yield months_after(facts.asked_on, limits.without_months), Hold.ASKED
    if not (facts.applications or facts.cases_closed_on or facts.asked_on):
        yield months_after(facts.registered_on, limits.without_months), Hold.ASKED
