"""
How much of what browsers claim about other people's orders is believed.

An order id can be guessed, and the public key is public. A refusal, or the word that TikTok's own script has reported
a purchase, can hold back what the shop's server vouches for only by a token; by the mere order id it holds back a few
orders an hour for each visit and each network, as an honest visitor needs, and no more.
"""

from collections import OrderedDict

from msgspec import Struct, field

_HOUR_MS = 3_600_000


class ClaimLimits(Struct):
    """
    The claims of the last hour, in memory; a claim about an order that was believed before is believed again.

    A restart forgets them: the hour begins anew.
    """

    per_visit: int = 5  #: orders an hour
    per_address: int = 30  #: likewise, for each IPv4 address or /64 of IPv6 addresses
    sources: int = 65_536  #: visits and networks remembered at once; the one that claimed longest ago is forgotten
    _claims: OrderedDict[bytes | int, dict[bytes, int]] = field(default_factory=OrderedDict)

    def believe(self, visitor: bytes, address: int, about: bytes, now_ms: int) -> bool:
        """Tell whether one more claim about a conversion or an order is believed, and remember it if so."""
        visit = self._recent(visitor, now_ms) if visitor else {}
        network = self._recent(address, now_ms) if address else {}
        if not _room(visit, about, self.per_visit) or not _room(network, about, self.per_address):
            return False
        network.setdefault(about, now_ms)
        visit.setdefault(about, now_ms)
        return True

    def _recent(self, source: bytes | int, now_ms: int) -> dict[bytes, int]:
        """Give the claims of a source within the hour; it is the newest source from now on."""
        claims = self._claims.pop(source, {})
        for about in [about for about, at_ms in claims.items() if now_ms - at_ms >= _HOUR_MS]:
            del claims[about]
        self._claims[source] = claims
        if len(self._claims) > self.sources:
            self._claims.popitem(last=False)
        return claims


def _room(claims: dict[bytes, int], about: bytes, most: int) -> bool:
    return about in claims or len(claims) < most
