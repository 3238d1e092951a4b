"""Tokens from Maskinporten: fetched with a grant that we sign (RFC 7523), and kept until shortly before they end."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, RSAKey
from pydantic import BaseModel, Field, ValidationError

from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.source_credentials import MaskinportenClient
from webapp.sources.failures import StatusError
from webapp.sources.http import WarmSession, Way

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: How long a grant holds: Maskinporten takes none that hold for more than two minutes.
GRANT_SECONDS = 60
#: A token is given up so long before its end: a question that it is sent with may take a while.
BEFORE_END_SECONDS = 30.0
BYTE_LIMIT = 64_000

_KINDS: Mapping[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}


class _Issued(BaseModel):
    access_token: Annotated[str, Field(pattern=r"^[!-~]{1,16000}$")]
    expires_in: Annotated[float, Field(gt=0, le=86_400)]


@dataclass(frozen=True)
class SigningKey:
    """Our private key, the algorithm that it signs with, and what the issuer knows it as."""

    key: Key
    algorithm: str
    kid: str


def signing_key(client: MaskinportenClient, instance: Path) -> SigningKey:
    """The key of a client. Raises Refusal, without anything of the file, when it cannot be used."""
    try:
        text = (instance / client.key_file).read_text(encoding="ascii").strip()
        if text.startswith("{"):
            values = json.loads(text)
            key, kid = _KINDS[values["kty"]].import_key(values), client.kid or values.get("kid")
        else:
            key, kid = _pem_key(text), client.kid
        if not key.is_private:
            raise ValueError("the public half alone")
        algorithm = "RS256" if isinstance(key, RSAKey) else {"P-256": "ES256"}[key.curve_name]
    except (OSError, ValueError, KeyError, TypeError, JoseError):
        raise Refusal(
            "Filen %(name)s har ingen privat nøkkel som kan brukes. Den skal være RSA eller EC P-256, som PEM uten "
            "passord eller JWK.",
            name=str(client.key_file),
        ) from None
    if not isinstance(kid, str):
        raise Refusal("Sett «kid» for Maskinporten: filen %(name)s sier det ikke.", name=str(client.key_file))
    return SigningKey(key, algorithm, kid)


def _pem_key(text: str) -> RSAKey | ECKey:
    try:
        return RSAKey.import_key(text)
    except (ValueError, TypeError, JoseError):
        return ECKey.import_key(text)


class MaskinportenTokens:
    """The tokens of one source. Several threads share them: one fetches, the others wait for it.

    `way`: how the issuer is reached; `now`: seconds since 1970.
    """

    def __init__(
        self,
        client: MaskinportenClient,
        key: SigningKey,
        timeout_seconds: float,
        way: Way,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._key = key
        self._now = now
        self._session = WarmSession(client.token_endpoint, timeout_seconds, byte_limit=BYTE_LIMIT, way=way)
        self._lock = threading.Lock()
        self._kept: str | None = None
        self._keep_until = 0.0

    def authorization(self, within_seconds: float) -> str:
        """The token as it is sent. Raises SourceError: UNAUTHORIZED when the issuer refuses us, UNAVAILABLE when there
        is no token for another reason."""
        ends = time.monotonic() + within_seconds
        if not self._lock.acquire(timeout=max(within_seconds, 0)):
            raise SourceError(SourceFailure.UNAVAILABLE, "the token endpoint is slow: another question waits for it")
        try:
            if self._kept is None or self._now() >= self._keep_until:
                issued = self._fetched(ends - time.monotonic())
                self._kept = f"Bearer {issued.access_token}"
                # One that is short-lived anyway is used for half of its time.
                held = max(issued.expires_in - BEFORE_END_SECONDS, issued.expires_in / 2)
                self._keep_until = self._now() + held
            return self._kept
        finally:
            self._lock.release()

    def forget(self, authorization: str) -> None:
        """That one is refused. Another that was fetched meanwhile stays."""
        with self._lock:
            if self._kept == authorization:
                self._kept = None

    def close(self) -> None:
        """Closes the connection."""
        self._session.close()

    def _fetched(self, within_seconds: float) -> _Issued:
        content = urlencode({"grant_type": GRANT, "assertion": self._grant()}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            answer = self._session.post("", content, headers, within_seconds)
            return _Issued.model_validate_json(answer.body)
        except StatusError as error:
            refused = error.status in (400, 401, 403)
            failure = SourceFailure.UNAUTHORIZED if refused else SourceFailure.UNAVAILABLE
            raise SourceError(failure, f"the token endpoint: {error}", error.retry_after_seconds) from None
        except SourceError as error:
            raise SourceError(SourceFailure.UNAVAILABLE, f"the token endpoint: {error}") from None
        except ValidationError:
            raise SourceError(SourceFailure.UNAVAILABLE, "the token endpoint: what came is no token") from None

    def _grant(self) -> str:
        now = int(self._now())
        claims = {
            "iss": self._client.client_id,
            "aud": self._client.audience,
            "scope": self._client.scope,
            "iat": now,
            "exp": now + GRANT_SECONDS,
            "jti": secrets.token_urlsafe(16),
        }
        if self._client.resource is not None:
            claims["resource"] = self._client.resource
        header = {"alg": self._key.algorithm, "kid": self._key.kid, "typ": "JWT"}
        return jwt.encode(header, claims, self._key.key, [self._key.algorithm])
