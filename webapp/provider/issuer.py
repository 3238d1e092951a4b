"""Tokens that Maskinporten, or another issuer of the same kind, has signed: who shows one, and that it is for us."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from pydantic import BaseModel, ValidationError

from webapp.errors import SourceError
from webapp.provider.settings import Issuer
from webapp.sources.http import WarmSession

#: Signatures of which we take the public half only: "none" and shared secrets are not among them.
ALGORITHMS = ("RS256", "PS256", "ES256")
#: How far clocks may be apart, in seconds.
LEEWAY_SECONDS = 10
MOST_TOKEN_CHARACTERS = 8192
KEYS_BYTE_LIMIT = 200_000
KEYS_TIMEOUT_SECONDS = 5.0
#: Keys that we do not know have them fetched anew, but whoever makes such tokens up shall not have us flood the issuer.
FETCHES = RateLimitItemPerMinute(6)

#: How a consumer is named (ISO 6523): 0192 is the Norwegian register of organisations.
_AUTHORITY = "iso6523-actorid-upis"
_REGISTER = "0192:"


class BadToken(Exception):
    """A token that lets nobody in. The text is the cause, for the log."""


class LacksScope(BadToken):
    """A good token that is for something else."""


class KeysNotHad(Exception):
    """The issuer's keys cannot be had just now, so that no token can be checked."""


class _Consumer(BaseModel):
    authority: str
    ID: str


class TokenChecker:
    """Checks tokens of one issuer. Several threads may share it.

    `fetch` gives the issuer's keys as they come (JSON, RFC 7517) or raises SourceError; `clock`: seconds since 1970.
    """

    def __init__(self, issuer: Issuer, fetch: Callable[[], bytes], clock: Callable[[], float] = time.time) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._keys: KeySet | None = None
        self._lock = threading.Lock()
        self._fetches = FixedWindowRateLimiter(MemoryStorage())

    def consumer(self, token: str) -> str:
        """The number of the organisation that a token was issued to (nine digits). Raises BadToken, LacksScope or
        KeysNotHad."""
        if len(token) > MOST_TOKEN_CHARACTERS:
            raise BadToken("the token is too long")
        try:
            claims = jwt.decode(token, self._key_for, ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                now=int(self._clock()),
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self._issuer.issuer},
                aud={"essential": True, "value": self._issuer.audience},
                exp={"essential": True},
                iat={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            # The kind of error alone: its text may repeat what the token says.
            raise BadToken(getattr(error, "error", "") or type(error).__name__) from None
        if self._issuer.scope not in str(claims.get("scope", "")).split(" "):
            raise LacksScope("the token lacks the scope")
        return _organisation(claims.get("consumer"))

    def _key_for(self, token: Any) -> Key:
        header = token.headers()
        if header.get("alg") not in ALGORITHMS or not isinstance(header.get("kid"), str):
            raise BadToken("the token names no key, or is signed in a way that is not taken")
        keys = self._keys
        try:
            if keys is not None:
                return keys.get_by_kid(header["kid"])
        except InvalidKeyIdError:
            pass
        try:
            return self._fetched(keys).get_by_kid(header["kid"])
        except InvalidKeyIdError:
            raise BadToken("the issuer has no such key") from None

    def _fetched(self, stale: KeySet | None) -> KeySet:
        """The keys as the issuer has them now, unless another thread fetched them meanwhile."""
        with self._lock:
            if self._keys is not None and self._keys is not stale:
                return self._keys
            if not self._fetches.hit(FETCHES):
                if self._keys is None:
                    raise KeysNotHad("the keys could not be had, and are asked for again soon")
                return self._keys
            try:
                self._keys = KeySet.import_key_set(_key_set(self._fetch()))
            except SourceError as error:
                raise KeysNotHad(str(error)) from None
            except (JoseError, ValueError, TypeError, KeyError):
                raise KeysNotHad("what came is no key set") from None
            return self._keys


def keys_of(issuer: Issuer) -> Callable[[], bytes]:
    """Fetches the keys of an issuer over HTTP, over a connection of its own each time: days lie between."""

    def fetch() -> bytes:
        session = WarmSession(issuer.jwks, KEYS_TIMEOUT_SECONDS, byte_limit=KEYS_BYTE_LIMIT)
        try:
            return session.get("", "application/json").body
        finally:
            session.close()

    return fetch


def _key_set(content: bytes) -> Any:
    keys = json.loads(content)
    # Kinds of keys that we do not know stand beside those that we do.
    return {"keys": [key for key in keys["keys"] if key.get("kty") in ("RSA", "EC") and "d" not in key]}


def _organisation(claim: object) -> str:
    try:
        consumer = _Consumer.model_validate(claim)
    except ValidationError:
        raise BadToken("the token names no consumer") from None
    number = consumer.ID.removeprefix(_REGISTER)
    if consumer.authority != _AUTHORITY or number == consumer.ID or not (len(number) == 9 and number.isdecimal()):
        raise BadToken("the consumer is not a Norwegian organisation")
    return number
