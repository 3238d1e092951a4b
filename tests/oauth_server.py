"""A real OAuth server as Maskinporten is one: signed grants in (RFC 7523), signed tokens out, its keys as a JWK set.

It checks what it is asked with as strictly as Maskinporten does, and misbehaves when told to.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from serving import served

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "eksternstudium:results"
CLIENT_ID = "b5a9e2f0-uio"
ORGANISATION = "971035854"


@cache
def key(kid: str) -> RSAKey:
    """A private key by its name, the same for the whole of the tests: making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


class OAuthServer:
    """`url` ends in a slash, as an issuer's does. `signs_with`: the kid of the key in use; `publishes`: the kids in the
    JWK set. `tokens_issued` and `keys_fetched` count.

    Misbehaviour: `claims` stand above those of a token; `forge` makes a token of header and claims in its own way;
    `answer` is said in place of a token, `keys_answer` in place of the keys; `seconds` it waits before each.
    """

    def __init__(self) -> None:
        self.url = ""
        self.begin_again()

    def begin_again(self) -> None:
        """As it was at its beginning, at the same address."""
        self.clients = {CLIENT_ID: (key("client"), ORGANISATION, {SCOPE})}
        self.signs_with = "issuer-1"
        self.publishes = ["issuer-1"]
        self.lifetime = 120
        self.tokens_issued = 0
        self.keys_fetched = 0
        self.claims: dict[str, Any] = {}
        self.forge: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
        self.answer: Response | None = None
        self.keys_answer: Response | None = None
        self.seconds = 0.0
        self._used: set[str] = set()

    def rotate(self, kid: str = "issuer-2") -> None:
        """Another key, and the former one no more."""
        self.signs_with, self.publishes = kid, [kid]

    def token(self, organisation: str = ORGANISATION, resource: str | None = None, **claims: object) -> str:
        """A token as it would be issued now."""
        now = int(time.time())
        said = {
            "iss": self.url,
            "scope": SCOPE,
            "client_id": CLIENT_ID,
            "token_type": "Bearer",
            "iat": now,
            "exp": now + self.lifetime,
            "jti": secrets.token_urlsafe(8),
            "consumer": {"authority": "iso6523-actorid-upis", "ID": f"0192:{organisation}"},
        }
        if resource is not None:
            said["aud"] = resource
        said |= self.claims | claims
        said = {name: value for name, value in said.items() if value is not None}
        header = {"alg": "RS256", "kid": self.signs_with, "typ": "JWT"}
        if self.forge is not None:
            return self.forge(header, said)
        return jwt.encode(header, said, key(self.signs_with))

    def app(self) -> Flask:
        """Its two endpoints."""
        app = Flask(__name__)

        @app.post("/token")
        def token() -> Response | tuple[Response, int]:
            self.tokens_issued += 1
            time.sleep(self.seconds)
            if self.answer is not None:
                return self.answer
            try:
                grant = self._grant(request.form)
            except (JoseError, KeyError, ValueError) as error:
                return jsonify(error="invalid_grant", error_description=str(error)), 400
            organisation = self.clients[grant["iss"]][1]
            access = self.token(organisation, grant.get("resource"), scope=grant["scope"])
            return jsonify(access_token=access, token_type="Bearer", expires_in=self.lifetime, scope=grant["scope"])

        @app.get("/jwk")
        def keys() -> Response:
            self.keys_fetched += 1
            time.sleep(self.seconds)
            return self.keys_answer or jsonify(keys=[key(kid).as_dict(private=False) for kid in self.publishes])

        return app

    def _grant(self, form: Any) -> dict[str, Any]:
        """The claims of a grant that is in order."""
        if form["grant_type"] != GRANT:
            raise ValueError("not the grant")
        client = key("client")
        token = jwt.decode(form["assertion"], client, ["RS256"])
        if token.header.get("kid") != client.kid:
            raise ValueError("not the kid")
        claims = token.claims
        jwt.JWTClaimsRegistry(
            leeway=0, aud={"essential": True, "value": self.url}, exp={"essential": True}, iat={"essential": True}
        ).validate(claims)
        if claims["exp"] - claims["iat"] > 120 or claims["jti"] in self._used:
            raise ValueError("too long, or used before")
        self._used.add(claims["jti"])
        if not set(claims["scope"].split()) <= self.clients[claims["iss"]][2]:
            raise ValueError("not the scope")
        return dict(claims)


@contextmanager
def oauth_server() -> Iterator[OAuthServer]:
    """One that listens on the loopback."""
    server = OAuthServer()
    with served(server.app()) as url:
        server.url = f"{url}/"
        yield server
