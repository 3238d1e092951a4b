"""A run as the screens show it: where it stands, how far it has come, and what came from whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.fetching.evenings import next_run
from webapp.fetching.run_lock import is_carried_out
from webapp.model import Gate, Run, RunSource, RunState
from webapp.store import runs
from webapp.web.current import house
from webapp.web.intake_words import count_of
from webapp.web.labels import gate_advice, gate_name, run_state_name
from webapp.web.language import gettext, ngettext
from webapp.web.run_words import duration_of, evening_of, icon_of, outcome_of, standing_of, title_of
from webapp.web.words import date_of, moment_of, off_sentence, text_of, time_of

#: How far a run has come is said aloud at each of these shares, in per cent.
MILESTONE = 25
#: What seldom comes of a source: a run that has ended without it does not tell of it.
RARE = ("not_shared", "no_consent", "mismatch", "awaited")
#: The reasons that are an applicant's own; the others hold for all of an admission, or for who was asked about.
OWN_GATES = (Gate.NO_CONSENT, Gate.PROTECTED, Gate.NUMBER)


@dataclass(frozen=True)
class SourceRow:
    """What came of a run at an institution, in people; `down` says since when it is, `off` until when it is switched
    off, and why."""

    name: str
    people: int
    done: int
    asked: str
    found: str
    nothing: str
    unchanged: str
    failed: str
    not_shared: str
    no_consent: str
    mismatch: str
    awaited: str
    down: str
    off: str


@dataclass(frozen=True)
class GateRow:
    """A reason for leaving somebody out: how many, and what can be done. `value` is the reason's code."""

    value: str
    name: str
    count: str
    advice: str


@dataclass(frozen=True)
class RunView:
    """A run ready to be shown. `live`: it has not ended, and a page that shows it asks on. `told`: the last share, in
    per cent, that was said aloud. `rare`: which of RARE is told of."""

    id: int
    title: str
    state: str
    state_name: str
    icon: str
    live: bool
    stopping: bool
    sentence: str
    share: int
    done: str
    pace: str
    told: int
    facts: tuple[tuple[str, str], ...]
    gates: tuple[GateRow, ...]
    sources: tuple[SourceRow, ...]
    rare: tuple[str, ...]


def run_view(run: Run) -> RunView:
    """A run as it stands now."""
    zone, now = house().settings.zone, house().clock()
    sources = runs.sources_of(house().store.db, run.id)
    live = run.state in (RunState.WAITING, RunState.RUNNING)
    sentence = _standing(run) if live else outcome_of(run, sources, _retry(run), zone, now)
    people, asked = (sum(getattr(each, key) for each in sources) for key in ("people", "asked"))
    share = 100 * asked // people if people else 0
    return RunView(
        id=run.id,
        title=title_of(run, zone),
        state=run.state.value,
        state_name=run_state_name(run.state),
        icon=icon_of(run.state),
        live=live,
        stopping=live and run.stopped_by is not None,
        sentence=sentence,
        share=share,
        done=gettext("%(done)s av %(all)s svar", done=count_of(asked), all=count_of(people)) if people else "",
        pace=_pace(run, sources, now) if run.state is RunState.RUNNING else "",
        told=share - share % MILESTONE,
        facts=_facts(run),
        gates=gate_rows(run.left_out),
        sources=tuple(_source(each, live, now) for each in sources),
        rare=tuple(key for key in RARE if live or any(getattr(each, key) for each in sources)),
    )


def gate_rows(left_out: Mapping[Gate, int]) -> tuple[GateRow, ...]:
    """The reasons for which somebody is left out, in the order of the rules."""
    return tuple(
        GateRow(gate.value, gate_name(gate), count_of(left_out[gate]), gate_advice(gate))
        for gate in Gate
        if left_out.get(gate)
    )


def held_back(left_out: Mapping[Gate, int]) -> int:
    """How many are left out for a reason of their own."""
    return sum(left_out.get(gate, 0) for gate in OWN_GATES)


def placed_by(run: Run) -> str:
    """Who wanted a run: the clock, or a caseworker who forced it."""
    return gettext("%(who)s, tvangskjørt", who=run.placed_by) if run.forced else gettext("etter planen")


def _standing(run: Run) -> str:
    others = [each for each in runs.unfinished(house().store.db) if each.id != run.id]
    ahead = next((each for each in others if each.state is RunState.RUNNING or each.id < run.id), None)
    return standing_of(run, ahead, is_carried_out(house().settings.instance), house().settings.zone)


def _retry(run: Run) -> datetime | None:
    """The evening after a run ended; None for a run of long ago, whose debts were settled since."""
    now = house().clock()
    after = run.finished_at or now
    evening = next_run(house().settings, after)
    return evening.at if evening is not None and evening.at > now else None


def _pace(run: Run, sources: Sequence[RunSource], now: datetime) -> str:
    """How fast it goes and when it will have ended, as if the rest took as long as what is done; of those that are
    down nobody knows."""
    asked = sum(source.asked - source.not_shared for source in sources)
    left = sum(source.people - source.asked for source in sources if source.down_since is None)
    down = sum(source.down_since is not None and source.asked < source.people for source in sources)
    seconds = run.seconds or (now - (run.begun_at or now)).total_seconds()
    if down and not left:
        return ngettext(
            "venter på %(num)d institusjon som er nede", "venter på %(num)d institusjoner som er nede", down
        )
    if seconds < 1 or not asked:
        return ""
    per_second = asked / seconds
    ends = now + timedelta(seconds=left / per_second)
    fast = count_of(round(per_second)) if per_second >= 1 else f"{per_second:.1f}".replace(".", ",")
    hour = time_of(ends, house().settings.zone)
    return gettext("%(number)s i sekundet · ferdig omtrent kl. %(hour)s", number=fast, hour=hour)


def _facts(run: Run) -> tuple[tuple[str, str], ...]:
    zone, now = house().settings.zone, house().clock()
    facts = [
        (gettext("Bestilt av"), placed_by(run)),
        (gettext("Opptak"), run.admission or gettext("alle åpne")),
        (gettext("Søknader"), count_of(run.ordered) if run.begun_at else ""),
        (gettext("Søkere"), count_of(run.people) if run.begun_at else ""),
        (gettext("Holdt utenfor"), count_of(held_back(run.left_out)) if run.begun_at else ""),
        (gettext("Med endringer"), count_of(run.changed_people) if run.begun_at else ""),
        (gettext("Vurdert"), evening_of(run.judged_at, zone) if run.judged_at and _apart(run) else ""),
        (gettext("Begynt"), moment_of(run.begun_at, zone, now) if run.begun_at else ""),
        (gettext("Avsluttet"), moment_of(run.finished_at, zone, now) if run.finished_at else ""),
        (gettext("Tid brukt"), duration_of(run.seconds) if run.finished_at and run.begun_at else ""),
        (gettext("Stoppet av"), run.stopped_by or ""),
        (gettext("E-post sendt"), moment_of(run.mailed_at, zone, now) if run.mailed_at else ""),
    ]
    return tuple((name, value) for name, value in facts if value)


def _apart(run: Run) -> bool:
    """Whether the rules were judged at another instant than when the run began."""
    return run.begun_at is None or abs(run.begun_at - (run.judged_at or run.begun_at)) > timedelta(hours=1)


def _source(source: RunSource, live: bool, now: datetime) -> SourceRow:
    few = {key: count_of(value) if (value := getattr(source, key)) else "" for key in ("failed", *RARE)}
    return SourceRow(
        name=text_of(source.name),
        people=source.people,
        done=source.asked,
        asked=count_of(source.asked),
        found=count_of(source.found),
        nothing=count_of(source.nothing),
        unchanged=count_of(source.unchanged),
        down=_down(source.down_since, now) if live and source.down_since and not source.off else "",
        off=off_sentence(source.off, house().settings.zone, now) if source.off else "",
        **few,
    )


def _down(since: datetime, now: datetime) -> str:
    zone = house().settings.zone
    if since.astimezone(zone).date() == now.astimezone(zone).date():
        return gettext("nede siden %(hour)s", hour=time_of(since, zone))
    return gettext("nede siden %(date)s %(hour)s", date=date_of(since, zone), hour=time_of(since, zone))
