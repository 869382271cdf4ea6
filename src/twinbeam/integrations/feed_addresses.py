"""
Which addresses a feed may be read from: public ones, and those of networks that the operator listed.

A name is looked up once, and the connection goes to just what was looked at: a second look-up that answers otherwise
has no effect. Whoever may type an address must not reach what only this machine can.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

Address = IPv4Address | IPv6Address

_NAT64 = ip_network("64:ff9b::/96")
_LOW = 0xFFFFFFFF


class PrivateAddress(OSError):  # noqa: N818 -- reads as the state it reports
    """A name that leads into a private network."""


class Allowed:
    """The private networks that may be reached."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ip_network(network) for network in networks]

    def lists(self, text: str) -> bool:
        """Return whether an address is in a listed network."""
        address = _inner(ip_address(text.partition("%")[0]))
        return any(address in network for network in self._networks)

    def takes(self, text: str) -> bool:
        """Return whether an address may be connected to."""
        address = _inner(ip_address(text.partition("%")[0]))
        return self.lists(text) or (address.is_global and not address.is_multicast)


class GuardedResolver(AbstractResolver):
    """Looks names up, and answers only where all of their addresses may be connected to."""

    def __init__(self, allowed: Allowed, *, only_listed: bool = False) -> None:
        self._takes = allowed.lists if only_listed else allowed.takes
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name; raises PrivateAddress and OSError."""
        found = await self._resolver.resolve(host, port, family)
        if not all(self._takes(each["host"]) for each in found):
            raise PrivateAddress(0, "private address")
        return found

    async def close(self) -> None:
        """Close the resolver."""
        await self._resolver.close()


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
