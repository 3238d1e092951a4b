"""The settings of who gets in: `[sign_in]` of settings.toml."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from webapp.oidc_settings import Oidc
from webapp.source_settings import read_secret


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
