"""Which addresses of the network may be asked: a source's name must not lead us to what only we can reach.

Whoever may set up a source, or answers for its name, could otherwise have us ask the machine itself, the house's inner
networks or the cloud's metadata, which hands out keys to whoever asks.
"""

import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: What no setting opens: unspecified, link-local, multicast, reserved and broadcast, and where clouds keep metadata
#: outside the link-local range (Alibaba, Azure, Oracle; AWS and Google over IPv6).
NEVER: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"),
            *("100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"),
            *("::/128", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::254/128", "fd20:ce::254/128"),
        ),
    )
)
LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
#: The outgoing proxy stands in settings.toml, which no screen writes: it may be anywhere but in NEVER.
ANYWHERE: tuple[Network, ...] = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
#: Networks that are open without being set. None; the tests open the loopback.
OPEN: tuple[Network, ...] = ()

#: RFC 4291: all of IPv6 that is given out for use across networks.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
#: IPv6 forms that end at an IPv4 address: mapped (RFC 4291), compatible (the same, deprecated), NAT64 (RFC 6052).
_ENDING_IN_IPV4 = tuple(map(IPv6Network, ("::ffff:0:0/96", "::/96", "64:ff9b::/96")))


class AddressRefused(OSError):
    """A name leads only to addresses that are not asked. The text never holds them."""


def reachable(addresses: Iterable[str], allowed: Sequence[Network]) -> list[str]:
    """Those of the addresses that may be asked: public ones, and those in the networks that are allowed. Raises
    AddressRefused when there is none."""
    found = [text for text in addresses if _is_open(text, allowed)]
    if not found:
        raise AddressRefused("the address is in a network that is not open to us")
    return found


def written_address(host: str) -> str | None:
    """The address that a host is written as, in any of the forms that the system takes (127.1, 0x7f000001), or None
    for a name."""
    host = host.strip("[]")
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return str(IPv4Address(socket.inet_aton(host)))
    except (OSError, ValueError):
        return None


def _is_open(text: str, allowed: Sequence[Network]) -> bool:
    address = _meant(ip_address(text))
    if any(address in network for network in NEVER):
        return False
    if any(address in network for network in (*allowed, *OPEN)):
        return True
    return address.is_global and (address.version == 4 or address in _GLOBAL_UNICAST)


def _meant(address: Address) -> Address:
    """Where an address leads: without its zone, and the IPv4 address for one that stands for such."""
    if isinstance(address, IPv4Address):
        return address
    address = IPv6Address(int(address))
    if address in LOOPBACK[1] or address.is_unspecified:
        return address
    if any(address in network for network in _ENDING_IN_IPV4):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour or address
