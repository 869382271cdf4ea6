"""`twinbeam orders`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from twinbeam.cli.options import workspace_option

if TYPE_CHECKING:
    from twinbeam.core.goods import Margin
    from twinbeam.orders.reconciliation import Line, OrderGroup, OrderSums

_LINE = ("order", "shop", "placed", "paid", "value", "currency", "pixel", "result", "reason", "told", "conversion")
_SUMS = (
    "day",
    "workspace",
    "pixel",
    "channel",
    "currency",
    "source",
    "orders",
    "accepted",
    "ignored",
    "missing",
    "accuracy",
)
_MONEY = ("value", "accepted_value", "ignored_value", "missing_value", "delta", "refunded", "net")


@click.group()
def command() -> None:
    """
    Compare the shop's orders with what TikTok accepted of them.

    \b
    Examples:
      twinbeam orders reconcile
      twinbeam orders list --missing
      twinbeam orders show 1001
    """  # noqa: D301 -- \b tells click to keep the lines


def _reading_options(function: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--days", type=click.IntRange(1, 400), default=7, show_default=True, help="UTC days, with today."),
        click.option("--missing", is_flag=True, help="List the orders that TikTok lacks."),
        click.option(
            "--csv", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write CSV to a file; - prints it."
        ),
        workspace_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


@command.command(name="list")
@_reading_options
def list_orders(days: int, *, missing: bool, file: Path | None, workspace: str) -> None:
    """
    List the orders of the last days, the newest first: number, placed, paid, value, what became of it.

    \b
    Examples:
      twinbeam orders list
      twinbeam orders list --days 30 --missing --csv missing.csv
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import reconciling
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        lines = reconciling.listed(admin, workspace, days=days, missing=missing)
    if file is not None:
        _write(file, _LINE, [_as_row(line) for line in lines])
        return
    if not lines:
        click.echo(f"No order {'is missing' if missing else 'was placed'} in the last {days} days.")
    for line in lines:
        click.echo(_told(line))


@command.command()
@click.argument("order")
@workspace_option
def show(order: str, workspace: str) -> None:
    """
    Show one order: what the shop said of it, and what became of it for each pixel.

    \b
    Examples:
      twinbeam orders show 1001
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import reconciling
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        lines = reconciling.shown(admin, workspace, order)
        margins = admin.store.products.margins([it.conversion for it in lines if it.conversion is not None])
    if not lines:
        click.echo(f"{order} is no order by the shop's rules, so nothing of it is sent.")
    for line in lines:
        click.echo(_told(line))
        known = line.order
        click.echo(f"  state     {known.state}{f', {known.kind}' if known.kind else ''}, told by {known.source}")
        click.echo(f"  net       {_money(known.net_minor, known.currency)}")
        if line.told_minor is not None:
            click.echo(f"  TikTok    {_money(line.told_minor, line.told_currency)}")
        if line.conversion is not None:
            _tell_margin(margins.get(line.conversion))
            click.echo(f"  page      /events/{line.conversion}")


def _tell_margin(margin: "Margin | None") -> None:
    from twinbeam.core.goods import TROUBLES

    if margin is None:
        return
    why = f" {TROUBLES[margin.trouble]}" if margin.trouble else ""
    click.echo(f"  revenue   {_money(margin.revenue, margin.currency)}")
    click.echo(f"  margin    {'not known.' if margin.margin is None else _money(margin.margin, margin.currency)}{why}")
    click.echo(f"  sends     {'no value' if margin.sends == 'nothing' else margin.sends}, by the pixel's rule value")


@command.command()
@_reading_options
def reconcile(days: int, *, missing: bool, file: Path | None, workspace: str) -> None:
    """
    Add the orders of the last days up: accepted by TikTok, deliberately not sent, missing, each with its reason.

    The CSV holds a row for each day, pixel, channel, currency and source; it counts an order once for each pixel.

    \b
    Examples:
      twinbeam orders reconcile
      twinbeam orders reconcile --days 30 --csv orders.csv
      twinbeam orders reconcile --missing
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import reconciling
    from twinbeam.cli.setup import opened_admin
    from twinbeam.orders.reconciliation import Result, by_place

    with opened_admin() as admin:
        found = reconciling.reconcile(admin, workspace, days=days)
    if file is not None:
        _write(file, (*_SUMS, *_MONEY), [_as_sums(*row) for row in by_place(found.lines).items()])
        return
    _tell(found.total, days)
    for line in found.listed(Result.MISSING) if missing else []:
        click.echo(_told(line))


def _tell(total: "OrderSums", days: int) -> None:
    from twinbeam.orders.reconciliation import BASIS, sentence

    if not total.orders:
        click.echo(f"No order was placed in the last {days} days. Connect a shop (twinbeam sources create --help)")
        click.echo("or import its orders from a file (twinbeam import orders FILE).")
        return
    click.echo(f"{total.orders:8} orders in the last {days} UTC days")
    click.echo(f"{total.accepted:8} accepted by TikTok")
    for words, n, reasons in (
        ("deliberately not sent", total.n_ignored, total.ignored),
        ("missing", total.n_missing, total.missing),
    ):
        click.echo(f"{n:8} {words}")
        for reason, count in reasons.items():
            click.echo(f"{count:12} {reason}: {sentence(reason)}")
    click.echo(f"{total.accuracy:8.1%} accuracy: accepted and deliberately not sent, of all orders")
    for currency, money in total.money.items():
        told = {"value": money.value, "accepted": money.accepted, "missing": money.missing, "delta": money.delta}
        told |= {"refunded": money.refunded, "net": money.net}
        click.echo(", ".join(f"{name} {_money(minor, currency)}" for name, minor in told.items()))
    click.echo(f"The delta is {BASIS}")


def _told(line: "Line") -> str:
    from twinbeam.cli.visible import visible
    from twinbeam.orders.reconciliation import Result

    order = line.order
    value = _money(order.value_minor, order.currency)
    paid = _time(order.paid_ms) if order.paid_ms is not None else "not paid"
    link = f" /events/{line.conversion}" if line.conversion is not None else ""
    words = line.sentence if line.result is Result.ACCEPTED else f"{line.result}: {line.sentence}"
    number = visible(f"{order.shop}/{order.order_id}" if order.shop else order.order_id)
    return f"{number:20} {_time(order.placed_ms)} {paid:16} {value:>14}  {words}{link}"


def _as_row(line: "Line") -> list[object]:
    from twinbeam.core.money import in_units

    order = line.order
    paid = "" if order.paid_ms is None else _time(order.paid_ms)
    moments = (_time(order.placed_ms), paid)
    value, told = in_units(order.value_minor, order.currency), in_units(line.told_minor, line.told_currency)
    head = (order.order_id, order.shop, *moments, value, order.currency)
    return [*head, line.pixel, line.result, line.reason, told, line.conversion]


def _as_sums(place: "OrderGroup", total: "OrderSums") -> list[object]:
    from datetime import date, timedelta

    from twinbeam.core.money import in_units

    money = total.money[place.currency]
    amounts = (money.value, money.accepted, money.ignored, money.missing, money.delta, money.refunded, money.net)
    day = date(1970, 1, 1) + timedelta(days=place.day)
    counts = (total.orders, total.accepted, total.n_ignored, total.n_missing, f"{total.accuracy:.4f}")
    return [day, *place[1:], *counts, *(in_units(minor, place.currency) for minor in amounts)]


def _write(file: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table; what a spreadsheet would take for a formula is written as text."""
    import csv

    with click.open_file(str(file), "w", encoding="utf-8") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(head)
        table.writerows([_harmless(cell) for cell in row] for row in rows)
    if str(file) != "-":
        click.echo(f"{len(rows)} rows are in {file}.")


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _money(minor: int | None, currency: str) -> str:
    from twinbeam.core.money import shown

    return "no value" if minor is None else shown(minor, currency)


def _time(ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
