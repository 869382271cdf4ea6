"""
How much of what browsers claim about other people's orders is believed.

An order id can be guessed, and the public key is public. A refusal, or the word that TikTok's own script has reported
a purchase, can hold back what the shop's server vouches for only by a token; by the mere order id it holds back a few
orders an hour for each visit and each network, as an honest visitor needs, and no more. What a visitor does on the way
to an order is reported and refused event by event, so it has limits of its own: it must not use up those of the order.
"""

from collections import OrderedDict
from itertools import takewhile
from typing import NamedTuple

from msgspec import Struct, field

from twinbeam.core.keys import scope_of, visit
from twinbeam.core.values import Signal
from twinbeam.pipeline.record.conversion import Conversion

_HOUR_MS = 3_600_000
#: Events that count like an order, though they name none: what a shop is paid for.
_LIKE_ORDERS = frozenset(
    {
        "ApplicationApproval",
        "CompleteRegistration",
        "Contact",
        "Download",
        "Lead",
        "PlaceAnOrder",
        "Purchase",
        "Schedule",
        "StartTrial",
        "SubmitApplication",
        "Subscribe",
    }
)


class About(NamedTuple):
    """What a claim is about: an order however it is reported, or else one event."""

    name: bytes
    is_order: bool


def told_by(signal: Signal) -> About:
    """Return what a browser's arrival is about."""
    return About(signal.claim or signal.key, bool(signal.claim) or signal.event in _LIKE_ORDERS)


def told_of(known: Conversion) -> About:
    """Return what a claim on a conversion is about: the same as a copy that names its order."""
    if not known.order_id:
        return About(known.key, known.event in _LIKE_ORDERS)
    return About(visit("order", scope_of(known.workspace, known.shop), known.order_id), is_order=True)


class ClaimLimits(Struct):
    """
    The claims of the last hour, in memory; a claim about an order that was believed before is believed again.

    A restart forgets them: the hour begins anew.
    """

    per_visit: int = 5  #: orders an hour
    per_address: int = 30  #: likewise, for each IPv4 address or /64 of IPv6 addresses
    events_per_order: int = 20  #: of events that are no order, so many times as many
    sources: int = 65_536  #: visits and networks remembered at once; the one that claimed longest ago is forgotten
    most: int = 200_000  #: claims of all of them, likewise
    _claims: OrderedDict[tuple[bytes | int, bool], dict[bytes, int]] = field(default_factory=OrderedDict)
    _count: int = 0

    @property
    def remembered(self) -> tuple[int, int]:
        """How many sources, and how many claims of all of them."""
        return len(self._claims), self._count

    def believe(self, visitor: bytes, address: int, about: About, now_ms: int) -> bool:
        """Return whether one more claim about a conversion or an order is believed, and remember it if so."""
        name, is_order = about
        times = 1 if is_order else self.events_per_order
        visit_claims = self._recent((visitor, is_order), now_ms) if visitor else {}
        network = self._recent((address, is_order), now_ms) if address else {}
        if not _room(visit_claims, name, self.per_visit * times) or not _room(network, name, self.per_address * times):
            return False
        self._count += bool(visitor) * (name not in visit_claims) + bool(address) * (name not in network)
        network.setdefault(name, now_ms)
        visit_claims.setdefault(name, now_ms)
        self._forget()
        return True

    def _recent(self, source: tuple[bytes | int, bool], now_ms: int) -> dict[bytes, int]:
        """Return the claims of a source within the hour; it is the newest source from now on."""
        claims = self._claims.pop(source, {})
        old = takewhile(lambda name: now_ms - claims[name] >= _HOUR_MS, claims)  # they stand in the order of their time
        for name in list(old):
            del claims[name]
            self._count -= 1
        self._claims[source] = claims
        self._forget()
        return claims

    def _forget(self) -> None:
        while len(self._claims) > self.sources or self._count > self.most:
            _, claims = self._claims.popitem(last=False)
            self._count -= len(claims)


def _room(claims: dict[bytes, int], name: bytes, most: int) -> bool:
    return name in claims or len(claims) < most
