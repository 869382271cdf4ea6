"""Orders beside what TikTok accepted of them: all of some days, or one by its number."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import NotFound
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.story import PixelRow
from twinbeam.orders.reconciliation import (
    NO_PIXEL,
    PURCHASE,
    Line,
    OrderReads,
    Result,
    Tally,
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
    total: Tally  #: of each order once

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
    rows = list(pixels)
    lines = reconciled(reads.known(workspace, since_ms=since_ms), browser_only(rows))
    if pixel is not None:
        alone = sum(row.workspace == pixel[0] for row in rows) == 1
        codes = (pixel[1], NO_PIXEL) if alone else (pixel[1],)
        lines = [line for line in lines if line.order.workspace == pixel[0] and line.pixel in codes]
    orders = by_order(lines)
    return Reconciliation(lines, orders, tally(orders))


def browser_only(pixels: Iterable[PixelRow]) -> set[str]:
    """Return the workspaces in which every pixel leaves purchases to TikTok's own script."""
    ways: defaultdict[str, set[str]] = defaultdict(set)
    for row in pixels:
        ways[row.workspace].add(row.rules.way_of(PURCHASE))
    return {workspace for workspace, found in ways.items() if found == {"browser"}}


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
    return reconciled(orders, browser_only(admin.store.pixels()))
