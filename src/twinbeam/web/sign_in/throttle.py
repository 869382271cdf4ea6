"""
How often one may try to sign in: by the name that is tried, and by the address that tries.

It is kept in memory, bounded, and gone with a restart: no stranger can make the store grow or its disk sync, none can
bring a restart about, and one only grants the tries of ten minutes more. Who is locked out by others' tries gets in by
`twinbeam users link`.
"""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from math import ceil

from twinbeam.core.clock import Clock

WINDOW_SECONDS = 600
MOST_BY_ADDRESS = 20  #: several people may share an address
MOST_BY_NAME = 10
MOST_KEPT = 10_000  #: of each kind; the one that was tried longest ago is forgotten
_NETWORK_BITS = 64  #: of an IPv6 address, that one customer has at least


class Tries:
    """Failed tries by one kind of key, each within ten minutes of its first one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait_seconds(self, key: str, now: float) -> int:
        """Return how long a key has to wait; 0 where it may try."""
        began, count = self._found.get(key, (now, 0))
        left = began + WINDOW_SECONDS - now
        return ceil(left) if count >= self._most and left > 0 else 0

    def count(self, key: str, now: float) -> None:
        """Count one try."""
        began, count = self._found.pop(key, (now, 0))
        if now - began >= WINDOW_SECONDS:
            began, count = now, 0
        self._found[key] = (began, count + 1)
        while len(self._found) > MOST_KEPT:
            self._found.popitem(last=False)

    def forget(self, key: str) -> None:
        """Let a key begin anew."""
        self._found.pop(key, None)

    def __len__(self) -> int:
        return len(self._found)


class Throttle:
    """The tries by name and by address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.by_name = Tries(MOST_BY_NAME)
        self.by_address = Tries(MOST_BY_ADDRESS)

    def take(self, name: str, address: str) -> int:
        """Count a try and return 0, or return how many seconds it has to wait; before the password is looked at."""
        now, key, place = self._clock.monotonic(), name.casefold()[:64], network_of(address)
        wait = max(self.by_name.wait_seconds(key, now), self.by_address.wait_seconds(place, now))
        if not wait:
            self.by_name.count(key, now)
            self.by_address.count(place, now)
        return wait

    def succeeded(self, name: str) -> None:
        """Forget the tries of a name whose password was right; its address keeps those of others."""
        self.by_name.forget(name.casefold()[:64])


def network_of(address: str) -> str:
    """Return what tries are counted by: an IPv4 address, or the network that an IPv6 address is in."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return str(int(found) >> (128 - _NETWORK_BITS))
    return str(found)
