"""What a source may be shown besides a password or token: a TLS client certificate, and tokens from Maskinporten.

They are tables of a `[[source]]`. A field's `title` is what the screens call it, its `description` what is allowed.
"""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from webapp.errors import N_


def _token_address(url: str) -> str:
    """What we sign with must reach nobody else: HTTPS, or the machine itself."""
    if not re.match(r"(https://[^/\s@]+|http://(127\.0\.0\.1|localhost)(:\d+)?)(/\S*)?$", url):
        raise ValueError("not a safe address")
    return url


class ClientCertificate(BaseModel):
    """`[source.client_certificate]`: shown to a source that asks for one. Paths begin in the instance folder.

    The password of `key` stands in a variable of the environment or a file, where it has one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    certificate: Annotated[Path, Field(title=N_("Sertifikat"), description=N_("stien til en PEM-fil"))]
    key: Annotated[Path, Field(title=N_("Nøkkel"), description=N_("stien til en PEM-fil"))]
    secret_env: Annotated[
        str | None,
        Field(
            title=N_("Nøkkelens passord i miljøvariabel"),
            pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
            description=N_("navnet på en miljøvariabel som har passordet"),
        ),
    ] = None
    secret_file: Annotated[
        Path | None,
        Field(title=N_("Nøkkelens passord i fil"), description=N_("stien til en fil som har passordet og ikke annet")),
    ] = None


class MaskinportenClient(BaseModel):
    """`[source.maskinporten]`: a token is fetched with a grant that we sign (RFC 7523), and shown as a bearer token.

    `key_file` has our private key (PEM or JWK), known to the issuer as `kid`; `audience` is the issuer itself, and
    `resource` the source, where it asks for tokens that were issued for it alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: Annotated[
        str, Field(title=N_("Klient-ID"), pattern=r"^[!-~]{1,100}$", description=N_("klientens ID hos Maskinporten"))
    ]
    key_file: Annotated[
        Path, Field(title=N_("Privat nøkkel"), description=N_("stien til en fil med nøkkelen, som PEM eller JWK"))
    ]
    kid: Annotated[
        str | None,
        Field(
            title=N_("Nøkkelens ID (kid)"),
            min_length=1,
            max_length=200,
            description=N_("nøkkelens ID hos Maskinporten, når den ikke står i filen"),
        ),
    ] = None
    scope: Annotated[str, Field(title=N_("Scope"), min_length=1, description=N_("ett eller flere scope"))]
    resource: Annotated[
        str | None,
        Field(title=N_("Ressurs"), min_length=1, description=N_("det som kilden krever at tokenet gjelder for (aud)")),
    ] = None
    token_endpoint: Annotated[
        str,
        AfterValidator(_token_address),
        Field(title=N_("Adresse for token"), description=N_("en adresse som begynner med https://")),
    ] = "https://maskinporten.no/token"  # noqa: S105 -- an address
    audience: Annotated[
        str, Field(title=N_("Utsteder"), min_length=1, description=N_('utstederen, som "https://maskinporten.no/"'))
    ] = "https://maskinporten.no/"
