"""
How much a key, and with a public key an address, may send: token buckets, in memory that is bounded.

A bucket holds what may come within `BURST_SECONDS` and fills at its rate. It is kept as the moment at which it is
full again (the generic cell rate algorithm), so an unused bucket is nothing at all. What a request costs is known
only once it is read, so it may overdraw a bucket once.

A public key's own bucket has a second half that is for modest addresses alone: who floods from some hundred others
cannot use up what the visitors need.
"""

import math
import socket
from functools import lru_cache
from ipaddress import ip_address

from msgspec import Struct

from twinbeam.core.values import Channel
from twinbeam.pipeline.accept.directory import Sender
from twinbeam.pipeline.accept.problems import Problem, ProblemCode, problem

BURST_SECONDS = 20.0
MODEST = 20  #: an address that stays below a twentieth of what one may send is modest: 5 events a second by default
MOST_RETRY_SECONDS = 30  #: trying earlier costs nothing, and a checkout may wait for the answer
MOST_ADDRESSES = 65_536  #: remembered; about 20 MB
_COST_BYTES = 1_024  #: that much of a browser's body costs as much as an event
_IPV6_SITE_BYTES = 8  #: one subscriber has at least a /64 (RFC 6177)


class EventRates(Struct, frozen=True):
    """Events a second that one of a kind may send to this process; 0: any number."""

    server_key: int = 0
    browser_key: int = 0
    browser_address: int = 0


class Buckets:
    """
    One bucket for each name, the moments by a monotonic clock in seconds.

    What is not seen while half of `most` others are seen is forgotten, and so is what it owes.
    """

    def __init__(self, rate: float, *, most: int = MOST_ADDRESSES) -> None:
        self._seconds_each = 1.0 / rate if rate else 0.0
        self._half = most // 2
        self._new: dict[bytes | str, float] = {}
        self._old: dict[bytes | str, float] = {}

    def owed(self, name: bytes | str, now: float) -> float:
        """Return how many seconds it takes until the bucket is full again."""
        full_at = self._new.get(name)
        if full_at is None:
            full_at = self._old.get(name, now)
        return full_at - now

    def spend(self, name: bytes | str, cost: float, now: float) -> None:
        """Take out what something costs, in events."""
        if self._seconds_each:
            self._new[name] = now + max(0.0, self.owed(name, now)) + cost * self._seconds_each
            if len(self._new) > self._half:
                self._old, self._new = self._new, {}

    def __len__(self) -> int:
        return len(self._new) + len(self._old)


class RateLimits:
    """The buckets of one process."""

    def __init__(self, rates: EventRates, *, most_addresses: int = MOST_ADDRESSES) -> None:
        self._servers = Buckets(rates.server_key)
        self._browsers = Buckets(rates.browser_key)
        self._addresses = Buckets(rates.browser_address, most=most_addresses)
        self._modest = Buckets(rates.browser_address / MODEST, most=most_addresses)

    def refused(self, sender: Sender, client_ip: str | None, now: float) -> Problem | None:
        """Return why a request goes no further, or None if it does; nothing is spent by that."""
        if sender.channel is not Channel.BROWSER:
            return _beyond(ProblemCode.KEY_RATE_LIMITED, self._servers.owed(sender.id, now) - BURST_SECONDS)

        site = site_of(client_ip or "")
        beyond = self._addresses.owed(site, now) - BURST_SECONDS
        if beyond > 0 and is_public(client_ip or ""):
            return _beyond(ProblemCode.ADDRESS_RATE_LIMITED, beyond)
        is_modest = self._modest.owed(site, now) <= BURST_SECONDS
        room = BURST_SECONDS * 2 if is_modest else BURST_SECONDS
        return _beyond(ProblemCode.KEY_RATE_LIMITED, self._browsers.owed(sender.id, now) - room)

    def spend(self, sender: Sender, client_ip: str | None, now: float, *, events: int, size_bytes: int) -> None:
        """Count a request that was read: of public keys also bodies without an event cost what they took to read."""
        if sender.channel is not Channel.BROWSER:
            self._servers.spend(sender.id, events, now)
            return
        cost = max(1, events, size_bytes // _COST_BYTES)
        self._browsers.spend(sender.id, cost, now)
        if client_ip:
            self._addresses.spend(site_of(client_ip), cost, now)
            self._modest.spend(site_of(client_ip), cost, now)


def _beyond(code: ProblemCode, seconds: float) -> Problem | None:
    if seconds <= 0:
        return None
    return problem(code, retry_seconds=min(MOST_RETRY_SECONDS, math.ceil(seconds)))


def site_of(address: str) -> bytes | str:
    """Return what stands for a client: an IPv4 address, or the network of an IPv6 one, in which it may choose any."""
    if ":" not in address:
        return address
    try:
        return socket.inet_pton(socket.AF_INET6, address.partition("%")[0])[:_IPV6_SITE_BYTES]
    except OSError:
        return address


@lru_cache(maxsize=1024)
def is_public(address: str) -> bool:
    """
    Return whether an address can be a visitor's own.

    One of a private network is that of a proxy nobody has listed: all visitors share it, and no limit of one
    visitor may hold for it.
    """
    try:
        return ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return False


NO_LIMITS = RateLimits(EventRates())
