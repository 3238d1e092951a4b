"""Consents to being asked about: how many there are, and one that is withdrawn here."""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from webapp.model import Purpose
from webapp.store import as_text


@dataclass(frozen=True)
class ConsentCounts:
    """How many of those whom a purpose is about have a consent that is valid, have none, and have withdrawn it."""

    given: int
    missing: int
    withdrawn: int


#: Each application bears a consent of its own; for recognition that of any application counts.
_OF = {
    Purpose.ADMISSION: """SELECT consent_given_at <= :now AND (consent_withdrawn_at IS NULL
            OR consent_withdrawn_at > :now) AS given, consent_withdrawn_at <= :now AS withdrawn FROM applications""",
    Purpose.RECOGNITION: """SELECT max(consent_given_at <= :now AND (consent_withdrawn_at IS NULL
            OR consent_withdrawn_at > :now)) AS given, max(consent_withdrawn_at <= :now) AS withdrawn
        FROM (SELECT DISTINCT person_id FROM cases) LEFT JOIN applications USING (person_id) GROUP BY person_id""",
}


def counts(db: Database, purpose: Purpose, now: datetime) -> ConsentCounts:
    """The applications, or for recognition the people with a case, by what there is of a consent."""
    row = db.execute(
        f"""SELECT count(*) FILTER (WHERE given), count(*) FILTER (WHERE given IS NOT TRUE AND withdrawn IS NOT TRUE),
            count(*) FILTER (WHERE given IS NOT TRUE AND withdrawn) FROM ({_OF[purpose]})""",
        {"now": as_text(now)},
    ).fetchone()
    return ConsentCounts(*row)


def withdraw(db: Database, applicant_number: str, at: datetime, how: str, by: str) -> bool:
    """Note that the consent in an application is withdrawn; False when there is none to withdraw any more."""
    cursor = db.execute(
        """UPDATE applications SET consent_withdrawn_at = ?, consent_withdrawn_how = ?, consent_withdrawn_by = ?
        WHERE applicant_number = ? AND consent_given_at IS NOT NULL AND consent_withdrawn_at IS NULL""",
        [as_text(at), how, by, applicant_number],
    )
    return bool(cursor.rowcount)
