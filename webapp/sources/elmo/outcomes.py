"""Whether a row of a transcript was passed: its status, or doubt where it has none and a failing grade."""

from webapp.model import LeftOutReason

_STATUS = {
    "passed": None,
    "failed": LeftOutReason.FAILED,
    "in-progress": LeftOutReason.IN_PROGRESS,
    "in progress": LeftOutReason.IN_PROGRESS,
}

#: Grades that mean "not passed" somewhere (casefolded). "U" or "0" may pass on another scale, so that a row
#: without a status is uncertain, not failed.
_FAIL_LABELS = frozenset(
    {
        *("f", "fx", "u", "0", "00", "-3", "ig", "ej godkänd", "underkänd", "ikke bestået"),
        *("stryk", "strøk", "ikke bestått", "ikkje bestått", "ikke godkjent", "ikkje godkjent"),
        *("ikke møtt", "ikkje møtt", "avbrutt", "ikke godkendt", "hylätty", "hyl", "hyl."),
        *("fail", "failed", "not passed", "not approved", "not pass", "nicht bestanden"),
    }
)


def knows_status(status: str) -> bool:
    """Whether the status is one of ELMO's three."""
    return status in _STATUS or status.casefold() in _STATUS


def reason_to_leave_out(status: str | None, grade: str | None, has_instance: bool) -> LeftOutReason | None:
    """Why the row is not a passed result; None when it is one.

    ELMO: a status that is absent means passed. Real files without status hold failed rows all the same, and a
    specification without any instance says only that the course exists: both are uncertain.
    """
    if status is not None:
        return _STATUS.get(status.casefold(), LeftOutReason.UNCERTAIN)
    if not has_instance or (grade is not None and grade.casefold() in _FAIL_LABELS):
        return LeftOutReason.UNCERTAIN
    return None
