"""What has a limit of its own, whoever it is about: notices, reports, invitations and imports of files."""

from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database

from webapp.store import as_text

#: What is over, by the table: unsettled reports too, for a run that was to take one would have come.
_OVER: Mapping[str, str] = {
    "notices": "seen_at < :before",
    "reports": "coalesce(settled_at, reported_at) < :before",
    "invitations": """expires_at < :before AND NOT EXISTS (
        SELECT 1 FROM portal_visits WHERE invitation_id = invitations.id AND portal_visits.expires_at >= :before)""",
    "imports": "coalesce(finished_at, started_at) < :before",
}
#: What refers to a row that goes.
_BELOW: Mapping[str, tuple[str, ...]] = {
    "notices": (
        "UPDATE result_changes SET notice_id = NULL WHERE notice_id IN ({them})",
        "DELETE FROM notice_institutions WHERE notice_id IN ({them})",
    ),
    "invitations": ("DELETE FROM portal_visits WHERE invitation_id IN ({them})",),
}


def count_over(db: Database, table: str, before: datetime) -> int:
    """How many rows of a table (notices, reports, invitations or imports) were over before an instant."""
    rows = db.query(f"SELECT count(*) AS n FROM {table} WHERE {_OVER[table]}", {"before": as_text(before)})
    return int(next(iter(rows))["n"])


def drop_over(db: Database, table: str, before: datetime, most: int) -> int:
    """Delete up to `most` of them, with what hangs on them; returns how many."""
    values = {"before": as_text(before), "most": most}
    them = f"SELECT id FROM {table} WHERE {_OVER[table]} ORDER BY id LIMIT :most"
    for statement in _BELOW.get(table, ()):
        db.execute(statement.format(them=them), values)
    return db.execute(f"DELETE FROM {table} WHERE id IN ({them})", values).rowcount
