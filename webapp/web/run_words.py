"""The words for a run: when it is, where it stands, and in one line what it did and what it could not."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from webapp.model import Run, RunSource, RunState
from webapp.web.intake_words import count_of
from webapp.web.labels import run_kind_name
from webapp.web.language import gettext, ngettext, reading_order
from webapp.web.words import date_of, text_of, time_of

#: So many institutions are named in a sentence; the table has all.
MOST_NAMED = 4


def weekday_of(at: datetime, zone: ZoneInfo) -> str:
    """The day of the week where the institution is: fredag."""
    return format_date(at.astimezone(zone).date(), "EEEE", locale=reading_order()[0])


def evening_of(at: datetime, zone: ZoneInfo) -> str:
    """An instant with its day of the week: fredag 27.11.2026 kl. 20.00."""
    return gettext(
        "%(weekday)s %(date)s kl. %(hour)s",
        weekday=weekday_of(at, zone),
        date=date_of(at, zone),
        hour=time_of(at, zone),
    )


def soon(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """An instant within a week: i kveld kl. 20.00, or søndag kl. 20.00; one further off with its date."""
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if days == 0:
        return gettext("i kveld kl. %(hour)s", hour=time_of(at, zone))
    if 0 < days < 7:
        return gettext("%(weekday)s kl. %(hour)s", weekday=weekday_of(at, zone), hour=time_of(at, zone))
    return evening_of(at, zone)


def duration_of(seconds: float) -> str:
    """How long something took: 8 s, 3 min 20 s, 1 t 12 min."""
    whole = round(seconds)
    if whole < 60:
        return gettext("%(seconds)d s", seconds=whole)
    if whole < 3600:
        return gettext("%(minutes)d min %(seconds)d s", minutes=whole // 60, seconds=whole % 60)
    return gettext("%(hours)d t %(minutes)d min", hours=whole // 3600, minutes=whole % 3600 // 60)


def title_of(run: Run, zone: ZoneInfo) -> str:
    """A run's heading: Komplett overføring fredag 27.11.2026 kl. 20.00."""
    return f"{run_kind_name(run.kind)} {evening_of(run.scheduled_for, zone)}"


def icon_of(state: RunState) -> str:
    """The icon that stands beside the words."""
    return {
        RunState.WAITING: "queued",
        RunState.RUNNING: "running",
        RunState.COMPLETE: "found",
        RunState.INCOMPLETE: "failed",
        RunState.STOPPED: "gone",
        RunState.SKIPPED: "nothing",
    }[state]


def standing_of(run: Run, ahead: Run | None, carried_out: bool, zone: ZoneInfo) -> str:
    """Where a run that has not ended stands. `ahead`: another that goes first; `carried_out`: somebody is at work."""
    if run.stopped_by is not None:
        return gettext("Stoppes …")
    if run.state is RunState.RUNNING:
        return gettext("Kjører") if carried_out else gettext("Brutt av. Går videre ved neste start.")
    if ahead is not None:
        return gettext("Venter på at «%(run)s» blir ferdig.", run=title_of(ahead, zone))
    if run.judged_at is not None and carried_out:
        return gettext("Finner ut hvem det skal spørres om …")
    return gettext("Starter om et øyeblikk.")


def outcome_of(run: Run, sources: Sequence[RunSource], retry: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    """What a run that has ended did, and what it could not. `retry`: when those who failed are asked again."""
    match run.state:
        case RunState.SKIPPED:
            return gettext("Hoppet over: en senere kjøring tok plassen før denne kom i gang.")
        case RunState.STOPPED:
            return _stopped(run, sources)
    if not run.people:
        return gettext("Ingen søkere skulle spørres om.")
    asked = ngettext(
        "Spurte %(where)s om %(people)s søker på %(time)s.",
        "Spurte %(where)s om %(people)s søkere på %(time)s.",
        run.people,
        people=count_of(run.people),
        where=ngettext("%(num)d institusjon", "%(num)d institusjoner", _sharing(sources)),
        time=duration_of(run.seconds),
    )
    return " ".join(part for part in (asked, _changed(run), *_failed(sources, retry, zone, now)) if part)


def _stopped(run: Run, sources: Sequence[RunSource]) -> str:
    by = run.stopped_by or ""
    if run.begun_at is None:
        return gettext("Stoppet av %(by)s før den kom i gang.", by=by)
    return (
        gettext("Stoppet av %(by)s. Svarene som var kommet, er beholdt. Resten spørres det om i neste kjøring.", by=by)
        + f" {_changed(run)}"
    )


def _sharing(sources: Sequence[RunSource]) -> int:
    """How many were asked: not those that share nothing, nor those that were switched off all the time."""
    return sum(source.people > source.not_shared + (source.failed if source.off else 0) for source in sources)


def _changed(run: Run) -> str:
    if not run.changed_people:
        return gettext("Ingen har nye eller endrede resultater.")
    return ngettext(
        "%(people)s søker har nye eller endrede resultater.",
        "%(people)s søkere har nye eller endrede resultater.",
        run.changed_people,
        people=count_of(run.changed_people),
    )


def _failed(sources: Sequence[RunSource], retry: datetime | None, zone: ZoneInfo, now: datetime) -> list[str]:
    """Who could not be asked at all, and who could not be asked about some, never in one number."""
    off = [source for source in sources if source.off]
    wholly = [source for source in sources if source.failed and source.failed == source.people and not source.off]
    partly = [source for source in sources if 0 < source.failed < source.people and not source.off]
    sentences = []
    if wholly:
        sentences.append(
            ngettext(
                "%(num)d institusjon kunne ikke spørres: %(names)s.",
                "%(num)d institusjoner kunne ikke spørres: %(names)s.",
                len(wholly),
                names=_named([text_of(source.name) for source in wholly]),
            )
        )
    if partly:
        sentences.append(
            ngettext(
                "%(num)d institusjon kunne ikke spørres om alle: %(names)s.",
                "%(num)d institusjoner kunne ikke spørres om alle: %(names)s.",
                len(partly),
                names=_named([f"{text_of(source.name)} ({count_of(source.failed)})" for source in partly]),
            )
        )
    if sentences and retry is not None:
        when = soon(retry, zone, now)
        again = ngettext("Den spørres igjen %(when)s.", "De spørres igjen %(when)s.", len(wholly + partly), when=when)
        sentences.append(again)
    if off:
        sentences.append(
            ngettext(
                "%(num)d institusjon var slått av: %(names)s.",
                "%(num)d institusjoner var slått av: %(names)s.",
                len(off),
                names=_named([text_of(source.name) for source in off]),
            )
        )
    return sentences


def _named(names: Sequence[str]) -> str:
    if len(names) > MOST_NAMED:
        named = ", ".join(names[: MOST_NAMED - 1])
        return gettext("%(named)s og %(rest)d til", named=named, rest=len(names) - MOST_NAMED + 1)
    if len(names) == 1:
        return names[0]
    return gettext("%(named)s og %(last)s", named=", ".join(names[:-1]), last=names[-1])
