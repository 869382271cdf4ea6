"""The ledger of orders: written where deliveries are recorded, read by pages and commands."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, func, insert, select, tuple_, update

from twinbeam.admin.contract import FileProgress
from twinbeam.core.clock import day_of
from twinbeam.core.money import to_minor
from twinbeam.core.order import Money, OrderFacts
from twinbeam.engines.stores.tables.order_reading import OrderReader
from twinbeam.engines.stores.tables.order_schema import (
    file_import,
    order_alike,
    sent_report,
    shop_order,
    shop_order_conversion,
)
from twinbeam.orders.ledger import OrderPlace, OrderRow
from twinbeam.orders.retention import OrderAge
from twinbeam.orders.state import state_of

T = TypeVar("T")

_AT_ONCE = 200  #: values in one query
_MOST_MINOR = 2**63 - 1  #: of SQLite's integers
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(OrderFacts).decode
_ALIKE = ("day", "workspace", "source", "kind", "currency", "state")


class OrderTable(OrderReader):
    """See orders.ledger.OrderLedger and orders.reconciliation.OrderReads for the promises."""

    def load(self, places: Iterable[OrderPlace]) -> Mapping[OrderPlace, OrderRow]:
        """Return the rows of some orders, as far as there are any."""
        found: dict[OrderPlace, OrderRow] = {}
        with self._tables.reading() as connection:
            for which in _by_shop(places):
                for row in connection.execute(select(shop_order).where(which)):
                    found[OrderPlace(row.workspace, row.shop, row.order_id)] = _as_row(row)
        return found

    def save(self, rows: Iterable[OrderRow]) -> Mapping[OrderPlace, int]:
        """Write rows, new and old; return the ids of the new ones."""
        named = [(row, _values(row)) for row in rows]
        new = [(row, values) for row, values in named if row.id is None]
        old = [(row, values) for row, values in named if row.id is not None]
        with self._tables.transaction() as connection:
            _find_alike(connection, [values for _, values in named])
            if old:
                changed = update(shop_order).where(shop_order.c.id == bindparam("row"))
                connection.execute(changed, [{**values, "row": row.id} for row, values in old])
            if not new:
                return {}
            last = connection.execute(select(func.coalesce(func.max(shop_order.c.id), 0))).scalar_one()
            ids = {row.place: id_ for id_, (row, _) in enumerate(new, start=last + 1)}
            connection.execute(
                insert(shop_order), [{**values, "links": 0, "id": ids[row.place]} for row, values in new]
            )
        return ids

    def link(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Note which conversions follow from which orders; what is noted already stays."""
        if not pairs:
            return
        with self._tables.transaction() as connection:
            orders = sorted({order for order, _ in pairs})
            known = {tuple(row) for some in _chunks(orders) for row in connection.execute(_noted(some))}
            rows = [{"order": order, "conversion": conversion} for order, conversion in pairs]
            new = [row for row in rows if (row["order"], row["conversion"]) not in known]
            if new:
                connection.execute(insert(shop_order_conversion), new)
                more = update(shop_order).where(shop_order.c.id == bindparam("row"))
                connection.execute(
                    more.values(links=shop_order.c.links + bindparam("n")),
                    [{"row": order, "n": n} for order, n in Counter(row["order"] for row in new).items()],
                )

    def conversions_of(self, order: int) -> list[int]:
        """Return the conversions that follow from an order."""
        asked = select(shop_order_conversion.c.conversion).where(shop_order_conversion.c.order == order)
        with self._tables.reading() as connection:
            return list(connection.scalars(asked.order_by(shop_order_conversion.c.conversion)))

    def imported(self, digest: str) -> FileProgress:
        """Return how far a file was imported."""
        asked = select(file_import.c.done, file_import.c.shift_ms).where(file_import.c.digest == digest)
        with self._tables.reading() as connection:
            row = connection.execute(asked).first()
        return FileProgress(*row) if row else FileProgress()

    def note_import(self, digest: str, progress: FileProgress, now_ms: int) -> None:
        """Note how far a file is imported by now."""
        values = {"digest": digest, "done": progress.done, "shift_ms": progress.shift_ms, "at_ms": now_ms}
        with self._tables.transaction() as connection:
            connection.execute(delete(file_import).where(file_import.c.digest == digest))
            connection.execute(insert(file_import).values(values))

    def ages(self, *, after: int, limit: int) -> list[OrderAge]:
        """Return the next rows by their ids, as far as their end goes."""
        asked = select(shop_order.c.id, shop_order.c.workspace, shop_order.c.heard_ms).where(shop_order.c.id > after)
        with self._tables.reading() as connection:
            return [OrderAge(*row) for row in connection.execute(asked.order_by(shop_order.c.id).limit(limit))]

    def forget(self, ids: Sequence[int]) -> None:
        """Remove rows, and what leads from them to conversions."""
        with self._tables.transaction() as connection:
            for some in _chunks(ids):
                connection.execute(delete(shop_order_conversion).where(shop_order_conversion.c.order.in_(some)))
                connection.execute(delete(shop_order).where(shop_order.c.id.in_(some)))

    def forget_imports(self, before_ms: int) -> None:
        """Remove how far files were imported that nobody has gone on with since a moment."""
        with self._tables.transaction() as connection:
            connection.execute(delete(file_import).where(file_import.c.at_ms < before_ms))

    def report_sent(self, week: str) -> bool:
        """Return whether the report of a week, by its Monday, was sent."""
        with self._tables.reading() as connection:
            return connection.scalar(select(sent_report.c.week).where(sent_report.c.week == week)) is not None

    def note_report(self, week: str, now_ms: int) -> None:
        """Note that the report of a week was sent."""
        with self._tables.transaction() as connection:
            connection.execute(delete(sent_report).where(sent_report.c.week == week))
            connection.execute(insert(sent_report).values(week=week, at_ms=now_ms))

    def orders_of(self, workspace: str, *, after: int = 0, limit: int = 1_000) -> list[OrderRow]:
        """Return a page of the orders of a workspace, by their ids."""
        asked = select(shop_order).where(shop_order.c.workspace == workspace, shop_order.c.id > after)
        with self._tables.reading() as connection:
            return [_as_row(row) for row in connection.execute(asked.order_by(shop_order.c.id).limit(limit))]


def _find_alike(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Give rows the id under which they are added up with what is alike; a new one is made where there is none."""
    wanted = {tuple(row[name] for name in _ALIKE) for row in rows}
    keys = [order_alike.c[name] for name in _ALIKE]
    known: dict[tuple[Any, ...], int] = {}
    for some in _chunks(sorted(wanted)):
        days = {its[0] for its in some}  # which the index begins with
        asked = select(*keys, order_alike.c.id).where(order_alike.c.day.in_(days), tuple_(*keys).in_(some))
        known |= {tuple(its): id_ for *its, id_ in connection.execute(asked)}
    last = connection.execute(select(func.coalesce(func.max(order_alike.c.id), 0))).scalar_one()
    new = {its: id_ for id_, its in enumerate(sorted(wanted - set(known)), start=last + 1)}
    if new:
        rows_of = [{**dict(zip(_ALIKE, its, strict=True)), "id": id_} for its, id_ in new.items()]
        connection.execute(insert(order_alike), rows_of)
    for row in rows:
        row["alike"] = (known | new)[tuple(row[name] for name in _ALIKE)]


def _by_shop(places: Iterable[OrderPlace]) -> Iterator[ColumnElement[bool]]:
    """Ask for places a shop at a time: for a list of (workspace, shop, order id), SQLite would read the whole table."""
    numbers: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for place in places:
        numbers[place.workspace, place.shop].append(place.order_id)
    its = shop_order.c
    for (workspace, shop), ids in numbers.items():
        for some in _chunks(ids):
            yield and_(its.workspace == workspace, its.shop == shop, its.order_id.in_(some))


def _noted(orders: Sequence[int]) -> Select[Any]:
    """Ask for what is noted of some orders: by the order alone, for which there is an index."""
    return select(shop_order_conversion).where(shop_order_conversion.c.order.in_(orders))


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for begin in range(0, len(values), _AT_ONCE):
        yield values[begin : begin + _AT_ONCE]


def _values(row: OrderRow) -> dict[str, Any]:
    state = state_of(row.facts)
    value = state.money.get("value")
    return {
        **row.place._asdict(),
        "system": row.facts.system,
        "source": row.source,
        "kind": state.listed_kind,
        "state": state.shown,
        **{f"{name}_ms": state.since_ms.get(name) for name in ("placed", "paid", "shipped", "delivered", "cancelled")},
        "currency": value.currency if value else "",
        "value_minor": _minor(value),
        "refunded_minor": _minor(state.refunded),
        "first_ms": row.first_ms,
        "heard_ms": row.heard_ms,
        "facts": _encode(row.facts),
        "day": day_of(state.since_ms.get("placed", row.first_ms)),
    }


def _minor(money: Money | None) -> int | None:
    """Return an amount as its column holds it; one that no column can hold stands in the facts alone."""
    minor = None if money is None else to_minor(money.amount, money.currency)
    return minor if minor is None or abs(minor) <= _MOST_MINOR else None


def _as_row(row: Any) -> OrderRow:
    place = OrderPlace(row.workspace, row.shop, row.order_id)
    return OrderRow(place, row.source, _decode(row.facts), row.first_ms, row.heard_ms, row.id)
