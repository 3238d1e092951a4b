"""A program that shows a token: who it is, and what it may. Below /api, and for the figures of Prometheus."""

from flask import request

from webapp.model import Right, User, UserKind
from webapp.store import api_tokens
from webapp.web.current import house

#: The one address outside /api that programs ask at, with a token or not at all.
METRICS_PATH = "/metrics"


def is_for_programs(path: str) -> bool:
    """Whether a token opens what is at a path; who shows none there is told so, and led to no page."""
    return path.startswith("/api/") or path == METRICS_PATH


def shown_token() -> str | None:
    """The token of the header Authorization; None where the request shows none, or tokens open nothing there."""
    if not is_for_programs(request.path):
        return None
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def user_of(token: str) -> User | None:
    """The program that a token is of; None for one that is wrong, ended or revoked."""
    now = house().clock()
    found = api_tokens.find(house().store.db, token, now)
    if found is None:
        return None
    if api_tokens.is_due(found, now):
        with house().store.write() as db:
            api_tokens.see(db, found.id, now)
    return User(found.name, frozenset(), found.scopes | {Right.SIGNED_IN}, UserKind.PROGRAM)
