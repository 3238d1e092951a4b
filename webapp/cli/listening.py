"""Where the screens may listen, and the socket on which they do."""

import socket
from collections.abc import Callable
from ipaddress import ip_address

from webapp.config import Settings
from webapp.errors import Refusal

BACKLOG = 1024


def check_reach(settings: Settings, host: str) -> None:
    """Raises Refusal where somebody could come in from elsewhere who should not, or be overheard on the way."""
    file, server = settings.settings, settings.settings.server
    if file.sign_in is not None:
        if not file.sign_in.local and file.sign_in.oidc is None:
            raise Refusal(
                "[sign_in] har ingen måte å logge inn på. Sett local = true der, eller skriv et avsnitt [sign_in.oidc]."
            )
        file.sign_in.strong_secret(settings.instance)
    elif server.behind_proxy or not is_loopback(host):
        raise Refusal(
            "Uten innlogging når bare denne maskinen skjermbildene. Sett opp [sign_in] i settings.toml, eller utelat "
            "--host og behind_proxy."
        )
    if server.behind_proxy and server.certificate:
        raise Refusal("[server] har både behind_proxy og certificate. Ta bort den av dem som ikke gjør TLS.")
    if is_loopback(host):
        return
    if not server.behind_proxy and not server.certificate:
        raise Refusal(
            "Andre maskiner når skjermbildene bare over HTTPS. Sett certificate og key i [server] i settings.toml, "
            "eller behind_proxy = true når en proxy gjør TLS."
        )
    if file.address is None or not file.address.startswith("https://"):
        raise Refusal(
            "Sett address i settings.toml til adressen brukerne skriver, som begynner med https://: "
            "skjermbildene svarer ikke på andre navn."
        )


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches a host name or address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int, check: Callable[[str], None] = lambda _: None) -> socket.socket:
    """A socket that listens. Raises Refusal where it cannot, and what `check` raises of the address that the host's
    name leads to, before anybody can reach it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        check(str(address[0]))
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Refusal(f"Kan ikke lytte på {host}: {error.strerror}.") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if is_loopback(host):
            raise Refusal(f"Port {port} er i bruk. Velg en annen med --port.") from None
        raise Refusal(f"Kan ikke lytte på {host}, port {port}: {error.strerror}. Velg en annen.") from None
    return listener
