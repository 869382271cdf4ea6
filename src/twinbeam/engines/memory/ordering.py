"""The ledger of orders in the model: rows in a dictionary, and sums made of them one by one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from twinbeam.core.clock import day_of
from twinbeam.core.lifecycle import State
from twinbeam.core.money import to_minor
from twinbeam.core.order import OrderFacts
from twinbeam.core.outcomes import Finding
from twinbeam.core.values import MATCH, Signal
from twinbeam.engines.memory.rows import Rows
from twinbeam.orders.causes import marks_of
from twinbeam.orders.ledger import OrderPlace, OrderRow, place_of, places_in, staged, taken
from twinbeam.orders.reconciliation import (
    ANY_ORDER,
    LEADS,
    PURCHASE,
    Counted,
    Days,
    KnownOrder,
    OrderConversion,
    Sought,
    Summed,
)
from twinbeam.orders.state import state_of
from twinbeam.pipeline.record.conversion import BARE, FOUND, Conversion
from twinbeam.pipeline.record.fold import Fold

Arrivals = list[tuple[Signal, bytes]]


class LedgerRows(Struct):
    """The ledger."""

    rows: dict[OrderPlace, OrderRow] = field(default_factory=dict)
    links: dict[int, set[int]] = field(default_factory=dict)  #: by order, the conversions that follow from it


class OrderModel:
    """See orders.ledger.OrderLedger and orders.reconciliation.OrderReads for the promises."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._ledger = LedgerRows()

    def take(self, arrivals: Arrivals, fold: Fold) -> None:
        """Merge what deliveries state, fold their events, and note which conversions follow from which orders."""
        signals = [signal for signal, _ in arrivals]
        ledgered = taken(self.load(places_in(signals)), signals)
        fold.take(list(zip(staged(ledgered, signals), [arrival for _, arrival in arrivals], strict=True)))
        self.save(ledgered.rows[place] for place in sorted(ledgered.changed))
        known = fold.read_set.conversions
        for signal in signals:
            row = self._ledger.rows.get(place_of(signal))
            if signal.of_order and signal.key in known and row is not None and row.id is not None:
                self._ledger.links.setdefault(row.id, set()).add(known[signal.key].id)

    def load(self, places: Iterable[OrderPlace]) -> Mapping[OrderPlace, OrderRow]:
        """Return the rows of some orders, as far as there are any."""
        return {place: self._ledger.rows[place] for place in places if place in self._ledger.rows}

    def save(self, rows: Iterable[OrderRow]) -> None:
        """Write rows, new and old."""
        for row in rows:
            id_ = row.id if row.id is not None else len(self._ledger.rows) + 1
            self._ledger.rows[row.place] = replace(row, id=id_)

    def conversions_of(self, order: int) -> list[int]:
        """Return the conversions that follow from an order."""
        return sorted(self._ledger.links.get(order, ()))

    def orders_of(self, workspace: str, *, after: int = 0, limit: int = 1_000) -> list[OrderRow]:
        """Return a page of the orders of a workspace, by their ids."""
        rows = sorted(self._ledger.rows.values(), key=lambda row: row.id or 0)
        return [row for row in rows if row.place.workspace == workspace and (row.id or 0) > after][:limit]

    def counted(self, days: Days) -> Counted:
        """Return the orders placed on some days, each by itself."""
        orders = self.listed(days, limit=len(self._ledger.rows))
        one = [order for order in orders if len(self.conversions_of(order.id)) < 2]
        return Counted([_alone(order) for order in one], [order for order in orders if order not in one])

    def listed(
        self, days: Days, sought: Sought = ANY_ORDER, *, before: tuple[int, int] | None = None, limit: int = 500
    ) -> list[KnownOrder]:
        """Return orders placed on some days, the newest first, behind one by its moment and id."""
        found = [order for order in self._known() if _means(days, sought, order)]
        newest = sorted(found, key=_moment, reverse=True)
        return [order for order in newest if before is None or _moment(order) < before][:limit]

    def leads_counted(self, days: Days) -> Counted:
        """Return the leads that came on some days, each by itself."""
        return Counted([_alone(lead) for lead in self.leads_listed(days, limit=len(self._rows.by_id))])

    def leads_listed(
        self, days: Days, sought: Sought = ANY_ORDER, *, before: tuple[int, int] | None = None, limit: int = 500
    ) -> list[KnownOrder]:
        """Return leads of some days, the newest first, behind one by its moment and id."""
        rows = self._rows.by_id.values()
        told = [row for row in rows if row.event in LEADS and row.channels != "browser" and not row.united]
        found = [lead for row in told if _means(days, sought, lead := self._lead(row))]
        newest = sorted(found, key=_moment, reverse=True)
        return [lead for lead in newest if before is None or _moment(lead) < before][:limit]

    def with_refused(self, days: Days) -> list[KnownOrder]:
        """Return the orders of some days of which TikTok refused a purchase, the newest first."""
        rows = self._rows.by_id
        refused = {id_ for id_, row in rows.items() if row.state is State.REFUSED and row.event == PURCHASE}
        orders = self.listed(days, limit=len(self._ledger.rows))
        return [order for order in orders if refused.intersection(self.conversions_of(order.id))]

    def under_number(self, workspaces: Sequence[str], order_id: str) -> list[KnownOrder]:
        """Return the orders with a number in some workspaces, the newest first: each shop may have one."""
        found = [it for it in self._known() if it.order_id == order_id and it.workspace in workspaces]
        return sorted(found, key=_moment, reverse=True)

    def facts_of(self, workspace: str, order: int) -> OrderFacts | None:
        """Return all that is stated of an order, by its id."""
        rows = self._ledger.rows.values()
        return next((row.facts for row in rows if (row.place.workspace, row.id) == (workspace, order)), None)

    def _known(self) -> Iterator[KnownOrder]:
        for row in self._ledger.rows.values():
            state, id_ = state_of(row.facts), row.id or 0
            value, refunded = state.money.get("value"), state.refunded
            placed = state.since_ms.get("placed")
            yield KnownOrder(
                **row.place._asdict(),
                source=row.source,
                kind=state.listed_kind,
                state=state.shown,
                placed_ms=row.first_ms if placed is None else placed,
                paid_ms=state.since_ms.get("paid"),
                currency=value.currency if value else "",
                value_minor=to_minor(value.amount, value.currency) if value else None,
                refunded_minor=to_minor(refunded.amount, refunded.currency) if refunded else None,
                conversions=list(self._purchases(self.conversions_of(id_), placed)),
                id=id_,
            )

    def _purchases(self, ids: Iterable[int], placed_ms: int | None) -> Iterator[OrderConversion]:
        rows = self._rows.by_id
        for id_ in ids:
            first = rows.get(id_)
            if first is None:
                yield OrderConversion(id_, "", "", "", None, "")
            elif first.event == PURCHASE:
                counting = first.united or id_
                row = rows.get(counting)
                yield (
                    replace(_as_purchase(row, placed_ms), margin_minor=self._margin(counting))
                    if row is not None
                    else OrderConversion(counting, first.pixel, "", "", None, "")
                )

    def _margin(self, id_: int) -> int | None:
        kept = self._rows.margins.get(id_)
        return None if kept is None else kept.margin

    @staticmethod
    def _lead(row: Conversion) -> KnownOrder:
        return KnownOrder(
            workspace=row.workspace,
            shop=row.shop,
            order_id=row.order_id or row.event_id,
            source=row.source,
            kind="",
            state="placed",
            placed_ms=row.received_ms,
            paid_ms=None,
            currency=row.currency,
            value_minor=row.minor,
            refunded_minor=None,
            conversions=(_as_purchase(row, row.received_ms),),
            id=row.id,
            event=row.event,
        )


def _as_purchase(row: Conversion, placed_ms: int | None) -> OrderConversion:
    marks = marks_of(
        row.channels,
        may_have=row.browser_at is not None,
        blocked=bool(row.found & FOUND[Finding.NATIVE_BLOCKED]),
        click_lost=bool(row.found & FOUND[Finding.CLICK_LOST]),
        has_click=bool(row.match & MATCH["ttclid"]) and not row.conditions & BARE,
        since_placed_ms=0 if placed_ms is None else row.event_time * 1_000 - placed_ms,
    )
    told = (row.pixel, row.state, row.reason, row.minor, row.currency, row.enriched, bool(row.test_code), marks)
    return OrderConversion(row.id, *told)


def _alone(order: KnownOrder) -> Summed:
    purchase = order.conversions[0] if order.conversions else None
    if purchase is None or purchase.currency != order.currency:
        return Summed(order, 1)
    margin = (0, 0) if purchase.margin_minor is None else (purchase.margin_minor, 1)
    if purchase.value_minor is None or order.value_minor is None:
        return Summed(order, 1, 0, 0, *margin)
    return Summed(order, 1, order.value_minor, purchase.value_minor, *margin)


def _means(days: Days, sought: Sought, order: KnownOrder) -> bool:
    return (
        days.first <= day_of(order.placed_ms) <= days.last
        and days.workspace in ("", order.workspace)
        and sought.source in ("", order.source)
        and sought.kind in (None, order.kind)
        and sought.currency in (None, order.currency)
        and sought.event in ("", order.event)
    )


def _moment(order: KnownOrder) -> tuple[int, int]:
    return order.placed_ms, order.id
