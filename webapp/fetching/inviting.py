"""Be studenten levere: an invitation, the way to a portal with it, and what comes back (docs/emrex.md)."""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta

from webapp.config import Settings
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.fetching.delivering import deliver
from webapp.fetching.matching import compare
from webapp.model import (
    VOUCHED_FOR,
    Basis,
    Invitation,
    Origin,
    Person,
    Portal,
    Purpose,
    SignatureState,
    VisitEnd,
    VisitOutcome,
)
from webapp.source_settings import EmrexSettings
from webapp.sources.emrex.receiving import Received, ReturnCode, received
from webapp.store import Store, invitations, people

log = logging.getLogger(__name__)

#: How long a student may take at a portal.
SESSION = timedelta(hours=1)

_ENDS = {
    ReturnCode.NO_RESULTS: VisitEnd.NO_RESULTS,
    ReturnCode.CANCEL: VisitEnd.CANCELLED,
    ReturnCode.ERROR: VisitEnd.PORTAL_FAILED,
}


def portal_source(settings: Settings) -> EmrexSettings | None:
    """The source whose portals students are sent to: the first one that is in use, or None."""
    sources = (each for each in settings.sources if isinstance(each, EmrexSettings) and each.enabled)
    return next(sources, None)


def invite(
    store: Store, settings: Settings, person: Person, purpose: Purpose, origin: Origin, now: datetime
) -> tuple[int, str]:
    """Make an invitation; returns its id and the secret part of its link, which is not kept.

    Raises Refusal when no portals are set up.
    """
    source = portal_source(settings)
    if source is None:
        raise Refusal("Ingen portal er satt opp. Før opp en kilde med protokollen «emrex» under Kilder.")
    token = secrets.token_urlsafe(32)
    last_day = now.astimezone(settings.zone).date() + timedelta(days=source.days)
    invitation = Invitation(
        id=0,
        person_id=person.id,
        source=source.institution,
        purpose=purpose,
        made_at=now,
        made_by=origin.by,
        expires_at=datetime.combine(last_day, time.max, settings.zone),
        application=origin.application,
        case_id=origin.case_id,
    )
    with store.write() as db:
        return invitations.add(db, invitation, token), token


def withdraw(store: Store, invitation_id: int, person_id: int, by: str, now: datetime) -> None:
    """Let nobody use an invitation any more; one that was withdrawn stays as it is."""
    with store.write() as db:
        invitations.withdraw(db, invitation_id, person_id, by, now)


def opened(store: Store, token: str, now: datetime) -> Invitation | None:
    """The invitation that a student opens, which is noted; None where there is none with that link."""
    invitation = invitations.by_token(store.db, token)
    if invitation is not None and invitation.opened_at is None and invitation.usable(now):
        with store.write() as db:
            invitations.mark_opened(db, invitation.id, now)
    return invitation


def set_out(store: Store, invitation: Invitation, portal: Portal, now: datetime) -> str:
    """Note that a student goes to a portal; returns the session by which the portal's answer is known: 32 characters,
    as long as EMREX allows."""
    session = secrets.token_hex(16)
    with store.write() as db:
        invitations.begin_visit(db, invitation.id, portal, session, now, now + SESSION)
    return session


def come_back(store: Store, settings: Settings, form: Mapping[str, str], now: datetime) -> Invitation | None:
    """Take what a portal sends back with a student, once; returns the invitation with what came of the visit.

    None when nobody set out with that session, when its answer came before, or when it comes too late.
    """
    invitation = invitations.by_session(store.db, form.get("sessionId", ""))
    if invitation is None or invitation.visit is None or invitation.withdrawn_at is not None:
        return None
    visit = invitation.visit
    with store.write() as db:
        if not invitations.come_back(db, visit.id, now):
            return None
    outcome = VisitOutcome(VisitEnd.NOT_RECEIVED)
    try:
        outcome = _outcome(store, settings, invitation, received(form, visit.portal, now), now)
    except Refusal as refusal:
        log.warning("invitation %d: %s", invitation.id, refusal)
    except SourceError as error:
        log.warning("invitation %d: %s: %s", invitation.id, error.failure, error)
        end = VisitEnd.TOO_LARGE if error.failure is SourceFailure.TOO_LARGE else VisitEnd.UNREADABLE
        outcome = VisitOutcome(end)
    except Exception:
        # The student is told and can try again, and the caseworker sees that somebody came back.
        log.exception("invitation %d: failed within", invitation.id)
    with store.write() as db:
        invitations.end_visit(db, visit.id, outcome)
    return replace(invitation, visit=replace(visit, returned_at=now, outcome=outcome))


def _outcome(store: Store, settings: Settings, invitation: Invitation, came: Received, now: datetime) -> VisitOutcome:
    delivery, person = came.delivery, people.person(store.db, invitation.person_id)
    if delivery is None or person is None:
        return VisitOutcome(_ENDS.get(came.code, VisitEnd.NOT_RECEIVED), came.said)
    signature, transcript = delivery.signature, delivery.transcript
    signed = VisitOutcome(VisitEnd.INVALID_SIGNATURE, came.said, signature)
    if signature.state is SignatureState.INVALID:
        return signed
    verdict = compare(person, transcript.learner)
    counted = [len(study.results) for study in transcript.studies if study.results]
    told = replace(
        signed, score=verdict.score, reasons=verdict.reasons, results=sum(counted), institutions=len(counted)
    )
    if not counted and not transcript.left_out:
        return replace(told, end=VisitEnd.NO_RESULTS)
    aside = not verdict.same or signature.state not in VOUCHED_FOR
    order_id = deliver(
        store,
        settings,
        person,
        delivery,
        Origin(invitation.made_by, "emrex", invitation.application, invitation.case_id),
        invitation.purpose,
        Basis.CONSENT,
        now,
        under=invitation.source,
        set_aside=aside,
    )
    end = VisitEnd.SET_ASIDE if aside else VisitEnd.DELIVERED if counted else VisitEnd.NO_RESULTS
    return replace(told, end=end, order_id=order_id)
