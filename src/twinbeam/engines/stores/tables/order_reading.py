"""Reading orders together with the purchases that follow from them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, column, func, or_, select, table

from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.order_schema import shop_order, shop_order_conversion
from twinbeam.orders.reconciliation import PURCHASE, KnownOrder, OrderConversion

#: What the store's own table of conversions tells here; `migrations/` of the SQLite store makes it.
_NAMES = ("id", "pixel", "event", "state", "reason", "minor", "currency", "enriched", "test_code", "united")
_conversion = table("conversion", *map(column, _NAMES))
_FIRST, _COUNTS = _conversion.alias("first"), _conversion.alias("counts")
_PLACED = func.coalesce(shop_order.c.placed_ms, shop_order.c.first_ms)
_ORDER = [shop_order.c[name] for name in KnownOrder.__struct_fields__ if name not in ("placed_ms", "conversions")]


class OrderReader:
    """See orders.reconciliation.OrderReads for the promises."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def known(self, workspace: str, *, since_ms: int) -> list[KnownOrder]:
        """Return the orders placed since a moment, the newest first; an empty name stands for all workspaces."""
        it = shop_order.c
        placed = or_(it.placed_ms >= since_ms, and_(it.placed_ms.is_(None), it.first_ms >= since_ms))
        return self._read(placed if not workspace else and_(it.workspace == workspace, placed))

    def under_number(self, workspace: str, order_id: str) -> list[KnownOrder]:
        """Return the orders with a number: each shop may have one."""
        return self._read(and_(shop_order.c.workspace == workspace, shop_order.c.order_id == order_id))

    def numbered(self, workspace: str, shop: str, order_ids: Sequence[str]) -> list[KnownOrder]:
        """Return the orders of a shop with these numbers, a few hundred at most."""
        it = shop_order.c
        return self._read(and_(it.workspace == workspace, it.shop == shop, it.order_id.in_(order_ids)))

    def _read(self, which: ColumnElement[bool]) -> list[KnownOrder]:
        it = shop_order.c
        asked = select(it.id, *_ORDER, _PLACED.label("placed_ms")).where(which)
        with self._tables.reading() as connection:
            rows = connection.execute(asked.order_by(_PLACED.desc(), it.id.desc())).all()
            purchases: defaultdict[int, list[OrderConversion]] = defaultdict(list)
            for order, *values in connection.execute(_purchases(which)):
                purchases[order].append(_as_conversion(values))
        return [_as_order(row, purchases.get(row.id, ())) for row in rows]


def _purchases(which: ColumnElement[bool]) -> Any:
    """Ask for the purchases of some orders: of united ones the one that counts, of one that is gone a gap."""
    link, its = shop_order_conversion.c, _COUNTS.c
    counting = case((_FIRST.c.united != 0, _FIRST.c.united), else_=link.conversion)
    found = (
        shop_order.join(shop_order_conversion, link.order == shop_order.c.id)
        .outerjoin(_FIRST, _FIRST.c.id == link.conversion)
        .outerjoin(_COUNTS, its.id == counting)
    )
    pixel = func.coalesce(its.pixel, _FIRST.c.pixel)
    told = (its.state, its.reason, its.minor, its.currency, its.enriched, its.test_code)
    event = or_(_FIRST.c.event.is_(None), _FIRST.c.event == PURCHASE)
    return select(link.order, counting, pixel, *told).select_from(found).where(which, event).order_by(counting)


def _as_order(row: Any, conversions: Sequence[OrderConversion]) -> KnownOrder:
    values = {name: getattr(row, name) for name in KnownOrder.__struct_fields__ if name != "conversions"}
    return KnownOrder(**values, conversions=conversions)


def _as_conversion(values: Sequence[Any]) -> OrderConversion:
    id_, pixel, state, reason, minor, currency, enriched, test_code = values
    return OrderConversion(
        id_, pixel or "", state or "", reason or "", minor, currency or "", bool(enriched), bool(test_code)
    )
