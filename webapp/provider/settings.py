"""What a provider asks of those who ask it, and how it is reached: a TOML file beside its shelf."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from webapp.checked_toml import TomlFile
from webapp.errors import Refusal

Credential = Literal["token", "certificate", "maskinporten"]
#: Keys that come over plain HTTP could be anybody's, unless they come from the machine itself.
_SECURE = r"^(https://|http://(127\.0\.0\.1|localhost)[:/])\S+$"
_FILES = ("certificate", "key", "client_authority")


class Issuer(BaseModel):
    """Whose tokens are taken: Maskinporten, or another that issues the same kind (RFC 7523 grants, `consumer`).

    `issuer` as it stands in the tokens; `audience` is what askers name as `resource`; a token must have `scope`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[str, Field(pattern=r"^https?://\S+$", description='utstederen, som "https://maskinporten.no/"')]
    jwks: Annotated[
        str, Field(pattern=_SECURE, description='en adresse med https://, som "https://maskinporten.no/jwk"')
    ]
    audience: Annotated[str, Field(min_length=1, description="det som tokenet skal være utstedt for (aud)")]
    scope: Annotated[str, Field(pattern=r"^[!#-\[\]-~]+$", description="ett scope, uten mellomrom")]


class ProviderSettings(BaseModel):
    """How a provider is reached and whom it answers.

    `asks_for`: any one of these lets an asker in; with none of them access is open, and that on the loopback only.
    TLS is done here (`certificate`, `key`) or by a proxy before it (`tls_by_proxy`). `client_authority`: who has signed
    the certificates of askers. `people_per_minute` and `at_once` are the limits of each asker.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    asks_for: Annotated[
        tuple[Credential, ...], Field(description='en liste med "token", "certificate" eller "maskinporten"')
    ] = ()
    certificate: Annotated[Path | None, Field(description="stien til en PEM-fil")] = None
    key: Annotated[Path | None, Field(description="stien til en PEM-fil")] = None
    client_authority: Annotated[
        Path | None, Field(description="stien til en PEM-fil med dem som signerer spørrernes sertifikater")
    ] = None
    tls_by_proxy: Annotated[bool, Field(description="true eller false (om en proxy foran står for HTTPS)")] = False
    people_per_minute: Annotated[int, Field(ge=1, description="et heltall fra 1 (personer i minuttet)")] = 6000
    at_once: Annotated[int, Field(ge=1, le=1000, description="et heltall fra 1 til 1000 (samtidige spørsmål)")] = 16
    maskinporten: Annotated[Issuer | None, Field(description="et avsnitt som heter [maskinporten]")] = None

    @property
    def is_open(self) -> bool:
        """Whether anybody gets in who reaches it."""
        return not self.asks_for


#: Whoever reaches it may ask.
OPEN = ProviderSettings()


def read_settings(path: Path) -> ProviderSettings:
    """The settings in a file, OPEN where there is none; relative paths in it begin in its folder. Raises Refusal when
    it is wrong, names a file that is not there, or asks for what it cannot check."""
    settings = TomlFile.read(path).checked(ProviderSettings, {})
    files = {name: path.parent / value for name in _FILES if (value := getattr(settings, name)) is not None}
    for name, file in files.items():
        if not file.is_file():
            raise Refusal(f"{path.name}: «{name}» viser til {file}, som ikke fins.")
    if (settings.certificate is None) != (settings.key is None):
        raise Refusal(f"{path.name}: «certificate» og «key» må settes begge to, eller ingen av dem.")
    if "maskinporten" in settings.asks_for and settings.maskinporten is None:
        raise Refusal(f"{path.name}: avsnittet [maskinporten] mangler. Det sier hvem sine token som godtas.")
    if "certificate" in settings.asks_for and (settings.certificate is None or settings.client_authority is None):
        raise Refusal(
            f"{path.name}: «certificate», «key» og «client_authority» må settes når det spørres etter sertifikat: "
            "da er det resultatdeleren selv som står for HTTPS."
        )
    return settings.model_copy(update=files)


def refuse_unsafe(settings: ProviderSettings, host: str) -> None:
    """Raises Refusal where a provider would listen beyond the loopback without knowing who asks, or without HTTPS.
    `host`: the address that is listened on, not a name."""
    if ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        return
    if settings.is_open:
        raise Refusal(
            f"Hvem som helst kunne spurt på {host}. Sett «asks_for» i innstillingene, eller lytt på 127.0.0.1."
        )
    if settings.certificate is None and not settings.tls_by_proxy:
        raise Refusal(
            f"Fødselsnumre ville gått uten HTTPS på {host}. Sett «certificate» og «key» i innstillingene, eller "
            "«tls_by_proxy» når en proxy foran står for HTTPS."
        )
