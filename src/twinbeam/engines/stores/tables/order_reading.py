"""
Reading orders together with the purchases that follow from them: added up, listed, by number.

Orders with one purchase at most are added up in SQL by what is alike of them (`order_alike`) and of the purchase; the
sums come from an index, and neither what was stated of an order nor the content of an event is read.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, case, column, func, literal_column, or_, select, table, text, tuple_

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.order import OrderFacts
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.lead_reading import PER_READ, LeadReader
from twinbeam.engines.stores.tables.order_numbers import UNDER_NUMBER
from twinbeam.engines.stores.tables.order_schema import order_alike, shop_order, shop_order_conversion
from twinbeam.engines.stores.tables.order_sums import SUMS, SUMS_WITH_MARGINS, unpacked
from twinbeam.engines.stores.tables.product_schema import conversion_margin
from twinbeam.engines.stores.tables.purchase_marks import MARKS
from twinbeam.orders.reconciliation import (
    ANY_ORDER,
    PURCHASE,
    Counted,
    Days,
    KnownOrder,
    OrderConversion,
    Sought,
    Summed,
)

#: What the store's own table of conversions tells here; `migrations/` of the SQLite store makes it.
_NAMES = (
    *("id", "pixel", "event", "state", "reason", "minor", "currency", "enriched", "test_code", "united"),
    *("channels", "browser_at", "found", "match", "conditions", "event_time"),
)
_conversion = table("conversion", *map(column, _NAMES))
_facts = msgspec.msgpack.Decoder(OrderFacts).decode
_ANY_MARGIN = select(conversion_margin.c.id).limit(1)
_FIRST, _COUNTS = _conversion.alias("first"), _conversion.alias("c")
PLACED = func.coalesce(shop_order.c.placed_ms, shop_order.c.first_ms)
_OF_ORDER = [
    shop_order.c[name] for name in KnownOrder.__struct_fields__ if name not in ("placed_ms", "conversions", "event")
]
_ALIKE = (
    "SELECT its.id, its.day, its.workspace, its.source, its.kind, its.currency, its.state FROM order_alike AS its "
    "WHERE its.day BETWEEN :first AND :last AND (:workspace = '' OR its.workspace = :workspace)"
)
_ANY_SEVERAL = (
    "SELECT 1 FROM shop_order INDEXED BY shop_order_summed WHERE day BETWEEN :first AND :last AND links > 1 LIMIT 1"
)
_REFUSED = (
    "SELECT id, since, maybe_at, browser_at, evidence, EXISTS (SELECT 1 FROM payload WHERE payload.id = conversion.id) "
    "FROM conversion WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'refused' ORDER BY id"
)


class OrderReader(LeadReader):
    """See orders.reconciliation.OrderReads for the promises."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def counted(self, days: Days) -> Counted:
        """Return the orders placed on some days, added up; no content is read."""
        asked = {"first": days.first, "last": days.last, "workspace": days.workspace, "purchase": PURCHASE}
        several = and_(shop_order.c.day.between(days.first, days.last), shop_order.c.links > 1)
        with self._tables.reading() as connection:
            alike = {row[0]: row for row in connection.execute(text(_ALIKE), asked)}
            sums = connection.execute(text(SUMS_WITH_MARGINS if connection.scalar(_ANY_MARGIN) else SUMS), asked).all()
            known = self._read(_of(days.workspace, several)) if connection.scalar(text(_ANY_SEVERAL), asked) else []
        return Counted([summed for row in sums if (summed := _summed(alike, row)) is not None], known)

    def listed(
        self, days: Days, sought: Sought = ANY_ORDER, *, before: tuple[int, int] | None = None, limit: int = PER_READ
    ) -> list[KnownOrder]:
        """Return orders placed on some days, the newest first, behind one by its moment and id."""
        it = shop_order.c
        last = days.last if before is None else min(days.last, before[0] // MS_PER_DAY)
        found: list[KnownOrder] = []
        for day in self._days_between(days.first, last):
            which = [it.day == day, *_narrowed(sought)]
            if before is not None and day == last:
                which.append(tuple_(PLACED, it.id) < before)
            found += self._read(_of(days.workspace, and_(*which)), limit - len(found))
            if len(found) >= limit:
                break
        return found

    def _days_between(self, first: int, last: int) -> list[int]:
        """Return the days that have orders, the newest first."""
        it = order_alike.c
        asked = select(it.day).distinct().where(it.day.between(first, last)).order_by(it.day.desc())
        with self._tables.reading() as connection:
            return list(connection.scalars(asked))

    def with_refused(self, days: Days) -> list[KnownOrder]:
        """Return the orders of some days of which TikTok refused a purchase, the newest first."""
        link, its, it = shop_order_conversion.c, _conversion.c, shop_order.c
        refused = select(its.id).join(shop_order_conversion, link.conversion == its.id)
        mine = refused.where(link.order == it.id, its.state == "refused", its.event == PURCHASE).exists()
        return self._read(_of(days.workspace, and_(it.day.between(days.first, days.last), mine)))

    def under_number(self, workspaces: Sequence[str], order_id: str) -> list[KnownOrder]:
        """Return the orders with a number in some workspaces, the newest first: each shop may have one."""
        asked = {"workspaces": json.dumps(list(workspaces)), "number": order_id}
        with self._tables.reading() as connection:
            ids = list(connection.scalars(text(UNDER_NUMBER), asked))
        return self._read(shop_order.c.id.in_(ids)) if ids else []

    def facts_of(self, workspace: str, order: int) -> OrderFacts | None:
        """Return all that is stated of an order, by its id."""
        asked = select(shop_order.c.facts).where(shop_order.c.id == order, shop_order.c.workspace == workspace)
        with self._tables.reading() as connection:
            facts = connection.scalar(asked)
        return None if facts is None else _facts(facts)

    def numbered(self, workspace: str, shop: str, order_ids: Sequence[str]) -> list[KnownOrder]:
        """Return the orders of a shop with these numbers, a few hundred at most."""
        it = shop_order.c
        return self._read(and_(it.workspace == workspace, it.shop == shop, it.order_id.in_(order_ids)))

    def _read(self, which: ColumnElement[bool], limit: int = -1) -> list[KnownOrder]:
        it = shop_order.c
        asked = select(*_OF_ORDER, PLACED.label("placed_ms")).where(which)
        asked = asked.order_by(PLACED.desc(), it.id.desc()).limit(limit)
        with self._tables.reading() as connection:
            rows = connection.execute(asked).all()
            of_them = which if limit < 0 else it.id.in_([row.id for row in rows])
            purchases: defaultdict[int, list[OrderConversion]] = defaultdict(list)
            for order, *values in connection.execute(_purchases(of_them)) if rows else ():
                purchases[order].append(_as_conversion(values))
        return [_as_order(row, purchases.get(row.id, ())) for row in rows]


def _of(workspace: str, which: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(shop_order.c.workspace == workspace, which) if workspace else which


def _narrowed(sought: Sought) -> list[ColumnElement[bool]]:
    it = shop_order.c
    which: list[ColumnElement[bool]] = [it.source == sought.source] if sought.source else []
    which += [it.kind == sought.kind] if sought.kind is not None else []
    which += [it.currency == sought.currency] if sought.currency is not None else []
    if sought.undelivered:
        link, its = shop_order_conversion.c, _conversion.c
        accepted = select(its.id).join(shop_order_conversion, link.conversion == its.id)
        delivered = (link.order == it.id) & (its.state == "delivered") & (its.test_code == "") & (its.united == 0)
        which.append(or_(it.links != 1, ~accepted.where(delivered, its.event == PURCHASE).exists()))
    return which


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
    marks: ColumnElement[int] = literal_column(MARKS.format(placed="shop_order.placed_ms"))
    event = or_(_FIRST.c.event.is_(None), _FIRST.c.event == PURCHASE)
    worth = conversion_margin.c
    margin = select(worth.products - worth.cost).where(worth.id == its.id).scalar_subquery()
    asked = select(link.order, counting, pixel, *told, marks, margin).select_from(found).where(which, event)
    return asked.order_by(counting)


def _as_order(row: Any, conversions: Sequence[OrderConversion]) -> KnownOrder:
    names = (name for name in KnownOrder.__struct_fields__ if name not in ("conversions", "event"))
    return KnownOrder(**{name: getattr(row, name) for name in names}, conversions=conversions)


def _as_conversion(values: Sequence[Any]) -> OrderConversion:
    id_, pixel, state, reason, minor, currency, enriched, test_code, marks, margin = values
    told = (pixel or "", state or "", reason or "", minor, currency or "", bool(enriched), bool(test_code), marks or 0)
    return OrderConversion(id_, *told, margin)


def _summed(alike: Mapping[int, Any], row: Any) -> Summed | None:
    packed, first_pixel, pixel, currency, n, value, refunded, told, margin, with_margin = row
    its = unpacked(packed)
    like = alike.get(its.alike)
    if like is None:
        return None  # of another workspace
    place = (pixel or first_pixel or "", its.state, its.reason, None, currency or "")
    purchase = OrderConversion(0, *place, its.enriched, its.test, its.marks)
    order = KnownOrder(
        workspace=like.workspace,
        shop="",
        order_id="",
        source=like.source,
        kind=like.kind,
        state=like.state,
        placed_ms=like.day * MS_PER_DAY,
        paid_ms=None,
        currency=like.currency,
        value_minor=value,
        refunded_minor=refunded,
        conversions=(purchase,) if its.has_purchase else (),
    )
    same = currency == like.currency
    compared = ((value or 0) * (same and its.priced), (told or 0) * (same and its.priced))
    return Summed(order, n, *compared, (margin or 0) * same, with_margin * same)
