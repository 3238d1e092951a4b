"""The user that somebody from an OpenID provider is here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlite_utils import Database

from webapp.model import OpenIdUser, Role, User, UserKind
from webapp.oidc_settings import Oidc
from webapp.store import sessions, users

#: Who added a user that nobody here added.
BY_PROVIDER = "OpenID Connect"
LONGEST_NAME = 100
#: What may be an identity number is no name: names stand in the trace and on screens.
_NUMBER = re.compile(r"\d{6} ?\d{5}")


@dataclass(frozen=True)
class Welcome:
    """What a sign-in came to: the user, None for somebody who is not known and has no role; and whether to let in."""

    user: User | None
    roles: frozenset[Role]

    @property
    def lets_in(self) -> bool:
        """Whether they are somebody here."""
        return self.user is not None and self.user.is_active and bool(self.roles)


def welcome(db: Database, oidc: Oidc, who: OpenIdUser, now: datetime) -> Welcome:
    """Find or make the user, and give the roles that the provider's values mean today, within a writing transaction.

    Who is known and has lost the last role is not let in, and is signed out everywhere.
    """
    roles = oidc.roles.of(who.values)
    known = users.user_with_subject(db, who.subject)
    if known is None:
        if not roles:
            return Welcome(None, roles)
        user_id = users.add(
            db,
            _free_name(db, oidc, who),
            roles,
            UserKind.OIDC,
            BY_PROVIDER,
            now,
            display_name=_cleaned(who.claims.get("name")),
            subject=who.subject,
        )
    else:
        user_id = known.id or 0
        users.set_roles(db, user_id, roles)
        if not roles:
            sessions.end_all_of(db, user_id)
    return Welcome(users.user(db, user_id), roles)


def _free_name(db: Database, oidc: Oidc, who: OpenIdUser) -> str:
    """The first name that nobody has: with the issuer behind it where the bare one is taken, and a number at last."""
    return next(name for name in _names(oidc, who) if users.user_named(db, name) is None)


def _names(oidc: Oidc, who: OpenIdUser) -> Iterator[str]:
    host = urlsplit(oidc.issuer).hostname
    said = (_cleaned(who.claims.get(claim)) for claim in oidc.name_claims)
    name = next(filter(None, said), oidc.title)
    yield name
    yield f"{name} ({host})"
    number = 2
    while True:
        yield f"{name} ({host}, {number})"
        number += 1


def _cleaned(said: object) -> str:
    """A text on one line, without what is not shown; "" for anything else, and for what may be an identity number."""
    text = "".join(letter if letter.isprintable() else " " for letter in said) if isinstance(said, str) else ""
    text = " ".join(text.split())
    return "" if _NUMBER.search(text) else text[:LONGEST_NAME]
