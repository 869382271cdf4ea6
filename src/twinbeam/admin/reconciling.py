"""Orders and leads beside what TikTok accepted of them: added up, listed, or one by its number."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import NotFound
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.clock import day_of
from twinbeam.core.story import PixelRow
from twinbeam.orders.causes import CausedMoney, WayOf, caused, causes_of
from twinbeam.orders.reconciliation import (
    NO_PIXEL,
    PURCHASE,
    Counted,
    Days,
    KnownOrder,
    Line,
    OrderReads,
    Result,
    Sought,
    by_order,
    reconciled,
)
from twinbeam.orders.refunds import Delta, deltas
from twinbeam.orders.sums import ONLINE, OrderGroup, OrderPart, OrderSums, part_of, part_of_many, place_of, tally

DAYS = 7  #: UTC days, today among them
MOST_DAYS = 400

#: Behind an order, or "It": why there is no line for it.
NOTHING_SENT = "is no order by the shop's rules, or only what went back of it is known: nothing of it is sent."

Told = Literal["orders", "leads"]

Telling = Callable[[Iterable[KnownOrder]], list[Line]]
"""Tells what became of orders, by what the pixels' owners decided."""


class OrderScope(Struct, frozen=True):
    """Which orders, or leads, are asked for; what is left empty stands for any."""

    days: Days
    told: Told = "orders"
    pixel: tuple[str, str] | None = None  #: workspace and code
    channel: str = ""
    currency: str | None = None
    source: str = ""
    result: str = ""
    reason: str = ""
    cause: str = ""  #: a MoneyCause

    def means_place(self, place: OrderGroup) -> bool:
        """Return whether orders that are added up there are among them."""
        return (
            self.pixel in (None, (place.workspace, place.pixel))
            and self.channel in ("", place.channel)
            and self.currency in (None, place.currency)
            and self.source in ("", place.source)
        )

    def means(self, part: OrderPart, way: WayOf) -> bool:
        """Return whether orders that ended so are among them."""
        ended = self.result in ("", part.result) and self.reason in ("", part.reason)
        if not ended or not self.cause:
            return ended
        return self.cause in causes_of(part, way(part.place.workspace, part.place.pixel))


class Reconciliation(Struct, frozen=True):
    """The orders of some days, added up."""

    parts: Sequence[OrderPart]  #: for each order and pixel
    once: Sequence[OrderPart]  #: for each order once, by the pixel of which most is to be told
    money: Sequence[CausedMoney]  #: recovered and lost, of each order once

    @property
    def total(self) -> OrderSums:
        """The sums of each order once."""
        return tally(self.once)


def last_days(now_ms: int, days: int, workspace: str = "") -> Days:
    """Return so many UTC days, today among them."""
    return Days(day_of(now_ms) - days + 1, day_of(now_ms), workspace)


def reconciliation(reads: OrderReads, pixels: Iterable[PixelRow], question: OrderScope) -> Reconciliation:
    """
    Add up what became of orders or leads. Raises StorageError.

    An order that led to no event is of no pixel, and of its workspace's only one where there is but one.
    """
    rows = list(pixels)
    way = way_of(rows)
    counted = _counted(reads, question)
    told = telling(rows)
    alike = [part_of_many(line, summed) for summed in counted.alike for line in told([summed.alike])]
    parts = [part for part in alike if question.means_place(part.place) and question.means(part, way)]
    lines = [line for line in told(counted.several) if question.means_place(place_of(line))]
    ended = [part for part in map(part_of, lines) if question.means(part, way)]
    once = [part for part in map(part_of, by_order(lines)) if question.means(part, way)]
    return Reconciliation([*parts, *ended], [*parts, *once], caused([*parts, *once], way))


def lines_of(reads: OrderReads, pixels: Iterable[PixelRow], question: OrderScope) -> Iterator[Line]:
    """Yield a line for each order or lead, the newest first, read as they are asked for. Raises StorageError."""
    rows, before = list(pixels), None
    way, told = way_of(rows), telling(rows)
    read = reads.listed if question.told == "orders" else reads.leads_listed
    sought = _sought(question)
    while page := read(question.days, sought, before=before):
        lines = [line for line in told(page) if question.means_place(place_of(line))]
        for line in by_order(lines) if question.told == "orders" else lines:
            if question.means(part_of(line), way):
                yield line
        before = page[-1].placed_ms, page[-1].id


def every_line(reads: OrderReads, pixels: Iterable[PixelRow], days: Days) -> Iterator[Line]:
    """Yield a line for each order and pixel, the newest first. Raises StorageError."""
    told, before = telling(pixels), None
    while page := reads.listed(days, before=before):
        yield from told(page)
        before = page[-1].placed_ms, page[-1].id


def told_of(orders: Iterable[KnownOrder], pixels: Iterable[PixelRow]) -> list[Line]:
    """Return what became of orders, by what the pixels' owners decided."""
    return telling(pixels)(orders)


def telling(pixels: Iterable[PixelRow]) -> Telling:
    """Return what tells of many orders, one after the other; the pixels are looked at once."""
    ways, codes = defaultdict[str, set[str]](set), defaultdict[str, list[str]](list)
    for row in pixels:
        ways[row.workspace].add(row.rules.way_of(PURCHASE))
        codes[row.workspace].append(row.code)
    only = {workspace: found[0] for workspace, found in codes.items() if len(found) == 1}
    browser_only = {workspace for workspace, found in ways.items() if found == {"browser"}}
    return lambda orders: [_placed(line, only) for line in reconciled(orders, browser_only)]


def way_of(pixels: Iterable[PixelRow]) -> WayOf:
    """Return who reports purchases of a pixel; of one that is not there any more nothing is claimed."""
    ways = {(row.workspace, row.code): row.rules.way_of(PURCHASE) for row in pixels}
    return lambda workspace, code: ways.get((workspace, code), "")


def _counted(reads: OrderReads, question: OrderScope) -> Counted:
    read: Callable[[Days], Counted] = reads.counted if question.told == "orders" else reads.leads_counted
    return read(question.days)


def _sought(question: OrderScope) -> Sought:
    kind = None if not question.channel else "" if question.channel == ONLINE else question.channel
    return Sought(
        source=question.source,
        kind=kind if question.told == "orders" else None,
        currency=question.currency,
        event=question.channel if question.told == "leads" else "",
        undelivered=question.result in (Result.MISSING, Result.IGNORED),
    )


def _placed(line: Line, only: Mapping[str, str]) -> Line:
    code = only.get(line.order.workspace, NO_PIXEL)
    return replace(line, pixel=code) if line.pixel == NO_PIXEL and code else line


def reconcile(admin: Admin, workspace: str, *, days: int = DAYS, told: Told = "orders") -> Reconciliation:
    """Return what became of the orders of some days; raises NotFound."""
    question = OrderScope(last_days(admin.clock.now_ms(), days, known_workspace(admin, workspace)), told)
    return reconciliation(admin.store.orders, admin.store.pixels(), question)


def listed(
    admin: Admin,
    workspace: str,
    *,
    days: int = DAYS,
    missing: bool = False,
    told: Told = "orders",
    limit: int | None = None,
) -> list[Line]:
    """Return the orders of some days, or those of them that TikTok lacks, the newest first; raises NotFound."""
    place = known_workspace(admin, workspace)
    result = Result.MISSING if missing else ""
    question = OrderScope(last_days(admin.clock.now_ms(), days, place), told, result=result)
    return list(islice(lines_of(admin.store.orders, admin.store.pixels(), question), limit))


def shown(admin: Admin, workspace: str, order_id: str) -> list[Line]:
    """Return what became of an order for each pixel; raises NotFound."""
    orders = admin.store.orders.under_number([known_workspace(admin, workspace)], order_id)
    if not orders:
        raise NotFound(f"There is no order {order_id}; `twinbeam orders list` shows those of the last {DAYS} days.")
    return told_of(orders, admin.store.pixels())


def went_back(orders: OrderReads, order: KnownOrder) -> list[Delta]:
    """Return what went back of an order and when; of sums that grow, by how much they grew."""
    facts = orders.facts_of(order.workspace, order.id)
    return [] if facts is None else deltas(facts, order.currency)


def not_subtracted(order: KnownOrder, back: Iterable[Delta]) -> list[Delta]:
    """Return what of it is in no sum: it is known in another currency alone, and the order did not go back whole."""
    if order.state == "refunded":
        return []
    return [delta for delta in back if not order.currency or delta.money.currency != order.currency]
