"""Those who are on the way to an OpenID provider and back."""

import hashlib
from datetime import datetime

from sqlite_utils import Database

from webapp.model import OpenIdVisit
from webapp.model.openid import VISIT_LASTS
from webapp.store import as_text


def begin(db: Database, visit: OpenIdVisit, now: datetime) -> None:
    """Remember somebody who sets out, and forget those who never came back."""
    db.execute("DELETE FROM openid_visits WHERE expires_at <= ?", [as_text(now)])
    db.execute(
        "INSERT INTO openid_visits (state, browser, nonce, verifier, next, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        [
            _hashed(visit.state),
            _hashed(visit.browser),
            visit.nonce,
            visit.verifier,
            visit.next,
            as_text(now + VISIT_LASTS),
        ],
    )


def end(db: Database, state: str, browser: str, now: datetime) -> OpenIdVisit | None:
    """Whoever comes back with a state, in the browser that set out and in time: once. None for anybody else."""
    row = db.execute(
        """DELETE FROM openid_visits WHERE state = ? AND browser = ? AND expires_at > ?
        RETURNING nonce, verifier, next""",
        [_hashed(state), _hashed(browser), as_text(now)],
    ).fetchone()
    return OpenIdVisit(state, browser, *row) if row else None


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
