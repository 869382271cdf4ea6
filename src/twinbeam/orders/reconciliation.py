"""
What TikTok knows of the orders in the ledger: each order of each pixel is accepted, ignored or missing, for one reason.

    orders = accepted + ignored + missing        accuracy = (accepted + ignored) / orders

Ignored is what its owner or its visitor decided. All else is missing until TikTok has accepted it, also while it is on
its way. Pure: the order of what is given means nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from msgspec import Struct

from twinbeam.core.clock import day_of
from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.outcomes import Reason

PURCHASE = "Purchase"
NO_PIXEL = ""  #: of an order that led to no event


class Result(StrEnum):
    """What became of an order for a pixel, the best last."""

    MISSING = "missing"
    IGNORED = "ignored"
    ACCEPTED = "accepted"


class Cause(StrEnum):
    """Why an order is ignored or missing, where no reason of its conversion says so."""

    NOT_YET = "not_yet"
    BEING_SENT = "being_sent"
    NO_EVENT = "no_event"
    REMOVED = "removed"


_CAUSES = {
    Cause.NOT_YET: "The pixel counts an order from a later state on; it is sent once the order is there.",
    Cause.BEING_SENT: "It is on its way to TikTok, or waits for another try.",
    Cause.NO_EVENT: (
        "The shop told of this order, but no event followed: its source leads to no pixel, or a rule of the pixel "
        "dropped the event on arrival."
    ),
    Cause.REMOVED: "Its conversion was removed after the time for which it is kept, so what became of it is not known.",
}

#: What an owner or a visitor decided.
DECIDED = frozenset(
    {
        Reason.NO_CONSENT,
        Reason.DENIED_BY_ANOTHER_COPY,
        Reason.NEVER_CONFIRMED,
        Reason.ORDER_CANCELLED,
        Reason.ORDER_IGNORED,
        Reason.LEFT_TO_BROWSER,
        Reason.FOREIGN_HOST,
        Reason.TEST_ORDER,
        Reason.STAGING,
        Reason.BOT,
        Reason.ERASURE_ASKED,
        Reason.PIXEL_REMOVED,
        Reason.PIXEL_STOPPED,
    }
)

#: Where orders of a kind come from; those of the shop's own pages have no kind.
ONLINE = "online"
_NO_ORDER = "no_order"

BASIS = (
    "TikTok's value less the shop's, over the accepted orders of which both are known in one currency. The shop's is "
    "what the buyer pays, before refunds."
)


class OrderConversion(Struct, frozen=True):
    """A purchase that follows from an order, as the store has it; where two are united, the one that counts."""

    id: int
    pixel: str
    state: str  #: empty where its row is gone
    reason: str
    value_minor: int | None
    currency: str
    enriched: bool = False  #: it was accepted, and then sent once more with what came later
    test: bool = False


class KnownOrder(Struct, frozen=True):
    """An order of the ledger with its purchases."""

    workspace: str
    shop: str
    order_id: str
    source: str
    kind: str
    state: str
    placed_ms: int
    paid_ms: int | None
    currency: str
    value_minor: int | None
    refunded_minor: int | None
    conversions: Sequence[OrderConversion] = ()

    @property
    def net_minor(self) -> int:
        """What is left of its value: nothing of one that was cancelled or wholly refunded."""
        if self.state in ("cancelled", "refunded"):
            return 0
        return (self.value_minor or 0) - (self.refunded_minor or 0)


class OrderReads(Protocol):
    """The part of a store that tells of orders together with their purchases. Synchronous; raises StorageError."""

    def known(self, workspace: str, *, since_ms: int) -> list[KnownOrder]:
        """Return the orders placed since a moment, the newest first; an empty name stands for all workspaces."""
        ...

    def under_number(self, workspace: str, order_id: str) -> list[KnownOrder]:
        """Return the orders with a number: each shop may have one."""
        ...


class Line(Struct, frozen=True):
    """What became of one order for one pixel."""

    order: KnownOrder
    pixel: str
    result: Result
    reason: str = ""  #: a Reason or a Cause; empty where it is accepted
    conversion: int | None = None
    told_minor: int | None = None  #: what TikTok was told it is worth
    told_currency: str = ""

    @property
    def delta_minor(self) -> int | None:
        """TikTok's value less the shop's, where both are known in one currency."""
        if self.told_minor is None or self.order.value_minor is None or self.told_currency != self.order.currency:
            return None
        return self.told_minor - self.order.value_minor

    @property
    def sentence(self) -> str:
        """What became of it, in words."""
        return sentence(self.reason) if self.reason else "Accepted by TikTok."


class OrderGroup(NamedTuple):
    """Orders that are added up together."""

    day: int  #: UTC day on which they were placed
    workspace: str
    pixel: str
    channel: str  #: online, or the kind of order
    currency: str
    source: str


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


def sentence(reason: str) -> str:
    """Return what a reason means."""
    return _CAUSES[Cause(reason)] if reason in list(Cause) else Reason(reason).sentence


def reconciled(orders: Iterable[KnownOrder], browser_only: Collection[str] = ()) -> list[Line]:
    """
    Return a line for each order and pixel, the newest first; what the shop's rules call no order has none.

    `browser_only` are the workspaces in which every pixel leaves purchases to TikTok's own script.
    """
    lines = [line for order in orders if order.kind != _NO_ORDER for line in _lines(order, browser_only)]
    return sorted(lines, key=_listed)


def by_order(lines: Iterable[Line]) -> list[Line]:
    """Return one line for each order: of several pixels the one of which most is to be told."""
    worst: dict[tuple[str, str, str], Line] = {}
    for line in lines:
        place = (line.order.workspace, line.order.shop, line.order.order_id)
        worst[place] = min(worst.get(place, line), line, key=lambda it: (_RANK[it.result], it.pixel))
    return sorted(worst.values(), key=_listed)


def tally(lines: Iterable[Line]) -> OrderSums:
    """Add lines up."""
    reasons = {result: Counter[str]() for result in Result}
    money: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        order = line.order
        reasons[line.result][line.reason] += 1
        value, sums = order.value_minor or 0, money[order.currency]
        sums["value"] += value
        sums[line.result] += value
        sums["refunded"] += order.refunded_minor or 0
        sums["net"] += order.net_minor
        if line.delta_minor is not None:
            sums["compared"] += value
            sums["told"] += value + line.delta_minor
    return OrderSums(
        orders=sum(counter.total() for counter in reasons.values()),
        accepted=reasons[Result.ACCEPTED].total(),
        ignored=dict(reasons[Result.IGNORED].most_common()),
        missing=dict(reasons[Result.MISSING].most_common()),
        money={currency: _money(money[currency]) for currency in sorted(money)},
    )


def by_place(lines: Iterable[Line]) -> dict[OrderGroup, OrderSums]:
    """Add lines up by day, workspace, pixel, channel, currency and source, the newest day first."""
    places: defaultdict[OrderGroup, list[Line]] = defaultdict(list)
    for line in lines:
        places[place_of(line)].append(line)
    return {place: tally(places[place]) for place in sorted(places, key=lambda it: (-it.day, *it[1:]))}


def place_of(line: Line) -> OrderGroup:
    """Return where an order is added up."""
    order = line.order
    channel = order.kind or ONLINE
    return OrderGroup(day_of(order.placed_ms), order.workspace, line.pixel, channel, order.currency, order.source)


_RANK = {result: rank for rank, result in enumerate(Result)}


def _listed(line: Line) -> tuple[int, str, str, str, str]:
    order = line.order
    return (-order.placed_ms, order.workspace, order.shop, order.order_id, line.pixel)


def _money(sums: Mapping[str, int]) -> MoneySums:
    return MoneySums(**{name: sums.get(name, 0) for name in MoneySums.__struct_fields__})


def _lines(order: KnownOrder, browser_only: Collection[str]) -> list[Line]:
    if not order.conversions:
        return [Line(order, NO_PIXEL, *_without_event(order, browser_only))]
    best: dict[str, Line] = {}
    for conversion in [it for it in order.conversions if it.state] or order.conversions:
        line = _line(order, conversion)
        best[line.pixel] = min(best.get(line.pixel, line), line, key=_best_first)
    return list(best.values())


def _best_first(line: Line) -> tuple[int, int]:
    """Of several purchases of an order the accepted one tells, else the one that may still be; then the newest."""
    may_be = (Result.ACCEPTED, Result.MISSING, Result.IGNORED)
    return may_be.index(line.result), -(line.conversion or 0)


def _line(order: KnownOrder, conversion: OrderConversion) -> Line:
    result, reason = _judged(conversion)
    if result is not Result.ACCEPTED:
        return Line(order, conversion.pixel, result, reason, conversion.id if conversion.state else None)
    told = (conversion.value_minor, conversion.currency)
    return Line(order, conversion.pixel, result, reason, conversion.id, *told)


def _judged(conversion: OrderConversion) -> tuple[Result, str]:
    if conversion.test:
        return Result.IGNORED, Reason.TEST_ORDER
    state = State(conversion.state) if conversion.state else None
    if state is State.DELIVERED or (conversion.enriched and state is not State.ERASED):
        return Result.ACCEPTED, ""
    if state in SENDING:
        return Result.MISSING, Cause.BEING_SENT
    reason = conversion.reason or _UNSAID.get(state, Cause.REMOVED)
    if state is State.HELD and reason == Reason.NOT_CONFIRMED:
        return Result.IGNORED, Cause.NOT_YET
    return Result.IGNORED if reason in DECIDED else Result.MISSING, reason


#: Why, where a row says nothing.
_UNSAID: Mapping[State | None, Reason] = {
    State.ERASED: Reason.ERASURE_ASKED,
    State.WITHDRAWN: Reason.DENIED_BY_ANOTHER_COPY,
    State.REFUSED: Reason.REFUSED_BY_TIKTOK,
}


def _without_event(order: KnownOrder, browser_only: Collection[str]) -> tuple[Result, str]:
    if order.kind == "test":
        return Result.IGNORED, Reason.TEST_ORDER
    if order.kind:
        return Result.IGNORED, Reason.ORDER_IGNORED
    if order.state in ("cancelled", "refunded"):
        return Result.IGNORED, Reason.ORDER_CANCELLED
    if order.workspace in browser_only:
        return Result.IGNORED, Reason.LEFT_TO_BROWSER
    return Result.MISSING, Cause.NO_EVENT
