"""The settings of the way out: `[network]` of settings.toml."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FilePath

from webapp.source_settings import WebAddress, read_secret


def _certificates(file: Path) -> Path:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except (OSError, ValueError) as wrong:
        raise ValueError("no certificates") from wrong
    return file


class Network(BaseModel):
    """How sources are reached from here: through an outgoing proxy, and with a certificate authority of one's own
    (a PEM file) beside those that the machine trusts.

    The proxy is told `proxy_user` with the password that a variable of the environment or a file holds; that never
    stands here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    proxy: Annotated[
        WebAddress | None, Field(description="en adresse som begynner med http:// eller https://, uten passord")
    ] = None
    proxy_user: Annotated[
        str | None, Field(min_length=1, pattern=r"^[!-9;-~]+$", description="et brukernavn uten kolon")
    ] = None
    proxy_secret_env: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="navnet på en miljøvariabel som har passordet til proxy"
        ),
    ] = None
    proxy_secret_file: Annotated[
        Path | None, Field(description="stien til en fil som har passordet til proxy og ikke annet")
    ] = None
    certificate_authority: Annotated[
        Annotated[FilePath, AfterValidator(_certificates)] | None,
        Field(description="stien til en PEM-fil som finnes, med ett eller flere sertifikater"),
    ] = None

    def proxy_credentials(self, instance: Path, environment: Mapping[str, str] = os.environ) -> str | None:
        """User and password for the proxy, as "user:password", or None. Raises Refusal, without the password, when it
        is set and cannot be had."""
        if self.proxy_user is None:
            return None
        password = read_secret(self.proxy_secret_env, self.proxy_secret_file, instance, environment)
        return f"{self.proxy_user}:{password or ''}"
