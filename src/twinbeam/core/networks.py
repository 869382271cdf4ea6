"""Which addresses may be reached on somebody's word: public ones, and those of networks that the operator listed."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

_NAT64 = ip_network("64:ff9b::/96")
_LOW = 0xFFFFFFFF


class Allowed:
    """The private networks that may be reached."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ip_network(network) for network in networks]

    @property
    def is_empty(self) -> bool:
        """Return whether no network is listed."""
        return not self._networks

    def lists(self, text: str) -> bool:
        """Return whether an address is in a listed network."""
        address = _inner(ip_address(text.partition("%")[0]))
        return any(address in network for network in self._networks)

    def takes(self, text: str) -> bool:
        """Return whether an address may be connected to."""
        address = _inner(ip_address(text.partition("%")[0]))
        return self.lists(text) or (address.is_global and not address.is_multicast)


def is_address(host: str) -> bool:
    """Return whether a host is written as an address."""
    try:
        ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True


def _inner(address: Address) -> Address:
    """Return the IPv4 address that stands inside one of IPv6, where a gateway would take it out."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & _LOW)
    return address.ipv4_mapped or address.sixtofour or address
