"""Adding up what became of orders: by day, pixel, channel, currency and source, or by less of it. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.clock import day_of
from twinbeam.orders.reconciliation import PURCHASE, Line, Result, Summed

#: Where orders of a kind come from; those of the shop's own pages have no kind.
ONLINE = "online"
NO_DAY = -1  #: of sums over all days
#: What orders may be added up by; currencies are never mixed.
BY = ("day", "pixel", "channel", "source")


class OrderGroup(NamedTuple):
    """Orders that are added up together."""

    day: int  #: UTC day on which they were placed
    workspace: str
    pixel: str
    channel: str  #: online, or the kind of order; of a lead its event
    currency: str
    source: str


class OrderPart(Struct, frozen=True):
    """One order for one pixel, or many that are alike; amounts are in the smallest unit."""

    place: OrderGroup
    result: Result
    reason: str
    n: int
    value: int
    refunded: int
    net: int
    compared: int = 0
    told: int = 0
    marks: int = 0
    margin: int = 0
    with_margin: int = 0  #: orders of which the margin is known


class MoneySums(Struct, frozen=True):
    """The money of some orders, in the smallest unit of one currency."""

    value: int
    accepted: int
    ignored: int
    missing: int
    compared: int  #: the value of accepted orders whose value TikTok was told in this currency
    told: int  #: what TikTok was told of those
    refunded: int
    net: int
    margin: int  #: of the orders of which it is known
    with_margin: int  #: how many those are

    @property
    def delta(self) -> int:
        """TikTok's value less the shop's."""
        return self.told - self.compared


class OrderSums(Struct, frozen=True):
    """Some orders added up."""

    orders: int
    accepted: int
    ignored: Mapping[str, int]  #: by reason
    missing: Mapping[str, int]  #: by reason
    money: Mapping[str, MoneySums]  #: by currency

    @property
    def n_ignored(self) -> int:
        """Orders that are deliberately not sent."""
        return sum(self.ignored.values())

    @property
    def n_missing(self) -> int:
        """Orders that TikTok lacks."""
        return sum(self.missing.values())

    @property
    def accuracy(self) -> float | None:
        """The share of orders of which all is as it was decided; None where there are none."""
        return (self.accepted + self.n_ignored) / self.orders if self.orders else None


def part_of(line: Line) -> OrderPart:
    """Return one order as what is added up."""
    order, delta = line.order, line.delta_minor
    value = order.value_minor or 0
    compared, told = (0, 0) if delta is None else (value, value + delta)
    amounts = (value, order.refunded_minor or 0, order.net_minor, compared, told)
    margin = (0, 0) if line.margin_minor is None else (line.margin_minor, 1)
    return OrderPart(place_of(line), line.result, line.reason, 1, *amounts, line.marks, *margin)


def part_of_many(line: Line, summed: Summed) -> OrderPart:
    """Return orders that are alike as what is added up; the line says what became of them."""
    part = replace(part_of(line), n=summed.n, compared=0, told=0, margin=summed.margin, with_margin=summed.with_margin)
    if line.result is not Result.ACCEPTED:
        return part
    return replace(part, compared=summed.compared, told=summed.told)


def tally(parts: Iterable[Line | OrderPart]) -> OrderSums:
    """Add up."""
    reasons = {result: Counter[str]() for result in Result}
    money: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for part in map(_part, parts):
        reasons[part.result][part.reason] += part.n
        sums = money[part.place.currency]
        sums["value"] += part.value
        sums[part.result] += part.value
        for name in ("refunded", "net", "compared", "told", "margin", "with_margin"):
            sums[name] += getattr(part, name)
    return OrderSums(
        orders=sum(counter.total() for counter in reasons.values()),
        accepted=reasons[Result.ACCEPTED].total(),
        ignored=_by_number(reasons[Result.IGNORED]),
        missing=_by_number(reasons[Result.MISSING]),
        money={currency: _money(money[currency]) for currency in sorted(money)},
    )


def by_place(parts: Iterable[Line | OrderPart]) -> dict[OrderGroup, OrderSums]:
    """Add up by day, workspace, pixel, channel, currency and source, the newest day first."""
    places: defaultdict[OrderGroup, list[OrderPart]] = defaultdict(list)
    for part in map(_part, parts):
        places[part.place].append(part)
    return {place: tally(places[place]) for place in sorted(places, key=lambda it: (-it.day, *it[1:]))}


def grouped(parts: Iterable[OrderPart], by: Collection[str]) -> dict[OrderGroup, OrderSums]:
    """Add up by some of the fields of a place, and always by currency; the others stand empty, a day as NO_DAY."""
    return by_place(replace(part, place=_less(part.place, by)) for part in parts)


def place_of(line: Line) -> OrderGroup:
    """Return where an order is added up."""
    order = line.order
    channel = order.kind or ONLINE if order.event == PURCHASE else order.event
    return OrderGroup(day_of(order.placed_ms), order.workspace, line.pixel, channel, order.currency, order.source)


def _less(place: OrderGroup, by: Collection[str]) -> OrderGroup:
    return OrderGroup(
        place.day if "day" in by else NO_DAY,
        place.workspace if "pixel" in by else "",
        place.pixel if "pixel" in by else "",
        place.channel if "channel" in by else "",
        place.currency,
        place.source if "source" in by else "",
    )


def _part(line: Line | OrderPart) -> OrderPart:
    return part_of(line) if isinstance(line, Line) else line


def _by_number(reasons: Counter[str]) -> dict[str, int]:
    return dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])))


def _money(sums: Mapping[str, int]) -> MoneySums:
    return MoneySums(**{name: sums.get(name, 0) for name in MoneySums.__struct_fields__})
