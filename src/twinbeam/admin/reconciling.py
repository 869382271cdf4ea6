"""Orders beside what TikTok accepted of them: all of some days, or one by its number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import NotFound
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.story import PixelRow
from twinbeam.orders.reconciliation import (
    NO_PIXEL,
    PURCHASE,
    KnownOrder,
    Line,
    OrderReads,
    OrderSums,
    Result,
    by_order,
    reconciled,
    tally,
)

DAYS = 7  #: UTC days, today among them
MOST_DAYS = 400


class Reconciliation(Struct, frozen=True):
    """The orders of some days, for one pixel or for all."""

    lines: Sequence[Line]  #: for each order and pixel
    orders: Sequence[Line]  #: for each order once
    total: OrderSums  #: of each order once

    def listed(self, result: str = "", reason: str = "") -> list[Line]:
        """Return the orders that ended in a way, for a reason; what is left empty stands for any."""
        return [it for it in self.orders if result in ("", it.result) and reason in ("", it.reason)]


def reconciliation(
    reads: OrderReads,
    pixels: Iterable[PixelRow],
    workspace: str,
    now_ms: int,
    *,
    days: int = DAYS,
    pixel: tuple[str, str] | None = None,
) -> Reconciliation:
    """
    Read what became of the orders of some days; an empty workspace stands for all.

    An order that led to no event is of no pixel, and of its workspace's only one where there is but one.
    """
    since_ms = (day_of(now_ms) - days + 1) * MS_PER_DAY
    lines = told_of(reads.known(workspace, since_ms=since_ms), list(pixels))
    if pixel is not None:
        lines = [line for line in lines if (line.order.workspace, line.pixel) == pixel]
    orders = by_order(lines)
    return Reconciliation(lines, orders, tally(orders))


def told_of(orders: Iterable[KnownOrder], pixels: Sequence[PixelRow]) -> list[Line]:
    """Return what became of orders, by what the pixels' owners decided."""
    ways, codes = defaultdict[str, set[str]](set), defaultdict[str, list[str]](list)
    for row in pixels:
        ways[row.workspace].add(row.rules.way_of(PURCHASE))
        codes[row.workspace].append(row.code)
    only = {workspace: found[0] for workspace, found in codes.items() if len(found) == 1}
    browser_only = {workspace for workspace, found in ways.items() if found == {"browser"}}
    return [_placed(line, only) for line in reconciled(orders, browser_only)]


def _placed(line: Line, only: Mapping[str, str]) -> Line:
    code = only.get(line.order.workspace, NO_PIXEL)
    return replace(line, pixel=code) if line.pixel == NO_PIXEL and code else line


def reconcile(admin: Admin, workspace: str, *, days: int = DAYS) -> Reconciliation:
    """Return what became of the orders of some days; raises NotFound."""
    place, store = known_workspace(admin, workspace), admin.store
    return reconciliation(store.orders, store.pixels(), place, admin.clock.now_ms(), days=days)


def listed(admin: Admin, workspace: str, *, days: int = DAYS, missing: bool = False) -> list[Line]:
    """Return the orders of some days, or those of them that TikTok lacks; raises NotFound."""
    return reconcile(admin, workspace, days=days).listed(Result.MISSING if missing else "")


def shown(admin: Admin, workspace: str, order_id: str) -> list[Line]:
    """Return what became of an order for each pixel; raises NotFound."""
    orders = admin.store.orders.under_number(known_workspace(admin, workspace), order_id)
    if not orders:
        raise NotFound(f"There is no order {order_id}; `twinbeam orders list` shows those of the last {DAYS} days.")
    return told_of(orders, admin.store.pixels())
