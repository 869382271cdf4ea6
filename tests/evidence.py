"""
What must be true of a shop's orders after an adversary has done what he can: judged by what left, not by our own books.

Orders are told apart by what they cost, since nothing that an adversary says changes that.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

import msgspec

from adversary import TRACES, Order
from claimants import Source
from world import Left


def _hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


_MALLORY = [_hashed(text) for text in ("mallory@evil.example", "+4915112345678", "mallory")]


class OfStrong:
    """What became of orders whose server names their visits."""

    def __init__(self, orders: Sequence[Order], left: Sequence[Left], counted: Sequence[Left]) -> None:
        """Judge by all that `left`, and by what TikTok `counted` of it."""
        self.orders = orders
        self._told = "".join(_text(event) for event in left if not event.native)
        self._events: dict[int, list[Left]] = {order.n: [] for order in orders}
        by_value = {order.value: order.n for order in orders}
        for event in _of_shop(counted):
            if (n := by_value.get(event.body["properties"]["value"])) is not None:
                self._events[n].append(event)

    @property
    def lost(self) -> list[Order]:
        """Orders that should have been counted and were not."""
        return [order for order in self.orders if order.is_permitted and not self._events[order.n]]

    @property
    def doubled(self) -> list[Order]:
        """Orders that were counted more than once."""
        return [order for order in self.orders if len(self._events[order.n]) > 1]

    @property
    def unpermitted(self) -> list[Order]:
        """Orders of which something left that neither their visit nor their server permitted."""
        refused = [order for order in self.orders if not order.is_permitted]
        return [order for order in refused if self._events[order.n] or _hashed(order.email) in self._told]

    @property
    def tainted(self) -> list[Left]:
        """What left of orders with something in it that the adversary said."""
        return [event for events in self._events.values() for event in events if _bears(event, [*TRACES, *_MALLORY])]


class OfWeak:
    """What became of orders that nothing but their id ties together, and that sources of claims held back."""

    def __init__(
        self,
        sources: Sequence[Source],
        held: Sequence[tuple[Source, int]],
        counted: Sequence[Left],
        released: set[str],
    ) -> None:
        """Judge by how much each source held, and by what TikTok `counted` of all but the `released` orders."""
        self.sources = sources
        self.held_over_cap = [source for source, count in held if count > source.cap]
        self.not_held = [source for source, count in held if count < source.cap]
        values = {order.value for source in sources for order in source.orders}
        self._events = [event for event in _of_shop(counted) if event.body["properties"]["value"] in values]
        self._counts = Counter(event.body["properties"]["value"] for event in self._events if not event.native)
        self._released = released

    @property
    def sent_after_refusal(self) -> list[Source]:
        """Sources of whose orders more were sent than lie beyond their limit."""
        return [source for source in self.sources if self._sent(source) > len(source.orders) - source.cap]

    @property
    def lost(self) -> list[Source]:
        """Sources of whose orders fewer were sent than lie beyond their limit or were released."""
        return [source for source in self.sources if self._sent(source) < len(source.orders) - source.cap]

    @property
    def doubled(self) -> list[float]:
        """What orders cost that were counted more than once."""
        return [value for value, count in self._counts.items() if count > 1]

    @property
    def tainted(self) -> list[Left]:
        """What left of a server's report with an identifier in it that a claimant said."""
        return [event for event in self._events if _bears(event, _MALLORY)]

    def _sent(self, source: Source) -> int:
        return sum(order.value in self._counts for order in source.orders if order.number not in self._released)


def held_of(sources: Sequence[Source], held: set[str]) -> list[tuple[Source, int]]:
    """Count what each source holds back of the orders that are held."""
    return [(source, sum(order.number in held for order in source.orders)) for source in sources]


def assert_strong(verdict: OfStrong) -> None:
    """Nothing is lost, doubled, sent without permission, or bears a stranger's word."""
    assert (verdict.lost, verdict.doubled, verdict.unpermitted, verdict.tainted) == ([], [], [], [])


def assert_weak(verdict: OfWeak) -> None:
    """Each source holds what its limit allows; that is not sent, all else is, once, and bears no stranger's identifiers."""
    assert (verdict.sent_after_refusal, verdict.held_over_cap, verdict.not_held) == ([], [], [])
    assert (verdict.lost, verdict.doubled, verdict.tainted) == ([], [], [])


def _of_shop(events: Sequence[Left]) -> list[Left]:
    """Find what bears the shop's currency; the adversary uses another."""
    return [event for event in events if event.body.get("properties", {}).get("currency") == "EUR"]


def _text(event: Left) -> str:
    return msgspec.json.encode(event.body).decode()


def _bears(event: Left, marks: Sequence[str]) -> bool:
    return any(mark in _text(event) for mark in marks)
