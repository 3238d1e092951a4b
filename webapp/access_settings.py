"""The settings of who gets in: `[sign_in]` of settings.toml."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from webapp.errors import Refusal
from webapp.oidc_settings import Oidc
from webapp.source_settings import read_secret

#: A secret that is shorter could be guessed.
SECRET_CHARACTERS = 32


class SignIn(BaseModel):
    """How people sign in. Without this table nobody does: whoever reaches the screens is the user of the machine, and
    they listen on the loopback only.

    `local`: whether there are accounts of our own. A session ends when it was not used for `idle_minutes`, and after
    `session_hours` in any case. The secret signs and seals what must not be read or forged; it stands in a variable of
    the environment or a file, never here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    local: Annotated[bool, Field(description="true eller false (om det fins lokale brukere)")] = False
    idle_minutes: Annotated[int, Field(ge=1, le=1440, description="et heltall fra 1 til 1440 (minutter)")] = 30
    session_hours: Annotated[int, Field(ge=1, le=24, description="et heltall fra 1 til 24 (timer)")] = 10
    secret_env: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="navnet på en miljøvariabel med minst 32 tilfeldige tegn"
        ),
    ] = None
    secret_file: Annotated[
        Path | None, Field(description="stien til en fil som har minst 32 tilfeldige tegn og ikke annet")
    ] = None

    oidc: Annotated[Oidc | None, Field(description="et avsnitt [sign_in.oidc]")] = None

    def secret(self, instance: Path, environment: Mapping[str, str] = os.environ) -> str | None:
        """The secret, or None where none is set. Raises Refusal, without it, when it is set and cannot be had."""
        return read_secret(self.secret_env, self.secret_file, instance, environment)

    def strong_secret(self, instance: Path, environment: Mapping[str, str] = os.environ) -> str:
        """The secret. Raises Refusal, without it, when it is not set, cannot be had or is too short."""
        secret = self.secret(instance, environment)
        if secret is None or len(secret) < SECRET_CHARACTERS:
            raise Refusal(
                "Innloggingen trenger en hemmelighet. Sett secret_file eller secret_env i [sign_in] i settings.toml, "
                "med minst %(count)d tilfeldige tegn.",
                count=SECRET_CHARACTERS,
            )
        return secret


class Server(BaseModel):
    """How the screens are reached from other machines: `[server]` of settings.toml.

    `behind_proxy`: a proxy of our own does TLS before us, and what it says of who asks is believed; nobody must reach
    us around it. Otherwise `certificate` and `key` are the PEM files by which we do TLS ourselves.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    behind_proxy: Annotated[bool, Field(description="true eller false (om en proxy foran oss gjør TLS)")] = False
    certificate: Annotated[Path | None, Field(description="stien til en PEM-fil, sammen med key")] = None
    key: Annotated[
        Path | None,
        Field(description="stien til en PEM-fil uten passord, sammen med certificate", validate_default=True),
    ] = None

    @field_validator("key")
    @classmethod
    def _both_or_none(cls, key: Path | None, others: ValidationInfo) -> Path | None:
        if "certificate" in others.data and (key is None) != (others.data["certificate"] is None):
            raise ValueError("a certificate and its key belong together")
        return key

    def files(self, instance: Path) -> tuple[Path, Path] | None:
        """The certificate and its key, from the instance folder on unless the path begins with /; or None."""
        if self.certificate is None or self.key is None:
            return None
        return instance / self.certificate, instance / self.key
