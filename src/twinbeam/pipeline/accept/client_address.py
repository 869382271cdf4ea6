"""
Find the visitor's address behind listed proxies.

X-Forwarded-For is written from left to right, and anyone can begin it: only what a listed proxy appended counts,
so the right-most address that is not a listed proxy is the visitor's. Whether TikTok can use it is judged later.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from twinbeam.core.errors import ConfigError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REMEMBERED = 256  #: characters; strangers choose what is remembered, so its size is bounded as well


class Proxies:
    """The proxies that are believed about the client's address."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        """Read addresses and networks such as `10.0.0.0/8`; raises ConfigError."""
        self._networks = tuple(_network(text) for text in networks)
        self._cached = lru_cache(maxsize=4096)(self._find)  # a visitor sends several events; a search costs 8 us

    def client_ip(self, peer: str, forwarded: str) -> str | None:
        """Return the visitor's address from the peer's and X-Forwarded-For, or None when nobody trusted tells it."""
        find = self._cached if len(forwarded) <= _REMEMBERED else self._find
        return find(peer, forwarded)

    def believed(self, peer: str) -> bool:
        """Return whether a peer is one of them, so that its other headers about the client count too."""
        address = _parse(peer)
        return address is not None and self._lists(address)

    def _find(self, peer: str, forwarded: str) -> str | None:
        address = _parse(peer)
        hops = forwarded.split(",") if forwarded else []
        while address is not None and hops and self._lists(address):
            address = _parse(hops.pop())
        return None if address is None or self._lists(address) else str(address)

    def _lists(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


NO_PROXIES = Proxies()

_NO_COUNTRIES = frozenset({b"XX", b"ZZ"})  # what delivery networks write where they do not know


def country_code(written: bytes) -> str | None:
    """Read the country a proxy names: two letters, in capitals; T1 is no country but Tor."""
    code = written.strip().upper()
    known = len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    return code.decode("ascii", "replace") if known else None


def _network(text: str) -> Network:
    try:
        return ip_network(text.strip())
    except ValueError as error:
        raise ConfigError(f"{text!r} is not an address or a network of a proxy, such as 10.0.0.0/8") from error


def _parse(text: str) -> Address | None:
    """Read one address as proxies write it: bare, with a port, or in brackets."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
