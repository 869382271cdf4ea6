"""Orders and their sums as tables, for the files that command and page write alike."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from twinbeam.admin.tiktok_counts import TiktokCount, TiktokPlace
from twinbeam.core.money import in_units
from twinbeam.orders.reconciliation import Line
from twinbeam.orders.sums import NO_DAY, OrderGroup, OrderSums

LINE = (
    "order",
    "shop",
    "placed",
    "paid",
    "value",
    "currency",
    "pixel",
    "result",
    "reason",
    "told",
    "conversion",
    "margin",
)
SUMS = (
    *("day", "workspace", "pixel", "channel", "currency", "source"),
    *("orders", "accepted", "ignored", "missing", "accuracy"),
    *("value", "accepted_value", "ignored_value", "missing_value", "delta", "refunded", "net", "margin", "with_margin"),
    *("tiktok_browser", "tiktok_server"),
)
_EPOCH = date(1970, 1, 1)


def line_row(line: Line) -> list[object]:
    """Return an order as a row of LINE."""
    order = line.order
    paid = "" if order.paid_ms is None else moment(order.paid_ms)
    value, told = in_units(order.value_minor, order.currency), in_units(line.told_minor, line.told_currency)
    head = (order.order_id, order.shop, moment(order.placed_ms), paid, value, order.currency)
    margin = in_units(line.margin_minor, order.currency)
    return [*head, line.pixel, line.result, line.reason, told, line.conversion, margin]


def sum_rows(
    sums: Mapping[OrderGroup, OrderSums], tiktok: Mapping[TiktokPlace, TiktokCount] | None = None
) -> list[list[object]]:
    """Return sums as rows of SUMS; `tiktok` stands beside those of one day and pixel, once for each."""
    told = dict(tiktok or {})
    rows = []
    for place, total in sums.items():
        count = told.pop(place[:3], None)
        rows.append([*_as_sums(place, total), *((count.browser, count.server) if count else ("", ""))])
    return rows


def harmless(rows: Iterable[Iterable[object]]) -> list[list[object]]:
    """Return rows with what a spreadsheet would take for a formula written as text."""
    return [[_harmless(cell) for cell in row] for row in rows]


def as_day(day: int) -> str:
    """Return a UTC day as people write it; none of sums over all days."""
    return "" if day == NO_DAY else str(_EPOCH + timedelta(days=day))


def moment(ms: int) -> str:
    """Write a moment in UTC to the minute."""
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")


def _as_sums(place: OrderGroup, total: OrderSums) -> list[object]:
    money = total.money[place.currency]
    amounts = (
        money.value,
        money.accepted,
        money.ignored,
        money.missing,
        money.delta,
        money.refunded,
        money.net,
        money.margin,
    )
    counts = (total.orders, total.accepted, total.n_ignored, total.n_missing, f"{total.accuracy:.4f}")
    in_money = (in_units(minor, place.currency) for minor in amounts)
    return [as_day(place.day), *place[1:], *counts, *in_money, money.with_margin]


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
