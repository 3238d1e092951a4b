"""A program that shows a token: who it is, and what it may. Below /api only."""

from flask import request

from webapp.model import Right, User, UserKind
from webapp.store import api_tokens
from webapp.web.current import house


def shown_token() -> str | None:
    """The token of the header Authorization; None where the request shows none, or is not one to the API."""
    if not request.path.startswith("/api/"):
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
