"""The words for what comes of an invitation: to the student, and to the caseworker."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.model import Invitation, InvitationState, Score, SignatureState, Visit, VisitEnd, VisitOutcome
from webapp.web.language import gettext, ngettext
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


def refusal_of(invitation: Invitation | None, now: datetime) -> Ending:
    """Why a link cannot be used; an empty title where it can."""
    if invitation is None:
        advice = gettext("Kontroller at hele lenken er med, eller be om en ny.")
        return Ending(gettext("Lenken fins ikke"), advice, status=404)
    if invitation.usable(now):
        return Ending("", "")
    state = invitation.state(now)
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
    again = (
        gettext("Du kan prøve igjen med den samme lenken.")
        if usable
        else gettext("Be om en ny lenke fra den du fikk den av.")
    )
    match outcome.end:
        case VisitEnd.DELIVERED | VisitEnd.SET_ASIDE:
            thanks = gettext("Takk: %(what)s er levert", what=delivered_words(outcome))
            return Ending(thanks, gettext("Du kan lukke siden. Saksbehandleren din ser dem nå."), "found", status=200)
        case VisitEnd.NO_RESULTS:
            advice = gettext("%(portal)s har ingen resultater om deg. Saksbehandleren din ser det nå.", portal=portal)
            return Ending(gettext("Ingen resultater å levere"), advice, "nothing", status=200)
        case VisitEnd.CANCELLED:
            return Ending(gettext("Du avbrøt"), f"{gettext('Ingenting er levert.')} {again}", "gone", "", usable, 200)
        case VisitEnd.PORTAL_FAILED:
            title = gettext("%(portal)s kunne ikke hente resultatene", portal=portal)
            return Ending(title, again, "failed", outcome.said or "", usable, 200)
        case VisitEnd.INVALID_SIGNATURE:
            advice = gettext("Det som kom fra %(portal)s, er endret på veien, og er ikke tatt imot.", portal=portal)
            return Ending(gettext("Resultatene ble avvist"), f"{advice} {again}", "failed", "", usable, 200)
        case VisitEnd.TOO_LARGE:
            advice = gettext("Velg færre vedlegg hos %(portal)s.", portal=portal)
            return Ending(gettext("Resultatene er for store"), f"{advice} {again}", "failed", "", usable, 200)
        case _:
            advice = gettext("Det som kom fra %(portal)s, lot seg ikke ta imot.", portal=portal)
            return Ending(gettext("Resultatene kom ikke fram"), f"{advice} {again}", "failed", "", usable, 200)


def delivered_words(outcome: VisitOutcome) -> str:
    """ "12 resultater fra 2 institusjoner"."""
    results = ngettext("%(num)d resultat", "%(num)d resultater", outcome.results)
    institutions = ngettext("%(num)d institusjon", "%(num)d institusjoner", outcome.institutions)
    return gettext("%(results)s fra %(institutions)s", results=results, institutions=institutions)


#: The icon of each state of an invitation.
ICONS = {
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


def invitation_words(invitation: Invitation, zone: ZoneInfo, now: datetime) -> str:
    """Where an invitation stands, to the caseworker."""
    visit = invitation.visit
    outcome = visit.outcome if visit else None
    match invitation.state(now):
        case InvitationState.MADE:
            return gettext("Ikke åpnet ennå")
        case InvitationState.OPENED:
            return gettext("Åpnet %(when)s", when=moment_of(invitation.opened_at or now, zone, now))
        case InvitationState.AT_PORTAL if visit:
            return gettext("Hos portalen siden %(when)s", when=moment_of(visit.begun_at, zone, now))
        case InvitationState.DELIVERED if outcome:
            return gettext("Levert: %(what)s", what=delivered_words(outcome))
        case InvitationState.SET_ASIDE if outcome:
            return gettext("Levert, men lagt til side: %(what)s", what=delivered_words(outcome))
        case InvitationState.NO_RESULTS:
            return gettext("Portalen har ingen resultater")
        case InvitationState.FAILED if outcome:
            return _why(outcome)
        case InvitationState.WITHDRAWN:
            at = date_of(invitation.withdrawn_at or now, zone)
            return gettext("Trukket tilbake %(date)s av %(who)s", date=at, who=invitation.withdrawn_by)
        case _:
            return gettext("Utløpt uten levering")


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
    """What the signature of a delivered document is worth; "" where there was no document."""
    if outcome.signature is None:
        return ""
    who = outcome.signer or gettext("portalen")
    return {
        SignatureState.VALID: gettext("Gyldig signatur: %(who)s", who=who),
        SignatureState.WEAK_ALGORITHM: gettext("Gyldig signatur med en svak algoritme: %(who)s", who=who),
        SignatureState.EXPIRED: gettext("Signert med et utløpt sertifikat: %(who)s", who=who),
        SignatureState.UNSIGNED: gettext("Ikke signert"),
        SignatureState.UNKNOWN_KEY: gettext("Signert med en nøkkel som registeret ikke kjenner"),
        SignatureState.INVALID: gettext("Signaturen stemmer ikke"),
    }[outcome.signature]


def score_words(score: Score | None) -> str:
    """How far the learner is from the person, and why; "" where there was no document."""
    if score is None:
        return ""
    if score.same_number:
        return gettext("Nummeret stemmer")
    reasons = [
        gettext("nummeret er et annet") if score.same_number is False else "",
        gettext("fødselsdatoen mangler eller er en annen (%(points)d)", points=score.birth_date)
        if score.birth_date
        else "",
        gettext("etternavnet (%(points)d)", points=score.family_name) if score.family_name else "",
        gettext("fornavnet (%(points)d)", points=score.given_names) if score.given_names else "",
    ]
    found = ", ".join(reason for reason in reasons if reason)
    if not found:
        return gettext("Fødselsdato og navn stemmer")
    return gettext("Avstand %(points)d: %(reasons)s", points=score.points, reasons=found)
