"""The sources as the screens show them: the state of each in words, how it has answered, and what ends soon."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlite_utils import Database

from webapp.config import Settings
from webapp.errors import Refusal, SourceFailure
from webapp.fetching.warnings import WARNING_DAYS, client_certificate_until
from webapp.model.sources import SourceHealth, SourceHour, all_times, quantile
from webapp.source_settings import EmrexSettings, SourceSettings, flat_fields, flat_value
from webapp.sources.catalogue import open_source
from webapp.store import source_health
from webapp.web.bars import Bar
from webapp.web.intake_words import count_of
from webapp.web.language import gettext, said
from webapp.web.source_picture import HOURS, by_the_hour, seconds_words, small_picture
from webapp.web.words import failure_sentence, moment_of, time_of


class SourceState(StrEnum):
    """Where a source stands now."""

    OK = "ok"
    DOWN = "down"
    OFF = "off"
    WRONG = "wrong"
    UNASKED = "unasked"
    UNUSED = "unused"


#: The icon of each state.
ICONS = {
    SourceState.OK: "found",
    SourceState.DOWN: "failed",
    SourceState.OFF: "off",
    SourceState.WRONG: "failed",
    SourceState.UNASKED: "queued",
    SourceState.UNUSED: "gone",
}


@dataclass(frozen=True)
class End:
    """Something that ends: what it is, the day, and where that is near or past, how near."""

    what: str
    day: str
    warning: str = ""


@dataclass(frozen=True)
class SourceRow:
    """A source ready to be shown: its state with icon and words, what it did in the last 24 hours, and what ends.
    `is_asked`: whether it can be asked about people."""

    number: int
    name: str
    protocol: str
    is_asked: bool
    shares: bool
    state: SourceState
    icon: str
    words: str
    answered: str
    failed: str
    bars: tuple[Bar, ...]
    median: str
    slow: str
    ends: tuple[End, ...]


def source_row(
    source: SourceSettings,
    settings: Settings,
    health: SourceHealth | None,
    hours: Sequence[SourceHour],
    now: datetime,
) -> SourceRow:
    """A source as a row; `hours`: its own of the last 24 hours."""
    state, words = state_of(source, settings, health, now)
    times = all_times(hours)
    return SourceRow(
        number=source.institution,
        name=source.title,
        protocol=protocol_name(source),
        is_asked=source.is_asked,
        shares=source.shares,
        state=state,
        icon=ICONS[state],
        words=words,
        answered=count_of(sum(each.answered for each in hours)),
        failed=count_of(sum(each.failed for each in hours)),
        bars=small_picture(by_the_hour(hours, settings.zone, now)),
        median=seconds_words(quantile(times, 0.5)),
        slow=seconds_words(quantile(times, 0.95)),
        ends=ends_of(source, settings, health, now),
    )


def state_of(
    source: SourceSettings, settings: Settings, health: SourceHealth | None, now: datetime
) -> tuple[SourceState, str]:
    """Where a source stands, and that in words. What is wrong with its settings comes before what came of them."""
    if not source.enabled:
        return SourceState.UNUSED, gettext("Ikke i bruk")
    if off := settings.off(source, now):
        until = until_words(off.ends(settings.zone), settings)
        return SourceState.OFF, gettext("Slått av til %(until)s: %(reason)s", until=until, reason=off.reason)
    if wrong := problem_of(source, settings, health):
        return SourceState.WRONG, gettext("Feil oppsatt: %(why)s", why=wrong)
    return _as_it_answers(source, settings, health, now)


def _as_it_answers(
    source: SourceSettings, settings: Settings, health: SourceHealth | None, now: datetime
) -> tuple[SourceState, str]:
    if health is not None and health.failing_since is not None:
        since = moment_of(health.failing_since, settings.zone, now)
        why = failure_sentence(health.failure, 0.0)
        return SourceState.DOWN, gettext("Svarer ikke siden %(since)s. %(why)s", since=since, why=why)
    if health is not None and health.answered_at is not None:
        when = moment_of(health.answered_at, settings.zone, now)
        return SourceState.OK, gettext("Svarte sist %(when)s", when=when)
    if source.is_asked:
        return SourceState.UNASKED, gettext("Ikke spurt ennå")
    return SourceState.OK, gettext("Studentene leverer selv")


def state_names() -> Mapping[SourceState, str]:
    """What each state is called."""
    return {
        SourceState.OK: gettext("I orden"),
        SourceState.DOWN: gettext("Svarer ikke"),
        SourceState.OFF: gettext("Slått av"),
        SourceState.WRONG: gettext("Feil oppsatt"),
        SourceState.UNASKED: gettext("Ikke spurt ennå"),
        SourceState.UNUSED: gettext("Ikke i bruk"),
    }


def problem_of(source: SourceSettings, settings: Settings, health: SourceHealth | None = None) -> str:
    """What is wrong with how a source is set up here, "" when nothing seems to be. Where its last question failed for
    that, it is opened to see whether it still does."""
    try:
        source.secret(settings.instance)
        for path in _paths_of(source):
            if not (settings.instance / path).exists():
                raise Refusal("%(path)s fins ikke.", path=str(path))
        if health and health.failing_since and health.failure == SourceFailure.WRONGLY_SET_UP:
            open_source(source, settings, 1).close()
    except Refusal as refusal:
        return said(refusal)
    return ""


def secret_words(source: SourceSettings, settings: Settings) -> str:
    """Whether the secret of a source can be read, "" where it has none; never the secret."""
    if source.secret_env is None and source.secret_file is None:
        return ""
    try:
        source.secret(settings.instance)
    except Refusal as refusal:
        return said(refusal)
    return gettext("kan leses")


def ends_of(source: SourceSettings, settings: Settings, health: SourceHealth | None, now: datetime) -> tuple[End, ...]:
    """The ends of the source's certificate, of the secret and of our own certificate, as far as they are known."""
    ends: list[End] = []
    today = now.astimezone(settings.zone).date()
    if health is not None and health.certificate_until is not None:
        day = health.certificate_until.astimezone(settings.zone).date()
        ends.append(_end(gettext("Sertifikat"), day, (day - today).days, health.certificate_until <= now))
    if source.secret_until is not None:
        left = (source.secret_until - today).days
        ends.append(_end(gettext("Hemmelighet"), source.secret_until, left, left < 0))
    ours = client_certificate_until(source, settings)
    if ours is not None:
        day = ours.astimezone(settings.zone).date()
        ends.append(_end(gettext("Vårt sertifikat"), day, (day - today).days, ours <= now))
    return tuple(ends)


def protocol_name(source: SourceSettings | type[SourceSettings]) -> str:
    """A protocol as the screens name it."""
    return gettext(source.protocol_name)


def until_words(at: datetime, settings: Settings) -> str:
    """An instant to come: 01.12.2026 kl. 06.00."""
    local = at.astimezone(settings.zone)
    return gettext("%(date)s kl. %(hour)s", date=f"{local:%d.%m.%Y}", hour=time_of(at, settings.zone))


def last_day(db: Database, now: datetime, institution: int | None = None) -> Mapping[int, Sequence[SourceHour]]:
    """The last 24 hours, with the one that goes on, of one source or of all, by institution number."""
    hours: dict[int, list[SourceHour]] = {}
    for each in source_health.hours(db, now - timedelta(hours=HOURS - 1), institution):
        hours.setdefault(each.institution, []).append(each)
    return hours


def _end(what: str, day: date, left: int, past: bool) -> End:
    if past:
        warning = gettext("gikk ut")
    elif left <= WARNING_DAYS:
        warning = gettext("om %(days)d d", days=left)
    else:
        warning = ""
    return End(what, f"{day:%d.%m.%Y}", warning)


def _paths_of(source: SourceSettings) -> Sequence[Path]:
    """The files and folders that a source's settings name, but for that of its secret."""
    fields = flat_fields(type(source))
    values = (flat_value(source, name) for name in fields if not name.endswith("secret_file"))
    paths = [value for value in values if isinstance(value, Path)]
    if isinstance(source, EmrexSettings) and not re.match("https?://", source.registry):
        paths.append(Path(source.registry))
    return paths
