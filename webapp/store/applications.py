"""Applications, and the consent that stands in them."""

from datetime import datetime

from sqlite_utils import Database

from webapp.store import as_text


def has_consent(db: Database, person_id: int, at: datetime) -> bool:
    """Whether one of the person's applications bears a consent that is given and not withdrawn at that instant."""
    rows = db.query(
        """SELECT 1 FROM applications WHERE person_id = :person AND consent_given_at <= :at
        AND (consent_withdrawn_at IS NULL OR consent_withdrawn_at > :at) LIMIT 1""",
        {"person": person_id, "at": as_text(at)},
    )
    return any(True for _ in rows)
