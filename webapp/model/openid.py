"""A sign-in at an OpenID provider: what is kept while somebody is there, and who they are said to be."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

#: How long somebody may take to sign in at the provider.
VISIT_LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class OpenIdVisit:
    """Somebody is on the way to a provider and back. `state` travels with them, and `browser` is known to their browser
    alone; `nonce` and `verifier` bind the answer to this visit; `next` is the path they wanted to see."""

    state: str = field(repr=False)
    browser: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    next: str

    @classmethod
    def set_out(cls, next: str) -> "OpenIdVisit":
        """A new visit, its secrets being random."""
        state, browser, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(4))
        return cls(state, browser, nonce, verifier, next)


@dataclass(frozen=True)
class OpenIdUser:
    """Who somebody is at a provider. `subject`: "issuer subject"; `claims`: what the provider says of them; `values`:
    those that give roles."""

    subject: str
    claims: Mapping[str, Any] = field(repr=False)
    values: frozenset[str]
    id_token: str = field(repr=False)
