"""Who is ordered for in a run: the rules of FS154.001, plain functions of the data and an instant.

The rules are those of the basis page (Hente resultater for "alle" søkere i et opptak) and of DESIGN.md.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.config import ImportRuns
from webapp.model import Admission, Applicant, Basis, Gate, OrderedFor, RunKind


def admission_gate(admission: Admission, at: datetime, runs: ImportRuns, zone: ZoneInfo) -> Gate | None:
    """Why nobody of an admission is ordered for at an instant; None while the admission is open.

    Its processing phase must be J, and the day, where the institution is, before the cut-off: "until 1 February"
    leaves out that day.
    """
    if not admission.processing_phase:
        return Gate.PHASE
    return Gate.CUT_OFF if at.astimezone(zone).date() >= runs.cut_off(admission) else None


def applicant_gate(applicant: Applicant, basis: Basis, at: datetime, now: datetime) -> Gate | None:
    """Why an applicant of an open admission may not be asked about; None when nothing stands against it.

    Where the basis is consent, one must be given at `at`, the instant that is judged, and none taken back by `now`:
    an instant in the past or the future is no way around a withdrawal.
    """
    if basis is Basis.CONSENT and not _has_consent(applicant, at, now):
        return Gate.NO_CONSENT
    if applicant.protected_address:
        return Gate.PROTECTED
    return None if applicant.usable_number else Gate.NUMBER


def ordered_for(applicant: Applicant, kind: RunKind) -> OrderedFor | None:
    """Why an applicant against whom nothing stands is ordered for; None for one who had been asked about already.

    A report by the person and an answer that is owed bring somebody into a delta too.
    """
    if applicant.reported:
        return OrderedFor.REPORTED
    if kind is RunKind.FULL:
        return OrderedFor.FULL
    if applicant.asked_at is None:
        return OrderedFor.NEW
    return OrderedFor.OWED if applicant.owed else None


def _has_consent(applicant: Applicant, at: datetime, now: datetime) -> bool:
    given, withdrawn = applicant.consent_given_at, applicant.consent_withdrawn_at
    return given is not None and given <= at and (withdrawn is None or withdrawn > max(at, now))
