"""Invitations to deliver from a portal, and the visits to portals."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlite_utils import Database

from webapp.model import Invitation, Portal, Purpose, Visit, VisitOutcome
from webapp.store import as_instant, as_text

_PORTAL = TypeAdapter(Portal)
_OUTCOME = TypeAdapter(VisitOutcome)
_COLUMNS = """invitations.*, v.id AS visit, v.portal, v.begun_at, v.expires_at AS visit_expires_at, v.returned_at,
    v.outcome"""
_WITH_LATEST_VISIT = f"""SELECT {_COLUMNS} FROM invitations LEFT JOIN portal_visits v
    ON v.id = (SELECT max(id) FROM portal_visits WHERE invitation_id = invitations.id)"""


def hashed(secret: str) -> str:
    """What is kept of a link or a session. They are long and random, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def add(db: Database, invitation: Invitation, token: str) -> int:
    """Write a new invitation with the secret part of its link; returns its id."""
    values = {
        "person_id": invitation.person_id,
        "source": invitation.source,
        "purpose": invitation.purpose.value,
        "application": invitation.application,
        "case_id": invitation.case_id,
        "token": hashed(token),
        "made_at": as_text(invitation.made_at),
        "made_by": invitation.made_by,
        "expires_at": as_text(invitation.expires_at),
    }
    marks = ", ".join("?" * len(values))
    cursor = db.execute(f"INSERT INTO invitations ({', '.join(values)}) VALUES ({marks})", list(values.values()))
    return int(cursor.lastrowid or 0)


def by_token(db: Database, token: str) -> Invitation | None:
    """The invitation of a link, or None."""
    rows = db.query(f"{_WITH_LATEST_VISIT} WHERE invitations.token = ?", [hashed(token)])
    return next((_invitation(row) for row in rows), None)


def by_session(db: Database, session: str) -> Invitation | None:
    """The invitation that a student went to a portal with, its `visit` being the one of that session; or None."""
    joined = "portal_visits v JOIN invitations ON invitations.id = v.invitation_id"
    rows = db.query(f"SELECT {_COLUMNS} FROM {joined} WHERE v.session = ?", [hashed(session)])
    return next((_invitation(row) for row in rows), None)


def of_person(db: Database, person_id: int) -> Sequence[Invitation]:
    """A person's invitations, the latest first."""
    rows = db.query(f"{_WITH_LATEST_VISIT} WHERE person_id = ? ORDER BY invitations.id DESC", [person_id])
    return [_invitation(row) for row in rows]


def withdraw(db: Database, invitation_id: int, person_id: int, by: str, now: datetime) -> bool:
    """Let nobody use an invitation from now on; False when the person has none with that id, or it was withdrawn."""
    cursor = db.execute(
        """UPDATE invitations SET withdrawn_at = ?, withdrawn_by = ?
        WHERE id = ? AND person_id = ? AND withdrawn_at IS NULL""",
        [as_text(now), by, invitation_id, person_id],
    )
    return bool(cursor.rowcount)


def mark_opened(db: Database, invitation_id: int, now: datetime) -> None:
    """Note when an invitation was first opened."""
    sql = "UPDATE invitations SET opened_at = ? WHERE id = ? AND opened_at IS NULL"
    db.execute(sql, [as_text(now), invitation_id])


def begin_visit(
    db: Database, invitation_id: int, portal: Portal, session: str, now: datetime, expires_at: datetime
) -> None:
    """Note that a student goes to a portal. An earlier visit with the same invitation is over."""
    db.execute(
        "UPDATE portal_visits SET expires_at = ? WHERE invitation_id = ? AND returned_at IS NULL AND expires_at > ?",
        [as_text(now), invitation_id, as_text(now)],
    )
    db.execute(
        "INSERT INTO portal_visits (invitation_id, session, portal, begun_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        [invitation_id, hashed(session), _PORTAL.dump_json(portal).decode(), as_text(now), as_text(expires_at)],
    )


def come_back(db: Database, visit_id: int, now: datetime) -> bool:
    """Note that a portal's answer has come; False when one came before, or too late."""
    cursor = db.execute(
        "UPDATE portal_visits SET returned_at = ? WHERE id = ? AND returned_at IS NULL AND expires_at > ?",
        [as_text(now), visit_id, as_text(now)],
    )
    return bool(cursor.rowcount)


def end_visit(db: Database, visit_id: int, outcome: VisitOutcome) -> None:
    """Write what came of a visit."""
    db.execute("UPDATE portal_visits SET outcome = ? WHERE id = ?", [_OUTCOME.dump_json(outcome).decode(), visit_id])


def _invitation(row: dict[str, Any]) -> Invitation:
    return Invitation(
        id=row["id"],
        person_id=row["person_id"],
        source=row["source"],
        purpose=Purpose(row["purpose"]),
        made_at=datetime.fromisoformat(row["made_at"]),
        made_by=row["made_by"],
        expires_at=datetime.fromisoformat(row["expires_at"]),
        application=row["application"],
        case_id=row["case_id"],
        opened_at=as_instant(row["opened_at"]),
        withdrawn_at=as_instant(row["withdrawn_at"]),
        withdrawn_by=row["withdrawn_by"],
        visit=_visit(row) if row["visit"] is not None else None,
    )


def _visit(row: dict[str, Any]) -> Visit:
    return Visit(
        id=row["visit"],
        invitation_id=row["id"],
        portal=_PORTAL.validate_json(row["portal"]),
        begun_at=datetime.fromisoformat(row["begun_at"]),
        expires_at=datetime.fromisoformat(row["visit_expires_at"]),
        returned_at=as_instant(row["returned_at"]),
        outcome=_OUTCOME.validate_json(row["outcome"]) if row["outcome"] else None,
    )
