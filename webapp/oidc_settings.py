"""The settings of a sign-in by OpenID Connect: `[sign_in.oidc]` of settings.toml."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from webapp.model import Role
from webapp.source_settings import read_secret

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_VALUES = 'verdier i anførselstegn, som ["fc:org:example.no:opptak"]'

_Values = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(description=_VALUES)]
_Name = Annotated[str, Field(min_length=1, max_length=200)]


def secure_address(url: str) -> str:
    """An address over HTTPS, or over HTTP on this machine. Raises ValueError for anything else.

    As it stands: an issuer is compared letter by letter (OpenID Connect Discovery 1.0, 4.3).
    """
    if not re.fullmatch(r"https?://[^/\s@?#\\]+(/[^\s#\\]*)?", url):
        raise ValueError("not an address")
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ValueError("not over HTTPS")
    return url


SecureAddress = Annotated[str, AfterValidator(secure_address)]


class RoleValues(BaseModel):
    """Which values of the claim make somebody what: `[sign_in.oidc.roles]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reader: _Values = ()
    caseworker: _Values = ()
    case_administrator: _Values = ()
    system_administrator: _Values = ()
    auditor: _Values = ()

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> Self:
        if not any(values for _, values in self):
            raise ValueError("nobody would have a role")
        return self

    def of(self, values: frozenset[str]) -> frozenset[Role]:
        """The roles of somebody of whom the provider says these values."""
        return frozenset(Role(name.replace("_", "-")) for name, those in self if values.intersection(those))


class Oidc(BaseModel):
    """An OpenID provider whose users are let in when a value of `roles_claim` gives them a role; Feide in practice.

    `roles_claim` is the name of a claim, or a path in it with dots ("groups.id"). It is looked for in the ID token, at
    `groups_url` (called with the access token, its answer being searched in place of the claims), and in the userinfo.
    A user is called by the first of `name_claims` that has something to say. `contact`: whom somebody without a role
    may ask. `direct`: not through the proxy of `[network]`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[
        SecureAddress, Field(description='adressen til utstederen, som "https://auth.dataporten.no", med https://')
    ]
    client_id: Annotated[_Name, Field(pattern=r"^[ -~]+$", description="klient-ID-en som utstederen har gitt")]
    secret_env: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="navnet på en miljøvariabel med klienthemmeligheten"),
    ] = None
    secret_file: Annotated[
        Path | None, Field(description="stien til en fil som har klienthemmeligheten og ikke annet")
    ] = None
    scopes: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[!#-\[\]-~]+$")], ...],
        Field(description='scopes i anførselstegn, som ["profile", "email", "groups"]; "openid" er alltid med'),
    ] = ("profile", "email")
    roles_claim: Annotated[_Name, Field(description='navnet på et claim, som "groups" eller "groups.id"')] = "groups"
    groups_url: Annotated[
        SecureAddress | None,
        Field(
            description='en adresse som begynner med https://, som "https://groups-api.dataporten.no/groups/me/groups"'
        ),
    ] = None
    roles: Annotated[RoleValues, Field(description="et avsnitt [sign_in.oidc.roles] der minst én rolle har verdier")]
    name_claims: Annotated[
        tuple[_Name, ...], Field(min_length=1, description='navn på claims i rekkefølge, som ["email", "sub"]')
    ] = (
        "preferred_username",
        "eduPersonPrincipalName",
        # As Feide names it.
        "https://n.feide.no/claims/eduPersonPrincipalName",
        "email",
        "sub",
    )
    title: Annotated[
        str, Field(min_length=1, max_length=60, description='navnet på innloggingen, som "Feide", høyst 60 tegn')
    ] = "Feide"
    contact: Annotated[
        str | None, Field(min_length=1, max_length=200, description="hvem som gir tilgang, høyst 200 tegn")
    ] = None
    timeout_seconds: Annotated[float, Field(gt=0, le=60, description="et tall over 0 til 60 (sekunder per svar)")] = 5
    direct: Annotated[bool, Field(description="true eller false (om det går utenom mellomtjeneren)")] = False

    def secret(self, instance: Path, environment: Mapping[str, str] = os.environ) -> str | None:
        """The client's secret, None for a client without one. Raises Refusal, without it, when it cannot be had."""
        return read_secret(self.secret_env, self.secret_file, instance, environment)


def values_at(said: object, path: str) -> frozenset[str]:
    """The texts that stand at a path in claims: a text, or a list of texts. A list on the way is looked into.

    A claim may have dots in its name, as Feide's have: the whole name goes before the path.
    """
    return frozenset(_walk(said, path))


def _walk(said: object, path: str | None) -> Iterator[str]:
    match said:
        case list():
            for each in said:
                yield from _walk(each, path)
        case dict() if path is not None and path in said:
            yield from _walk(said[path], None)
        case dict() if path is not None and "." in path:
            head, _, rest = path.partition(".")
            yield from _walk(said.get(head), rest)
        case str() if path is None:
            yield said
