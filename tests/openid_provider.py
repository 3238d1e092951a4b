"""A whole OpenID provider over HTTP on the loopback, built with Authlib's server side: a sign-in form, PKCE, keys that
change, userinfo, groups and sign-out. It can be told to misbehave."""

import base64
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

# Before Authlib is used: over HTTP it answers only so.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "true"

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin, OpenIDCode
from authlib.oidc.rpinitiated import EndSessionEndpoint, EndSessionRequest
from flask import Flask, Response, jsonify, redirect, request, session
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from markupsafe import escape

from serving import served

CLIENT_ID = "eksternstudium"
SECRET = "a secret that only client and provider know"
PASSWORD = "hemmelig"

Claims = dict[str, Any]
#: Makes an ID token of its claims.
Signing = Callable[[Claims], str]


@cache
def rsa(name: str) -> RSAKey:
    """A key with this name, made once."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@cache
def elliptic(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


def signed_by(key: RSAKey | ECKey, alg: str = "RS256", **header: object) -> Signing:
    """Signed by a key; `header` overrides its name."""
    return lambda claims: jwt.encode({"alg": alg, "kid": key.kid, **header}, claims, key, [alg])


def unsigned(claims: Claims) -> str:
    """With the algorithm "none", and no signature."""
    return f"{_base64(json.dumps({'alg': 'none'}))}.{_base64(json.dumps(claims))}."


def signed_by_public_key(claims: Claims) -> str:
    """With HS256, whose secret is what everybody knows: the provider's public key. By hand: joserfc would not do it."""
    content = f"{_base64(json.dumps({'alg': 'HS256', 'kid': '1'}))}.{_base64(json.dumps(claims))}"
    return f"{content}.{_base64(hmac.digest(rsa('1').as_pem(private=False), content.encode(), 'sha256'))}"


def _base64(part: str | bytes) -> str:
    return base64.urlsafe_b64encode(part.encode() if isinstance(part, str) else part).rstrip(b"=").decode()


@dataclass
class Provider:
    """What it knows, and how it behaves.

    `now`: its clock. `home`: where its client is served. `claims`: what it says in ID tokens beside `sub`, and in place
    of what is right; `info`: what it says at userinfo, `groups` at /groups. `sign`: how it signs. `keys`: those that it
    shows. `metadata`, `answers`, `tokens`: what its configuration says, what it sends the browser back with, and what
    it gives for a code, in place of what is right. `asked`: the paths that it was asked for. `signed_out`: who left.
    """

    now: datetime
    url: str = ""
    home: str = "http://localhost"
    subject: str = "76a7a061"
    claims: Claims = field(default_factory=dict)
    info: Claims = field(default_factory=dict)
    groups: Any = field(default_factory=list)
    sign: Signing = field(default_factory=lambda: signed_by(rsa("1")))
    keys: list[RSAKey | ECKey] = field(default_factory=lambda: [rsa("1")])
    metadata: Claims = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    tokens: Claims = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    signed_out: list[str] = field(default_factory=list)

    @property
    def key_set(self) -> KeySet:
        return KeySet(list(self.keys))

    def times(self, comes: timedelta = timedelta(0), lasts: timedelta = timedelta(minutes=5)) -> Claims:
        """The times of a token that is made so much later than now, and lasts so long."""
        made = int((self.now + comes).timestamp())
        return {"iat": made, "auth_time": made, "exp": made + int(lasts.total_seconds())}


class Client(ClientMixin):
    """The one client that the provider knows."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    @property
    def client_metadata(self) -> dict[str, list[str]]:
        return {"post_logout_redirect_uris": [f"{self._provider.home}/sign-in/openid/signed-out"]}

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == f"{self._provider.home}/sign-in/openid/return"

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in self._provider.metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    """A code, with what it was given for."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    subject: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class Token(TokenMixin):
    """An access token that holds as long as the provider lives."""

    def check_client(self, client: ClientMixin) -> bool:
        return True

    def get_scope(self) -> str:
        return "openid"

    def get_expires_in(self) -> int:
        return 300

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False


def _grants(provider: Provider, codes: dict[str, Code]) -> tuple[type[AuthorizationCodeGrant], OpenIDCode]:
    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

        def save_authorization_code(self, code: str, asked: OAuth2Request) -> None:
            data = asked.payload.data
            codes[code] = Code(
                code,
                asked.payload.redirect_uri,
                asked.payload.scope,
                data["nonce"],
                data["code_challenge"],
                data["code_challenge_method"],
                asked.user,
            )

        def query_authorization_code(self, code: str, client: ClientMixin) -> Code | None:
            return codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> str:
            return authorization_code.subject

    class IdToken(OpenIDCode):
        def exists_nonce(self, nonce: str, asked: OAuth2Request) -> bool:
            return any(code.nonce == nonce for code in codes.values())

        def get_client_claims(self, client: ClientMixin) -> Claims:
            return {"iss": provider.url, **provider.times()}

        def resolve_client_private_key(self, client: ClientMixin) -> RSAKey:
            return rsa("1")

        def generate_user_info(self, user: str, scope: str) -> Claims:
            return {"sub": user, **provider.claims}

        def encode_id_token(self, token: dict[str, str], asked: OAuth2Request) -> str:
            right = jwt.decode(super().encode_id_token(token, asked), rsa("1"))
            return provider.sign(right.claims)

    return Grant, IdToken(require_nonce=True)


def provider_app(provider: Provider) -> Flask:
    """The provider as an application."""
    app = Flask("openid")
    app.secret_key = secrets.token_hex()
    # Cookies are not kept apart by port.
    app.config["SESSION_COOKIE_NAME"] = "provider"
    client, codes, tokens = Client(provider), dict[str, Code](), set[str]()
    server = AuthorizationServer(
        app,
        query_client=lambda client_id: client if client_id == CLIENT_ID else None,
        save_token=lambda token, _: tokens.add(token["access_token"]),
    )
    grant, id_token = _grants(provider, codes)
    server.register_grant(grant, [id_token, CodeChallenge(required=True)])

    class Validator(BearerTokenValidator):
        def authenticate_token(self, token_string: str) -> Token | None:
            return Token() if token_string in tokens else None

    class EndSession(EndSessionEndpoint):
        def get_server_jwks(self) -> KeySet:
            return provider.key_set

        def end_session(self, asked: EndSessionRequest) -> None:
            provider.signed_out.append(asked.id_token_claims["sub"])
            session.clear()

    server.register_endpoint(EndSession)
    bearer = ResourceProtector()
    bearer.register_token_validator(Validator())

    @app.before_request
    def note() -> None:
        provider.asked.append(request.path)

    @app.get("/.well-known/openid-configuration")
    def configuration() -> Response:
        names = ("authorize", "token", "userinfo", "jwks", "end-session")
        authorize, token, userinfo, jwks, end_session = (f"{provider.url}/{name}" for name in names)
        return jsonify(
            {
                "issuer": provider.url,
                "authorization_endpoint": authorize,
                "token_endpoint": token,
                "userinfo_endpoint": userinfo,
                "jwks_uri": jwks,
                "end_session_endpoint": end_session,
                **provider.metadata,
            }
        )

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Response | str:
        try:
            consent = server.get_consent_grant(end_user=session.get("user"))
        except OAuth2Error as error:
            return Response(error.error, 400)
        if request.method == "POST" and request.form["password"] == PASSWORD:
            session["user"] = provider.subject
        elif "user" not in session or request.args.get("prompt") == "login":
            action = escape(request.full_path)
            return (
                f"<title>Innlogging</title><form method='post' action='{action}'><label>Passord "
                "<input type='password' name='password'></label><button>Logg inn</button></form>"
            )
        answer = server.create_authorization_response(grant_user=session["user"], grant=consent)
        if provider.answers:
            return redirect(_with_answers(answer.headers["Location"], provider.answers))
        return answer

    @app.post("/token")
    def token() -> Response:
        answer = server.create_token_response()
        if answer.status_code == 200:
            told = {name: value for name, value in (answer.json | provider.tokens).items() if value is not None}
            tokens.add(told.get("access_token", ""))
            answer.set_data(json.dumps(told))
        return answer

    @app.get("/jwks")
    def jwks() -> Response:
        return jsonify(provider.key_set.as_dict(private=False))

    @app.get("/userinfo")
    @bearer()
    def userinfo() -> Response:
        return jsonify({"sub": provider.subject, **provider.info})

    @app.get("/groups")
    @bearer()
    def groups() -> Response:
        return jsonify(provider.groups)

    @app.route("/end-session", methods=["GET", "POST"])
    def end_session() -> Response | str:
        return server.create_endpoint_response("end_session") or "<title>Logget ut</title>"

    return app


def _with_answers(location: str, answers: dict[str, str]) -> str:
    """An address whose query says these things in place of what it said."""
    parts = urlsplit(location)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | answers)).geturl()


@contextmanager
def provided(now: datetime) -> Iterator[tuple[Provider, Flask]]:
    """A provider that is served, and its application."""
    provider = Provider(now)
    app = provider_app(provider)
    with served(app) as url:
        # By its other name: the screens are at 127.0.0.1, so that the provider is another site.
        provider.url = url.replace("127.0.0.1", "localhost")
        yield provider, app
