"""The settings of the way out: `[network]` of settings.toml."""

import os
import ssl
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, FilePath

from webapp.source_settings import WebAddress, read_secret


def _certificates(file: Path) -> Path:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except (OSError, ValueError) as wrong:
        raise ValueError("no certificates") from wrong
    return file


def _networks(value: Sequence[object]) -> tuple[IPv4Network | IPv6Network, ...]:
    # A variable of the environment has them in one text, with commas between.
    each = value.replace(",", " ").split() if isinstance(value, str) else value
    return tuple(ip_network(one) for one in map(str, each))


class Network(BaseModel):
    """How sources are reached from here: through an outgoing proxy, and with a certificate authority of one's own
    (a PEM file) beside those that the machine trusts.

    `allowed_networks`: where sources may be beside public addresses, the loopback and private networks among them.

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
    allowed_networks: Annotated[
        tuple[IPv4Network | IPv6Network, ...],
        BeforeValidator(_networks),
        Field(description='nett i anførselstegn, som ["10.20.0.0/16", "127.0.0.0/8"]'),
    ] = ()

    def proxy_credentials(self, instance: Path, environment: Mapping[str, str] = os.environ) -> str | None:
        """User and password for the proxy, as "user:password", or None. Raises Refusal, without the password, when it
        is set and cannot be had."""
        if self.proxy_user is None:
            return None
        password = read_secret(self.proxy_secret_env, self.proxy_secret_file, instance, environment)
        return f"{self.proxy_user}:{password or ''}"
