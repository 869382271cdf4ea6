"""The ledger of orders: written where deliveries are recorded, read by pages and commands."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Select, bindparam, delete, func, insert, select, tuple_, update

from twinbeam.admin.contract import FileProgress
from twinbeam.core.money import to_minor
from twinbeam.core.order import Money, OrderFacts
from twinbeam.engines.stores.tables.order_reading import OrderReader
from twinbeam.engines.stores.tables.order_schema import file_import, shop_order, shop_order_conversion
from twinbeam.orders.ledger import OrderPlace, OrderRow
from twinbeam.orders.state import state_of

T = TypeVar("T")

_AT_ONCE = 200  #: values in one query
_MOST_MINOR = 2**63 - 1  #: of SQLite's integers
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(OrderFacts).decode
_PLACE = (shop_order.c.workspace, shop_order.c.shop, shop_order.c.order_id)


class OrderTable(OrderReader):
    """See orders.ledger.OrderLedger and orders.reconciliation.OrderReads for the promises."""

    def load(self, places: Iterable[OrderPlace]) -> Mapping[OrderPlace, OrderRow]:
        """Return the rows of some orders, as far as there are any."""
        found: dict[OrderPlace, OrderRow] = {}
        with self._tables.reading() as connection:
            for some in _chunks(list(places)):
                asked = select(shop_order).where(tuple_(*_PLACE).in_(some))
                for row in connection.execute(asked):
                    found[OrderPlace(row.workspace, row.shop, row.order_id)] = _as_row(row)
        return found

    def save(self, rows: Iterable[OrderRow]) -> Mapping[OrderPlace, int]:
        """Write rows, new and old; return the ids of the new ones."""
        new = [row for row in rows if row.id is None]
        old = [row for row in rows if row.id is not None]
        with self._tables.transaction() as connection:
            if old:
                changed = update(shop_order).where(shop_order.c.id == bindparam("row"))
                connection.execute(changed, [{**_values(row), "row": row.id} for row in old])
            if not new:
                return {}
            last = connection.execute(select(func.coalesce(func.max(shop_order.c.id), 0))).scalar_one()
            ids = {row.place: id_ for id_, row in enumerate(new, start=last + 1)}
            connection.execute(insert(shop_order), [{**_values(row), "id": ids[row.place]} for row in new])
        return ids

    def link(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Note which conversions follow from which orders; what is noted already stays."""
        if not pairs:
            return
        with self._tables.transaction() as connection:
            known = {tuple(row) for some in _chunks(pairs) for row in connection.execute(_noted(some))}
            rows = [{"order": order, "conversion": conversion} for order, conversion in pairs]
            new = [row for row in rows if (row["order"], row["conversion"]) not in known]
            if new:
                connection.execute(insert(shop_order_conversion), new)

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

    def orders_of(self, workspace: str, *, after: int = 0, limit: int = 1_000) -> list[OrderRow]:
        """Return a page of the orders of a workspace, by their ids."""
        asked = select(shop_order).where(shop_order.c.workspace == workspace, shop_order.c.id > after)
        with self._tables.reading() as connection:
            return [_as_row(row) for row in connection.execute(asked.order_by(shop_order.c.id).limit(limit))]


def _noted(pairs: Sequence[tuple[int, int]]) -> Select[Any]:
    asked = tuple_(shop_order_conversion.c.order, shop_order_conversion.c.conversion)
    return select(shop_order_conversion).where(asked.in_(pairs))


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
        "kind": state.kind,
        "state": state.shown,
        **{f"{name}_ms": state.since_ms.get(name) for name in ("placed", "paid", "shipped", "delivered", "cancelled")},
        "currency": value.currency if value else "",
        "value_minor": _minor(value),
        "refunded_minor": _minor(state.refunded),
        "first_ms": row.first_ms,
        "heard_ms": row.heard_ms,
        "facts": _encode(row.facts),
    }


def _minor(money: Money | None) -> int | None:
    """Return an amount as its column holds it; one that no column can hold stands in the facts alone."""
    minor = None if money is None else to_minor(money.amount, money.currency)
    return minor if minor is None or abs(minor) <= _MOST_MINOR else None


def _as_row(row: Any) -> OrderRow:
    place = OrderPlace(row.workspace, row.shop, row.order_id)
    return OrderRow(place, row.source, _decode(row.facts), row.first_ms, row.heard_ms, row.id)
