"""The words for what is going on: one state, one sentence, on every screen and in the terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.errors import N_, SENTENCES, SourceFailure, SwitchedOff
from webapp.fetching.warnings import Warned
from webapp.model import (
    WITHDRAWN_UNDER_WAY,
    Answer,
    Category,
    ChangeKind,
    Decision,
    FetchLine,
    FetchState,
    Order,
    OrderState,
    Outcome,
    Text,
)
from webapp.web.language import gettext, ngettext, reading_order

#: The state of a fetch whose source was switched off, beside the outcomes.
OFF = "off"
#: The states of those of whom nobody knows what they have.
NOT_ASKED = frozenset({Outcome.FAILED.value, OFF})
_RARELY = {
    Outcome.NOT_SHARED: N_("%(number)d deler ikke"),
    Outcome.NO_CONSENT: N_("%(number)d mangler samtykke"),
    Outcome.AWAITED: N_("%(number)d har ikke levert fil"),
    Outcome.MISMATCH: N_("%(number)d svarte om en annen person"),
    Outcome.FAILED: N_("%(number)d kunne ikke spørres"),
}


#: From where documents are brought; nobody was asked, and how long that took says nothing.
_BROUGHT = ("file", "emrex")


def text_of(text: Text) -> str:
    """A text in the reader's language, or in the next one that the reader reads, or in any that it has."""
    return next((text[language] for language in (*reading_order(), *text) if text.get(language)), "")


def date_of(at: datetime, zone: ZoneInfo) -> str:
    """A date as Norwegians write it: 24.11.2026."""
    return f"{at.astimezone(zone):%d.%m.%Y}"


def time_of(at: datetime, zone: ZoneInfo) -> str:
    """An hour as Norwegians write it: 09.14."""
    return f"{at.astimezone(zone):%H.%M}"


def moment_of(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """An instant as a list shows it: "i dag 09.14", "i går 09.14" or "20.11.2026 09.14"."""
    days = (now.astimezone(zone).date() - at.astimezone(zone).date()).days
    if days == 0:
        return gettext("i dag %(hour)s", hour=time_of(at, zone))
    if days == 1:
        return gettext("i går %(hour)s", hour=time_of(at, zone))
    return f"{date_of(at, zone)} {time_of(at, zone)}"


def state_of(line: FetchLine) -> str:
    """The short name of where a fetch stands, also its CSS class: its outcome once it has one, or OFF."""
    if line.fetch.state in (FetchState.QUEUED, FetchState.RUNNING) or line.answer is None:
        return line.fetch.state.value
    return OFF if line.answer.failure == SourceFailure.SWITCHED_OFF else line.answer.outcome.value


def sentence_of(line: FetchLine, zone: ZoneInfo, now: datetime) -> str:
    """What a line of an order says of its institution."""
    if line.fetch.state in (FetchState.QUEUED, FetchState.RUNNING) or line.answer is None:
        return gettext("Venter") if line.fetch.state is FetchState.QUEUED else gettext("Spør …")
    match line.answer.outcome:
        case Outcome.FOUND:
            return " · ".join(part for part in (_counted(line), changes_of(line.changes)) if part)
        case Outcome.UNCHANGED:
            since = line.unchanged_since or line.answer.answered_at or now
            return gettext("Uendret siden %(date)s", date=date_of(since, zone))
        case Outcome.FAILED:
            return _not_answered(line, line.answer, zone, now)
        case Outcome.MISMATCH if line.answer.decision:
            return decision_of(line.answer.decision)
        case outcome:
            return {
                Outcome.NOTHING: gettext("Ingen resultater"),
                Outcome.NOT_SHARED: gettext("Deler ikke resultater"),
                Outcome.NO_CONSENT: _no_consent(line.answer),
                Outcome.AWAITED: gettext("Ingen fil er levert"),
                Outcome.MISMATCH: gettext("Svaret gjelder en annen person. Lagt til side."),
            }[outcome]


def _no_consent(answer: Answer) -> str:
    if answer.cause == WITHDRAWN_UNDER_WAY:
        return gettext("Samtykket ble trukket mens svaret var på vei. Svaret er ikke tatt inn.")
    return gettext("Samtykke mangler")


def decision_of(decision: Decision) -> str:
    """What was decided about an answer that was set aside, by whom and why."""
    if decision.accepted:
        return gettext("Godtatt av %(who)s: %(reason)s", who=decision.by, reason=decision.reason)
    return gettext("Avvist av %(who)s: %(reason)s", who=decision.by, reason=decision.reason)


def progress_of(lines: Sequence[FetchLine]) -> str:
    """How far an order has come: who has answered, who has results, and apart from them who could not be asked."""
    states = Counter(state_of(line) for line in lines)
    failed = sum(states[state] for state in NOT_ASKED)
    answered = len(lines) - states[FetchState.QUEUED] - states[FetchState.RUNNING] - failed
    answered -= states[Outcome.AWAITED]
    having = states[Outcome.FOUND] + states[Outcome.UNCHANGED]
    parts = [
        gettext("%(answered)d av %(all)d har svart", answered=answered, all=len(lines)),
        gettext("%(having)d med resultater", having=having),
        gettext("%(failed)d kunne ikke spørres", failed=failed) if failed else "",
    ]
    return " · ".join(part for part in parts if part)


def has_ended(order: Order, lines: Sequence[FetchLine]) -> bool:
    """Whether an order has ended, as far as its lines are concerned: a run may be done with a person long before it is
    done with all."""
    if order.run_id is None:
        return order.state is not OrderState.OPEN
    return not any(line.fetch.state in (FetchState.QUEUED, FetchState.RUNNING) for line in lines)


def told_of(order: Order, lines: Sequence[FetchLine]) -> str:
    """How an order has gone, or how far it has come."""
    return summary_of(order, lines) if has_ended(order, lines) else progress_of(lines)


def summary_of(order: Order, lines: Sequence[FetchLine]) -> str:
    """What an order that has ended says of itself; "none" and "could not be asked" are never added together. How long
    a run took says nothing of one person."""
    states = Counter(state_of(line) for line in lines)
    states[Outcome.FAILED] += states.pop(OFF, 0)
    seconds = (order.finished_at - order.opened_at).total_seconds() if order.finished_at else 0.0
    having = states[Outcome.FOUND] + states[Outcome.UNCHANGED]
    parts = [
        ngettext("%(num)d institusjon hadde resultater", "%(num)d institusjoner hadde resultater", having),
        gettext("%(number)d hadde ingen", number=states[Outcome.NOTHING]),
    ]
    parts += rare_parts(states)
    if order.placed_from in _BROUGHT:
        return gettext("Tatt inn: %(what)s.", what=", ".join(parts))
    if order.run_id is not None:
        return gettext("Ferdig: %(what)s.", what=", ".join(parts))
    return gettext("Ferdig på %(seconds)d s: %(what)s.", seconds=round(seconds), what=", ".join(parts))


def rare_parts(counts: Mapping[str, int]) -> list[str]:
    """How many institutions gave another outcome than results or none, a part of a sentence for each such outcome."""
    return [gettext(sentence, number=counts[outcome]) for outcome, sentence in _RARELY.items() if counts.get(outcome)]


def _counted(line: FetchLine) -> str:
    qualifications = line.counts.get(Category.QUALIFICATION, 0)
    courses = line.counts.get(Category.COURSE, 0)
    others = sum(line.counts.values()) - qualifications - courses
    parts = [
        ngettext("%(num)d kvalifikasjon", "%(num)d kvalifikasjoner", qualifications) if qualifications else "",
        ngettext("%(num)d emne", "%(num)d emner", courses) if courses else "",
        ngettext("%(num)d annet", "%(num)d andre", others) if others else "",
    ]
    return ", ".join(part for part in parts if part)


def changes_of(changes: Mapping[ChangeKind, int]) -> str:
    """How many results changed in which way: "2 nye, 1 endret"; "" when none did."""
    new = changes.get(ChangeKind.NEW, 0) + changes.get(ChangeKind.BACK, 0)
    changed = changes.get(ChangeKind.CHANGED, 0)
    gone = changes.get(ChangeKind.GONE, 0)
    parts = [
        ngettext("%(num)d ny", "%(num)d nye", new) if new else "",
        ngettext("%(num)d endret", "%(num)d endret", changed) if changed else "",
        ngettext("%(num)d borte", "%(num)d borte", gone) if gone else "",
    ]
    return ", ".join(part for part in parts if part)


def failure_of(answer: Answer) -> str:
    """Why a source could not be asked."""
    return failure_sentence(answer.failure, answer.seconds)


def failure_sentence(failure: str | None, seconds: float) -> str:
    """Why a source could not be asked: the code of a SourceFailure in words. `seconds`: how long it was waited for, 0
    where that is not known."""
    what = SourceFailure(failure or SourceFailure.INTERNAL)
    if what is SourceFailure.TIMEOUT and not seconds:
        return gettext("Svarte ikke i tide.")
    return gettext(SENTENCES[what], seconds=max(1, round(seconds)))


def _not_answered(line: FetchLine, answer: Answer, zone: ZoneInfo, now: datetime) -> str:
    if answer.failure == SourceFailure.SWITCHED_OFF:
        return off_sentence(answer.cause, zone, now)
    return f"{failure_of(answer)} {_next_try(line, zone, now)}".strip()


def off_sentence(cause: str | None, zone: ZoneInfo, now: datetime) -> str:
    """Until when a source is switched off, and why, by the cause that errors.SwitchedOff tells."""
    off = SwitchedOff.told(cause)
    if off is None:
        return gettext(SENTENCES[SourceFailure.SWITCHED_OFF])
    until = off.until.astimezone(zone)
    date = f"{until:%d.%m.}" if until.year == now.astimezone(zone).year else date_of(off.until, zone)
    if until.date() == now.astimezone(zone).date():
        date = gettext("kl. %(hour)s", hour=time_of(off.until, zone))
    return gettext("Slått av av drift til %(date)s: %(reason)s", date=date, reason=off.reason)


def _next_try(line: FetchLine, zone: ZoneInfo, now: datetime) -> str:
    if line.fetch.retry_at is None:
        return ""
    hour = time_of(line.fetch.retry_at, zone)
    if line.fetch.retry_at.astimezone(zone).date() == now.astimezone(zone).date():
        return gettext("Prøves igjen i kveld kl. %(hour)s.", hour=hour)
    return gettext("Prøves igjen %(date)s kl. %(hour)s.", date=date_of(line.fetch.retry_at, zone), hour=hour)


def warning_sentence(warned: Warned) -> str:
    """What ends soon of a source's or a program's, or has ended."""
    return gettext(warned.sentence, name=warned.name, day=f"{warned.day:%d.%m.%Y}")
