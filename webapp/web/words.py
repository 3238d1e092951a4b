"""The words for what is going on: one state, one sentence, on every screen and in the terminal."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext, ngettext

from webapp.errors import SENTENCES, SourceFailure
from webapp.model import Answer, Category, ChangeKind, FetchLine, FetchState, Outcome, Text

_LANGUAGES = ("nb", "nn", "en")


def text_of(text: Text, languages: tuple[str, ...] = _LANGUAGES) -> str:
    """A text in the first of `languages` that it has, or in any that it has."""
    return next((text[language] for language in (*languages, *text) if text.get(language)), "")


def date_of(at: datetime, zone: ZoneInfo) -> str:
    """A date as Norwegians write it: 24.11.2026."""
    return f"{at.astimezone(zone):%d.%m.%Y}"


def time_of(at: datetime, zone: ZoneInfo) -> str:
    """An hour as Norwegians write it: 09.14."""
    return f"{at.astimezone(zone):%H.%M}"


def state_of(line: FetchLine) -> str:
    """The short name of where a fetch stands, also its CSS class: its outcome once it has one."""
    waiting = line.fetch.state in (FetchState.QUEUED, FetchState.RUNNING)
    return line.fetch.state.value if waiting or line.answer is None else line.answer.outcome.value


def sentence_of(line: FetchLine, zone: ZoneInfo, now: datetime) -> str:
    """What a line of an order says of its institution."""
    if line.fetch.state is FetchState.QUEUED:
        return gettext("Venter")
    if line.fetch.state is FetchState.RUNNING or line.answer is None:
        return gettext("Spør …")
    match line.answer.outcome:
        case Outcome.FOUND:
            return " · ".join(part for part in (_counted(line), _changed(line)) if part)
        case Outcome.UNCHANGED:
            since = line.unchanged_since or line.answer.answered_at or now
            return gettext("Uendret siden %(date)s", date=date_of(since, zone))
        case Outcome.FAILED:
            return f"{_failure(line.answer)} {_next_try(line, zone, now)}".strip()
        case outcome:
            return {
                Outcome.NOTHING: gettext("Ingen resultater"),
                Outcome.NOT_SHARED: gettext("Deler ikke resultater"),
                Outcome.NO_CONSENT: gettext("Samtykke mangler"),
                Outcome.MISMATCH: gettext("Svaret gjelder en annen person. Lagt til side."),
            }[outcome]


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


def _changed(line: FetchLine) -> str:
    new = line.changes.get(ChangeKind.NEW, 0) + line.changes.get(ChangeKind.BACK, 0)
    changed = line.changes.get(ChangeKind.CHANGED, 0)
    gone = line.changes.get(ChangeKind.GONE, 0)
    parts = [
        ngettext("%(num)d ny", "%(num)d nye", new) if new else "",
        ngettext("%(num)d endret", "%(num)d endret", changed) if changed else "",
        ngettext("%(num)d borte", "%(num)d borte", gone) if gone else "",
    ]
    return ", ".join(part for part in parts if part)


def _failure(answer: Answer) -> str:
    return gettext(SENTENCES[SourceFailure(answer.failure or SourceFailure.INTERNAL)])


def _next_try(line: FetchLine, zone: ZoneInfo, now: datetime) -> str:
    if line.fetch.retry_at is None:
        return ""
    hour = time_of(line.fetch.retry_at, zone)
    if line.fetch.retry_at.astimezone(zone).date() == now.astimezone(zone).date():
        return gettext("Prøves igjen i kveld kl. %(hour)s.", hour=hour)
    return gettext("Prøves igjen %(date)s kl. %(hour)s.", date=date_of(line.fetch.retry_at, zone), hour=hour)
