"""Which parameters the accepted conversions of an event carried, and which of them it should have. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from twinbeam.admin.delivered_counts import ALL, PARAMETERS
from twinbeam.core.pixel_counts import PixelCount
from twinbeam.products.matching import OF_PRODUCTS

MOST_EVENTS = 40
COLUMNS = ("value", "currency", "content_ids", "content_type", "order_id", "page_url")
OTHERS = tuple(name for name in PARAMETERS if name not in COLUMNS)
_MOSTLY = 0.9
_WORTH = frozenset({"Purchase", "PlaceAnOrder", "InitiateCheckout", "AddToCart", "AddPaymentInfo"})
_ORDERS = frozenset({"Purchase", "PlaceAnOrder"})

NAMES: Mapping[str, str] = {
    "value": "Value",
    "currency": "Currency",
    "content_ids": "Content ids",
    "content_type": "Content type",
    "order_id": "Order id",
    "page_url": "Page address",
}


class CarriedParameters(Struct, frozen=True):
    """An event: how many conversions were looked at, and how many carried each parameter."""

    event: str
    looked_at: int
    carried: Mapping[str, int]

    def share(self, name: str) -> float:
        """Return how many of one carried a parameter."""
        return self.carried.get(name, 0) / self.looked_at

    def lacks(self, name: str) -> bool:
        """Return whether a parameter is missing that the event should have, in more than a tenth of them."""
        return name in expected(self.event) and self.share(name) < _MOSTLY

    @property
    def others(self) -> list[tuple[str, float]]:
        """The parameters that have no column, and are carried by some."""
        return [(name, self.share(name)) for name in OTHERS if self.carried.get(name)]


def expected(event: str) -> Collection[str]:
    """Return what an event is worth little without."""
    names = {"value", "currency"} if event in _WORTH else set()
    return names | ({"content_ids"} if event in OF_PRODUCTS else set()) | ({"order_id"} if event in _ORDERS else set())


def carried_of(counts: Iterable[PixelCount]) -> Sequence[CarriedParameters]:
    """Add up by event, the busiest first."""
    sums: dict[str, dict[str, int]] = {}
    for count in counts:
        names = sums.setdefault(count.event, {})
        names[count.name] = names.get(count.name, 0) + count.n
    found = [CarriedParameters(event, names[ALL], names) for event, names in sums.items() if names.get(ALL)]
    return sorted(found, key=lambda it: (-it.looked_at, it.event))[:MOST_EVENTS]
