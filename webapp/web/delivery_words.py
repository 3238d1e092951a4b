"""The words for what comes of an invitation: to the student, and to the caseworker."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.model import Invitation, InvitationState, Visit, VisitEnd, VisitOutcome
from webapp.web.language import gettext, ngettext
from webapp.web.upload_rows import signature_row
from webapp.web.words import date_of, moment_of, text_of


@dataclass(frozen=True)
class Ending:
    """A page that tells a student how it went. `icon`: the state's; `said`: the portal's own words; `again`: whether
    another try with the same link makes sense; `status`: of HTTP."""

    title: str
    advice: str
    icon: str = "failed"
    said: str = ""
    again: bool = False
    status: int = 410


def unknown_link() -> Ending:
    """There is no invitation with that link."""
    advice = gettext("Kontroller at hele lenken er med, eller be om en ny.")
    return Ending(gettext("Lenken fins ikke"), advice, status=404)


def ended_link(state: InvitationState) -> Ending:
    """Why an invitation in this state cannot be used any more."""
    if state is InvitationState.WITHDRAWN:
        advice = gettext("Spør den du fikk den av om du fortsatt skal levere.")
        return Ending(gettext("Invitasjonen er trukket tilbake"), advice)
    if state in (InvitationState.EXPIRED, InvitationState.AT_PORTAL):
        return Ending(gettext("Invitasjonen er utløpt"), gettext("Be om en ny lenke fra den du fikk den av."))
    advice = gettext("En lenke kan brukes én gang. Be om en ny hvis du har mer å levere.")
    return Ending(gettext("Du har alt levert"), advice, icon="found")


def ending_of(visit: Visit, usable: bool) -> Ending:
    """How a visit to a portal ended, to the student. `usable`: whether the same link can be used again."""
    outcome = visit.outcome or VisitOutcome(VisitEnd.NOT_RECEIVED)
    portal = text_of(visit.portal.names)
    if outcome.end in (VisitEnd.DELIVERED, VisitEnd.SET_ASIDE):
        thanks = gettext("Takk: %(what)s er levert", what=delivered_words(outcome))
        return Ending(thanks, gettext("Du kan lukke siden. Saksbehandleren din ser dem nå."), "found", status=200)
    if outcome.end is VisitEnd.NO_RESULTS:
        advice = gettext("%(portal)s har ingen resultater om deg. Saksbehandleren din ser det nå.", portal=portal)
        return Ending(gettext("Ingen resultater å levere"), advice, "nothing", status=200)
    title, advice = _trouble(outcome.end, portal)
    again = (
        gettext("Du kan prøve igjen med den samme lenken.")
        if usable
        else gettext("Be om en ny lenke fra den du fikk den av.")
    )
    icon = "gone" if outcome.end is VisitEnd.CANCELLED else "failed"
    said = (outcome.said or "") if outcome.end is VisitEnd.PORTAL_FAILED else ""
    return Ending(title, f"{advice} {again}", icon, said, usable, 200)


def _trouble(end: VisitEnd, portal: str) -> tuple[str, str]:
    """What went wrong, and what that means."""
    match end:
        case VisitEnd.CANCELLED:
            words = gettext("Du avbrøt"), gettext("Ingenting er levert.")
        case VisitEnd.PORTAL_FAILED:
            words = gettext("%(portal)s kunne ikke hente resultatene", portal=portal), gettext("Ingenting er levert.")
        case VisitEnd.INVALID_SIGNATURE:
            changed = gettext("Det som kom fra %(portal)s, er endret på veien, og er ikke tatt imot.", portal=portal)
            words = gettext("Resultatene ble avvist"), changed
        case VisitEnd.TOO_LARGE:
            fewer = gettext("Velg færre vedlegg hos %(portal)s.", portal=portal)
            words = gettext("Resultatene er for store"), fewer
        case _:
            lost = gettext("Det som kom fra %(portal)s, lot seg ikke ta imot.", portal=portal)
            words = gettext("Resultatene kom ikke fram"), lost
    return words


def delivered_words(outcome: VisitOutcome) -> str:
    """ "12 resultater fra 2 institusjoner"."""
    results = ngettext("%(num)d resultat", "%(num)d resultater", outcome.results)
    institutions = ngettext("%(num)d institusjon", "%(num)d institusjoner", outcome.institutions)
    return gettext("%(results)s fra %(institutions)s", results=results, institutions=institutions)


#: The icon of each state of an invitation.
_ICONS = {
    InvitationState.MADE: "queued",
    InvitationState.OPENED: "queued",
    InvitationState.AT_PORTAL: "running",
    InvitationState.DELIVERED: "found",
    InvitationState.SET_ASIDE: "mismatch",
    InvitationState.NO_RESULTS: "nothing",
    InvitationState.FAILED: "failed",
    InvitationState.EXPIRED: "gone",
    InvitationState.WITHDRAWN: "gone",
}


def icon_of(invitation: Invitation, now: datetime) -> str:
    """The icon of where an invitation stands; whoever gave up has done nothing wrong."""
    state = invitation.state(now)
    outcome = invitation.visit.outcome if invitation.visit else None
    gave_up = state is InvitationState.FAILED and outcome is not None and outcome.end is VisitEnd.CANCELLED
    return "gone" if gave_up else _ICONS[state]


def invitation_words(invitation: Invitation, zone: ZoneInfo, now: datetime) -> str:
    """Where an invitation stands, to the caseworker."""
    visit = invitation.visit
    outcome = visit.outcome if visit else None
    match invitation.state(now):
        case InvitationState.MADE:
            words = gettext("Ikke åpnet ennå")
        case InvitationState.OPENED:
            words = gettext("Åpnet %(when)s", when=moment_of(invitation.opened_at or now, zone, now))
        case InvitationState.AT_PORTAL if visit:
            words = gettext("Hos portalen siden %(when)s", when=moment_of(visit.begun_at, zone, now))
        case InvitationState.DELIVERED if outcome:
            words = gettext("Levert: %(what)s", what=delivered_words(outcome))
        case InvitationState.SET_ASIDE if outcome:
            words = gettext("Levert, men lagt til side: %(what)s", what=delivered_words(outcome))
        case InvitationState.NO_RESULTS:
            words = gettext("Portalen har ingen resultater")
        case InvitationState.FAILED if outcome:
            words = _why(outcome)
        case InvitationState.WITHDRAWN:
            at = date_of(invitation.withdrawn_at or now, zone)
            words = gettext("Trukket tilbake %(date)s av %(who)s", date=at, who=invitation.withdrawn_by)
        case _:
            words = gettext("Utløpt uten levering")
    return words


def _why(outcome: VisitOutcome) -> str:
    """Why a visit brought nothing."""
    if outcome.end is VisitEnd.PORTAL_FAILED and outcome.said:
        return gettext("Portalen meldte feil: «%(said)s»", said=outcome.said)
    return {
        VisitEnd.CANCELLED: gettext("Studenten avbrøt hos portalen"),
        VisitEnd.PORTAL_FAILED: gettext("Portalen meldte feil"),
        VisitEnd.INVALID_SIGNATURE: gettext("Avvist: signaturen stemmer ikke"),
        VisitEnd.UNREADABLE: gettext("Det portalen sendte, lot seg ikke tyde"),
        VisitEnd.TOO_LARGE: gettext("Det portalen sendte, var større enn det som tas imot"),
    }.get(outcome.end, gettext("Det oppsto en feil hos oss. Drift finner årsaken i loggen."))


def signature_words(outcome: VisitOutcome) -> str:
    """What the signature of a delivered document is worth, and whose it is; "" where there was no document."""
    if outcome.signature is None:
        return ""
    row = signature_row(outcome.signature)
    return f"{row.told}: {row.signer}" if row.signer else row.told


def person_words(outcome: VisitOutcome) -> str:
    """How sure it is that the document is about the person; "" where there was no document."""
    if outcome.score is None:
        return ""
    sure = gettext("Personen stemmer") if not outcome.reasons else ""
    distance = gettext("avstand %(points)d", points=outcome.score)
    return f"{sure or ' '.join(gettext(reason) for reason in outcome.reasons)} ({distance})"
