"""Invitations: a student is asked to deliver results from a national portal."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.model.asking import Purpose
from webapp.model.delivering import Signature
from webapp.model.transcript import Text


@dataclass(frozen=True)
class Portal:
    """A national portal (EMREX data provider, EMP) as its registry tells of it.

    `url`: where the browser posts to; `country`: ISO 3166-1 alpha-2; `keys`: the certificates or public keys that its
    documents may be signed with, as PEM; `institutions`: whose results it has, as far as the registry says.
    """

    url: str
    country: str
    keys: tuple[str, ...]
    acronym: str | None = None
    name: Text | None = None
    institutions: tuple[str, ...] = ()

    @property
    def names(self) -> Text:
        """Its name by language; a portal without one is called by its acronym or its host."""
        return self.name or {"": self.acronym or self.url.split("/")[2]}


class VisitEnd(StrEnum):
    """How a visit to a portal ended."""

    DELIVERED = "delivered"
    SET_ASIDE = "set-aside"
    NO_RESULTS = "no-results"
    CANCELLED = "cancelled"
    PORTAL_FAILED = "portal-failed"
    INVALID_SIGNATURE = "invalid-signature"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"
    NOT_RECEIVED = "not-received"


#: The ends after which there is nothing more to deliver with the same invitation.
ANSWERED = frozenset({VisitEnd.DELIVERED, VisitEnd.SET_ASIDE, VisitEnd.NO_RESULTS})


@dataclass(frozen=True)
class VisitOutcome:
    """What came of a visit. `said`: the portal's own words; `signature` is None where there was no document; `score`
    and `reasons`: how far the learner is from the person, and why it may be somebody else (see fetching.matching);
    `results` of `institutions` were delivered, in the order `order_id`."""

    end: VisitEnd
    said: str | None = None
    signature: Signature | None = None
    score: int | None = None
    reasons: tuple[str, ...] = ()
    order_id: int | None = None
    results: int = 0
    institutions: int = 0


@dataclass(frozen=True)
class Visit:
    """A student's way to a portal and back. Until `expires_at` the portal's answer is taken, once."""

    id: int
    invitation_id: int
    portal: Portal
    begun_at: datetime
    expires_at: datetime
    returned_at: datetime | None = None
    outcome: VisitOutcome | None = None


class InvitationState(StrEnum):
    """Where an invitation stands."""

    MADE = "made"
    OPENED = "opened"
    AT_PORTAL = "at-portal"
    DELIVERED = "delivered"
    SET_ASIDE = "set-aside"
    NO_RESULTS = "no-results"
    FAILED = "failed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Invitation:
    """A link with which a student delivers results from a portal, once.

    `source`: the institution number of the EMREX source that it was made with. `application` (its applicant number) or
    `case_id`: what it was made from. `visit`: the latest one.
    """

    id: int
    person_id: int
    source: int
    purpose: Purpose
    made_at: datetime
    made_by: str
    expires_at: datetime
    application: str | None = None
    case_id: int | None = None
    opened_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    visit: Visit | None = None

    def state(self, now: datetime) -> InvitationState:
        """Where it stands at an instant."""
        ended = self.visit.outcome if self.visit else None
        if ended is not None and ended.end in ANSWERED:
            return InvitationState(ended.end.value)
        if self.withdrawn_at is not None:
            return InvitationState.WITHDRAWN
        under_way = self.visit is not None and self.visit.returned_at is None and now < self.visit.expires_at
        if under_way:
            return InvitationState.AT_PORTAL
        if now >= self.expires_at:
            return InvitationState.EXPIRED
        if ended is not None:
            return InvitationState.FAILED
        return InvitationState.OPENED if self.opened_at else InvitationState.MADE

    def usable(self, now: datetime) -> bool:
        """Whether a student may still go to a portal with it."""
        return (
            self.withdrawn_at is None
            and now < self.expires_at
            and not (self.visit and self.visit.outcome and self.visit.outcome.end in ANSWERED)
        )
