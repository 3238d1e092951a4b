"""What the mail after a run says: counts, institutions and links, and no name or number of anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.fetching.warnings import Ending, Warned
from webapp.mailing.tongue import Tongue
from webapp.model import Gate, Run, RunKind, RunSource, RunState, Text
from webapp.store.notices import MOST_COUNTED


@dataclass(frozen=True)
class Facts:
    """What a mail is made of: a run that has ended, the sources that could not be asked about all, how many answers
    were about somebody else, how many notices nobody has seen, when the next evening's run is, if one is, and what ends
    soon of the sources'."""

    run: Run
    failing: Sequence[RunSource]
    set_aside: int
    unseen: int
    following: datetime | None
    warned: Sequence[Warned] = ()


@dataclass(frozen=True)
class Listing:
    """A heading, and below it what each line is about with its count."""

    heading: str
    lines: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Digest:
    """The words of a mail, before they become plain text or HTML. `facts` and `links` are pairs of name and value."""

    language: str
    subject: str
    heading: str
    sentences: Sequence[str]
    facts: Sequence[tuple[str, str]]
    listings: Sequence[Listing]
    links: Sequence[tuple[str, str]]
    footer: str


def digest(facts: Facts, tongue: Tongue, address: str) -> Digest:
    """The words about a run; `address` is where the screens are."""
    run, gettext = facts.run, tongue.gettext
    kind = {RunKind.FULL: gettext("Komplett overføring"), RunKind.DELTA: gettext("Endringsoverføring")}[run.kind]
    day, changed = tongue.day(run.scheduled_for), _changed(run, tongue)
    return Digest(
        tongue.language,
        gettext("FS154.001 %(day)s: %(what)s", day=day, what=_headline(facts, changed, tongue)),
        gettext("FS154.001: %(kind)s %(day)s", kind=kind.lower(), day=day),
        (_what(run, tongue), _when(run, tongue), _end(run, tongue), *_warned(facts, tongue)),
        _counts(facts, tongue),
        [listing for listing in (_left_out(run, tongue), _failing(facts, tongue)) if listing.lines],
        (
            (gettext("Kjøringen"), f"{address}/jobs/{run.id}"),
            (gettext("Endringer"), f"{address}/changes"),
        ),
        gettext("Sendt automatisk etter kjøringen. E-posten inneholder ingen personopplysninger."),
    )


def _headline(facts: Facts, changed: str, tongue: Tongue) -> str:
    match facts.run.state:
        case RunState.SKIPPED:
            return tongue.gettext("hoppet over")
        case RunState.STOPPED:
            return f"{tongue.gettext('stoppet')}, {changed}"
        case _ if facts.failing:
            return f"{changed}, {_could_not(len(facts.failing), tongue)}"
    return changed


def _changed(run: Run, tongue: Tongue) -> str:
    if not run.changed_people:
        return tongue.gettext("ingen har endrede resultater")
    return tongue.ngettext(
        "%(count)s person har endrede resultater", "%(count)s personer har endrede resultater", run.changed_people
    )


def _could_not(institutions: int, tongue: Tongue) -> str:
    return tongue.ngettext(
        "%(count)s institusjon kunne ikke spørres om alle",
        "%(count)s institusjoner kunne ikke spørres om alle",
        institutions,
    )


def _what(run: Run, tongue: Tongue) -> str:
    admission = run.admission
    about = (
        tongue.gettext("Gjelder opptaket %(admission)s.", admission=admission)
        if admission
        else tongue.gettext("Gjelder alle åpne opptak.")
    )
    how = tongue.gettext("Tvangskjørt.") if run.forced else tongue.gettext("Kjørt etter planen.")
    return f"{how} {about}"


def _when(run: Run, tongue: Tongue) -> str:
    said = [_moment(tongue.gettext("Satt til %(weekday)s %(day)s kl. %(hour)s."), run.scheduled_for, tongue)]
    if run.begun_at:
        said.append(_moment(tongue.gettext("Begynt %(weekday)s %(day)s kl. %(hour)s."), run.begun_at, tongue))
    if run.finished_at and run.state is not RunState.SKIPPED:
        said.append(_moment(tongue.gettext("Avsluttet %(weekday)s %(day)s kl. %(hour)s."), run.finished_at, tongue))
    return " ".join(said)


def _moment(text: str, at: datetime, tongue: Tongue) -> str:
    return text % {"weekday": tongue.weekday(at), "day": tongue.day(at), "hour": tongue.hour(at)}


def _end(run: Run, tongue: Tongue) -> str:
    match run.state:
        case RunState.INCOMPLETE:
            return tongue.gettext("Alle er forsøkt spurt om, men noen kilder svarte ikke.")
        case RunState.STOPPED:
            return tongue.gettext("Kjøringen ble stoppet før alle var spurt om.")
        case RunState.SKIPPED:
            return tongue.gettext("Kjøringen ble hoppet over fordi en annen pågikk. Ingen er spurt om.")
    return tongue.gettext("Alle er spurt om.") if run.ordered else tongue.gettext("Ingen søkere skulle spørres om.")


def _warned(facts: Facts, tongue: Tongue) -> Sequence[str]:
    """One line, however many there are: the screens tell of each."""
    if not facts.warned:
        return ()
    sentences = {
        Ending.CERTIFICATE: tongue.gettext("%(name)s (sertifikat, %(day)s)"),
        Ending.SECRET: tongue.gettext("%(name)s (hemmelighet, %(day)s)"),
        Ending.TOKEN: tongue.gettext("%(name)s (API-nøkkel, %(day)s)"),
        Ending.CLIENT_CERTIFICATE: tongue.gettext("%(name)s (vårt sertifikat, %(day)s)"),
    }
    told = [sentences[each.what] % {"name": each.name, "day": f"{each.day:%d.%m.%Y}"} for each in facts.warned]
    return (tongue.gettext("Går snart ut, eller har gått ut: %(what)s.", what=", ".join(told)),)


def _counts(facts: Facts, tongue: Tongue) -> Sequence[tuple[str, str]]:
    run, gettext = facts.run, tongue.gettext
    counts = {
        gettext("Søknader bestilt for"): run.ordered,
        gettext("Personer spurt om"): run.people,
        gettext("Personer med endrede resultater"): run.changed_people,
    }
    if facts.set_aside:
        counts[gettext("Svar om en annen person, lagt til side")] = facts.set_aside
    unseen = tongue.number(min(facts.unseen, MOST_COUNTED)) + ("+" if facts.unseen > MOST_COUNTED else "")
    return [
        *((name, tongue.number(count)) for name, count in counts.items()),
        (gettext("Endringer som ingen har sett"), unseen),
    ]


def _left_out(run: Run, tongue: Tongue) -> Listing:
    names = {
        Gate.PHASE: tongue.gettext("saksbehandlingsfasen er ikke J"),
        Gate.CUT_OFF: tongue.gettext("etter fristen"),
        Gate.NO_CONSENT: tongue.gettext("samtykke mangler"),
        Gate.PROTECTED: tongue.gettext("sperret adresse"),
        Gate.NUMBER: tongue.gettext("nummeret kan ikke brukes"),
        Gate.ALREADY_ASKED: tongue.gettext("spurt om før"),
    }
    lines = [(name, tongue.number(run.left_out[gate])) for gate, name in names.items() if run.left_out.get(gate)]
    total = sum(run.left_out.values())
    heading = tongue.ngettext(
        "%(count)s søknad er ikke med, og hvorfor", "%(count)s søknader er ikke med, og hvorfor", total
    )
    return Listing(heading, lines)


def _failing(facts: Facts, tongue: Tongue) -> Listing:
    again = (
        _moment(tongue.gettext("nytt forsøk %(weekday)s %(day)s kl. %(hour)s"), facts.following, tongue)
        if facts.following
        else tongue.gettext("nytt forsøk ved neste kjøring")
    )
    heading = f"{_could_not(len(facts.failing), tongue)}; {again}"
    lines = [
        (_name(source.name, tongue), tongue.ngettext("%(count)s person", "%(count)s personer", source.failed))
        for source in facts.failing
    ]
    return Listing(heading, lines)


def _name(names: Text, tongue: Tongue) -> str:
    return next((names[language] for language in (tongue.language, "nb", "nn", "en") if names.get(language)), "")
