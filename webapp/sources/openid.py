"""An OpenID provider as it is asked who somebody is (OpenID Connect Core 1.0, authorization code flow with PKCE).

Authlib and joserfc build what is asked and check what is said. The calls themselves go over a WarmSession and not over
Authlib's client of requests: that knows no limit for a whole answer, in seconds or bytes, and follows redirects.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from webapp.config import Settings
from webapp.errors import SourceError, SourceFailure
from webapp.model import OpenIdUser, OpenIdVisit
from webapp.oidc_settings import Oidc, SecureAddress, values_at
from webapp.sources.catalogue import way_out
from webapp.sources.http import WarmSession

#: Signatures that are taken: by a key pair, so that nobody who can check one can make one, and never none.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
#: How far the provider's clock may be from ours.
LEEWAY_SECONDS = 60
#: What the provider says of itself, and its keys, are asked for again after so long.
FRESH = timedelta(hours=1)
BYTE_LIMIT = 1_000_000
#: The longest ID token that is put into an address; without it the provider asks whether to sign out.
LONGEST_HINT = 4000
_JSON = "application/json"


class _Metadata(BaseModel):
    """OpenID Connect Discovery 1.0, 3, as far as it matters here."""

    issuer: str
    authorization_endpoint: SecureAddress
    token_endpoint: SecureAddress
    jwks_uri: SecureAddress
    userinfo_endpoint: SecureAddress | None = None
    end_session_endpoint: SecureAddress | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(BaseModel):
    # Goes into a header as it stands.
    access_token: Annotated[str, Field(pattern=r"^[!-~]+$", repr=False)]
    id_token: Annotated[str, Field(repr=False)]


_Shape = TypeVar("_Shape")
_METADATA, _TOKENS = TypeAdapter(_Metadata), TypeAdapter(_Tokens)
_CLAIMS, _ANYTHING = TypeAdapter(dict[str, Any]), TypeAdapter[Any](Any)


class OpenIdProvider:
    """The provider that `oidc` names. Several threads may share it.

    Every failure is a SourceError; its text never holds a token or a name. `come_back` is the address that the provider
    sends the browser back to. Raises Refusal when a secret cannot be had.
    """

    def __init__(self, oidc: Oidc, settings: Settings) -> None:
        self._oidc = oidc
        self._secret = oidc.secret(settings.instance)
        self._way = way_out(settings, oidc.direct)
        # What is known, until when: two threads that find it too old both ask, which does no harm.
        self._known_metadata: tuple[_Metadata, datetime] | None = None
        self._known_keys: tuple[KeySet, datetime] | None = None

    def sign_in_address(self, visit: OpenIdVisit, come_back: str, now: datetime, again: bool = False) -> str:
        """Where a browser goes to sign in; `again`: even if somebody is signed in there, who may be somebody else."""
        endpoint = self._metadata(now).authorization_endpoint
        scope = " ".join(dict.fromkeys(("openid", *self._oidc.scopes)))
        try:
            return str(
                prepare_grant_uri(
                    endpoint,
                    self._oidc.client_id,
                    "code",
                    come_back,
                    scope,
                    visit.state,
                    nonce=visit.nonce,
                    code_challenge=create_s256_code_challenge(visit.verifier),
                    code_challenge_method="S256",
                    prompt="login" if again else None,
                )
            )
        except ValueError:
            raise _not_understood("its authorization endpoint is no address") from None

    def sign_out_address(self, id_token: str, come_back: str, state: str, now: datetime) -> str | None:
        """Where a browser goes to sign out there too (RP-Initiated Logout 1.0); None where that is not offered."""
        endpoint = self._metadata(now).end_session_endpoint
        if endpoint is None:
            return None
        query = {"client_id": self._oidc.client_id, "post_logout_redirect_uri": come_back, "state": state}
        if len(id_token) <= LONGEST_HINT:
            query["id_token_hint"] = id_token
        try:
            return str(add_params_to_uri(endpoint, list(query.items())))
        except ValueError:
            raise _not_understood("its end-session endpoint is no address") from None

    def user_of(self, answer: Mapping[str, str], visit: OpenIdVisit, come_back: str, now: datetime) -> OpenIdUser:
        """Who came back from a visit, `answer` being the query that they came with."""
        metadata = self._metadata(now)
        issuer = answer.get("iss")
        if issuer != metadata.issuer and (issuer or metadata.authorization_response_iss_parameter_supported):
            # RFC 9207: the answer of another provider, mixed up with this one's.
            raise _unsafe("the answer names another issuer")
        tokens = self._tokens(metadata, answer.get("code", ""), visit, come_back)
        claims = self._checked(tokens, visit, now)
        subject = str(claims["sub"])
        path, bearer = self._oidc.roles_claim, f"Bearer {tokens.access_token}"
        values = values_at(claims, path)
        if not values and self._oidc.groups_url is not None:
            groups = _read(_ANYTHING, self._get(self._oidc.groups_url, bearer), "its groups")
            if isinstance(groups, dict) and groups.get("sub", subject) != subject:
                raise _unsafe("the groups are about somebody else")
            values = values_at(groups, path)
        if metadata.userinfo_endpoint is not None and not (values and "name" in claims):
            info = _read(_CLAIMS, self._get(metadata.userinfo_endpoint, bearer), "its userinfo")
            if info.get("sub") != subject:
                # Core 5.3.2: must be there, and the same.
                raise _unsafe("the userinfo is about somebody else")
            claims = {**info, **claims}
            values = values or values_at(info, path)
        return OpenIdUser(f"{metadata.issuer} {subject}", claims, values, tokens.id_token)

    def _tokens(self, metadata: _Metadata, code: str, visit: OpenIdVisit, come_back: str) -> _Tokens:
        body = prepare_token_request(
            "authorization_code", redirect_uri=come_back, code=code, code_verifier=visit.verifier
        )
        auth = ClientAuth(self._oidc.client_id, self._secret, self._auth_method(metadata))
        headers = {"Accept": _JSON, "Content-Type": "application/x-www-form-urlencoded"}
        _, headers, body = auth.prepare("POST", metadata.token_endpoint, headers, body)
        with closing(self._session()) as session:
            said = session.post(metadata.token_endpoint, body.encode(), headers).body
        return _read(_TOKENS, said, "its tokens")

    def _auth_method(self, metadata: _Metadata) -> str:
        if self._secret is None:
            return "none"
        offered = metadata.token_endpoint_auth_methods_supported
        posted = "client_secret_post" in offered and "client_secret_basic" not in offered
        return "client_secret_post" if posted else "client_secret_basic"

    def _checked(self, tokens: _Tokens, visit: OpenIdVisit, now: datetime) -> Mapping[str, Any]:
        """The claims of an ID token that is signed by the provider, for us, now and for this visit (Core 3.1.3.7)."""
        options = {
            "iss": {"essential": True, "value": self._oidc.issuer},
            "aud": {"essential": True, "value": self._oidc.client_id},
            "sub": {"essential": True},
        }
        params = {"nonce": visit.nonce, "client_id": self._oidc.client_id, "access_token": tokens.access_token}
        try:
            token = self._signed(tokens.id_token, now)
            claims = CodeIDToken(token.claims, token.header, options, params)
            claims.validate(int(now.timestamp()), LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as wrong:
            # Not its text, which may quote the token.
            claim = f" of {wrong.claim}" if isinstance(wrong, ClaimError) else ""
            raise _unsafe(f"the ID token was refused: {type(wrong).__name__}{claim}") from None
        return dict(claims)

    def _signed(self, id_token: str, now: datetime) -> jwt.Token:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(id_token, self._keys(now), registry=registry)
        except InvalidKeyIdError:
            # The provider has a new key, or the token is not its own: its keys are asked for anew, once.
            return jwt.decode(id_token, self._keys(now, anew=True), registry=registry)

    def _metadata(self, now: datetime) -> _Metadata:
        if self._known_metadata is not None and now < self._known_metadata[1]:
            return self._known_metadata[0]
        said = self._get(get_well_known_url(self._oidc.issuer, external=True))
        metadata = _read(_METADATA, said, "its configuration")
        if metadata.issuer != self._oidc.issuer:
            raise _unsafe("its configuration names another issuer")
        self._known_metadata = metadata, now + FRESH
        return metadata

    def _keys(self, now: datetime, anew: bool = False) -> KeySet:
        if self._known_keys is not None and now < self._known_keys[1] and not anew:
            return self._known_keys[0]
        said = _read(_CLAIMS, self._get(self._metadata(now).jwks_uri), "its keys")
        try:
            keys = KeySet.import_key_set(said)  # type: ignore[arg-type]  # says itself what is wrong with it
        except (JoseError, KeyError, ValueError, TypeError, AttributeError):
            raise _not_understood("its keys cannot be read") from None
        self._known_keys = keys, now + FRESH
        return keys

    def _get(self, url: str, authorization: str | None = None) -> bytes:
        with closing(self._session(authorization)) as session:
            return session.get(url, _JSON).body

    def _session(self, authorization: str | None = None) -> WarmSession:
        """Not kept: people sign in too seldom for a connection to be still warm. One attempt: a code is used once."""
        way = replace(self._way, authorization=authorization)
        return WarmSession("", self._oidc.timeout_seconds, byte_limit=BYTE_LIMIT, attempts=1, way=way)


def _read(shape: TypeAdapter[_Shape], said: bytes, what: str) -> _Shape:
    try:
        return shape.validate_json(said)
    except ValidationError as wrong:
        fields = ", ".join(str(error["loc"][0]) for error in wrong.errors() if error["loc"])
        raise _not_understood(f"{what} cannot be read ({fields or 'not JSON'})") from None


def _unsafe(cause: str) -> SourceError:
    return SourceError(SourceFailure.UNSAFE, cause)


def _not_understood(cause: str) -> SourceError:
    return SourceError(SourceFailure.NOT_UNDERSTOOD, cause)
