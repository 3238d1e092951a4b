"""The sources looked over: each is asked what it is, and what it says of the time and of its certificate."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from statistics import median

from sqlite_utils import Database

from webapp.config import Settings
from webapp.errors import N_, SENTENCES, SourceFailure
from webapp.fetching.trying import Tried, call_on
from webapp.fetching.warnings import Warned, warned_of, warnings
from webapp.source_settings import SourceSettings
from webapp.upkeep.findings import Area, Finding, Level, Notes

#: So many sources are asked at once.
MOST_AT_ONCE = 16
#: Clocks that differ by so much, in seconds, are told of; with the second, signed tokens and certificates fail.
FAR, TOO_FAR = 30.0, 300.0

Asked = Sequence[tuple[SourceSettings, Tried]]


def ask_all(settings: Settings, clock: Callable[[], datetime]) -> Asked:
    """What came of asking each source that is in use and not switched off just now."""
    off = settings.switched_off(clock())
    meant = [source for source in settings.asked if source.institution not in off]
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        return list(zip(meant, pool.map(lambda each: call_on(settings, each, clock), meant), strict=True))


def look_at_answers(settings: Settings, asked: Asked) -> list[Finding]:
    """Whether the sources can be reached. One that cannot is another's to mend, unless it is all of them."""
    failed = [(source, tried) for source, tried in asked if tried.failure is not None]
    level = Level.ERROR if asked and len(failed) == len(asked) else Level.WARNING
    found = [_unanswered(source, tried, level) for source, tried in failed]
    notes = Notes(Area.SOURCES)
    if not settings.sources:
        notes.warn(N_("Det er ikke satt opp noen kilder."), N_("Legg dem inn på siden Kilder, eller i sources.toml."))
    elif len(failed) < len(asked):
        notes.fine(N_("%(count)d av %(all)d kilder svarte."), count=len(asked) - len(failed), all=len(asked))
    return [*notes.found, *found]


def _unanswered(source: SourceSettings, tried: Tried, level: Level) -> Finding:
    failure = tried.failure or SourceFailure.INTERNAL
    values = {"name": source.title, "number": source.institution, "seconds": max(1, round(tried.seconds))}
    what, why = N_("Kilden %(name)s (%(number)d) svarte ikke."), SENTENCES[failure]
    if failure is SourceFailure.WRONGLY_SET_UP:
        # The cause says in Norwegian what is wrong with its settings.
        why, level = "%(cause)s", Level.ERROR
        values["cause"] = tried.cause or ""
    return Finding(Area.SOURCES, level, what, why, values)


def look_at_endings(settings: Settings, db: Database | None, asked: Asked, now: datetime) -> list[Finding]:
    """What ends soon: certificates that sources show, what we are known by to them, and programs' tokens."""
    if db is not None:
        known = list(warnings(db, settings, now))
    else:
        known = [
            each for source in settings.sources if source.enabled for each in warned_of(source, settings, None, now)
        ]
    shown = [each for source, tried in asked for each in warned_of(source, settings, tried.certificate_until, now)]
    answered = {source.institution for source, _ in asked}
    found = [*shown, *(each for each in known if each.institution not in answered)]
    return [_ending(each) for each in sorted(found, key=lambda each: (each.day, each.name))]


def _ending(warned: Warned) -> Finding:
    values = {"name": warned.name, "day": f"{warned.day:%d.%m.%Y}"}
    mend = N_("Skaff en ny i god tid, og legg den inn der den gamle står.")
    return Finding(Area.CERTIFICATES, Level.ERROR if warned.is_past else Level.WARNING, warned.sentence, mend, values)


def look_at_clocks(asked: Asked) -> list[Finding]:
    """Whether our clock goes as those of the sources: their median, for one of them may itself be wrong."""
    notes = Notes(Area.CLOCK)
    ahead = [tried.clock_ahead for _, tried in asked if tried.clock_ahead is not None]
    if not ahead:
        return []
    off, count = median(ahead), len(ahead)
    seconds = round(abs(off))
    mend = N_("Slå på tidssynkronisering: timedatectl set-ntp true. Står klokken rett, er det kildene som går feil.")
    if abs(off) < FAR:
        notes.fine(N_("Klokken går likt med kildenes (spurt: %(count)d)."), count=count)
    elif off > 0:
        what = N_("Klokken er %(seconds)d s foran kildenes (spurt: %(count)d).")
        (notes.wrong if off > TOO_FAR else notes.warn)(what, mend, seconds=seconds, count=count)
    else:
        what = N_("Klokken er %(seconds)d s etter kildenes (spurt: %(count)d).")
        (notes.wrong if off < -TOO_FAR else notes.warn)(what, mend, seconds=seconds, count=count)
    return notes.found
