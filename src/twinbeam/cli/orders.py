"""`twinbeam orders`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from twinbeam.cli.options import workspace_option

if TYPE_CHECKING:
    from twinbeam.admin.sending_missing import MissingPreview
    from twinbeam.core.goods import Margin
    from twinbeam.orders.causes import CausedMoney
    from twinbeam.orders.reconciliation import Line
    from twinbeam.orders.refunds import Delta
    from twinbeam.orders.sums import OrderSums

#: What sums may be added up by, as on the page.
_BY = {
    "all": ("day", "pixel", "channel", "source"),
    "day": ("day",),
    "pixel": ("pixel",),
    "day-pixel": ("day", "pixel"),
    "channel": ("channel",),
    "source": ("source",),
    "currency": (),
}
_days_option = click.option(
    "--days", type=click.IntRange(1, 400), default=7, show_default=True, help="UTC days, with today."
)
_leads_option = click.option("--leads", is_flag=True, help="Leads that a server, a CRM or a file told of, not orders.")


@click.group()
def command() -> None:
    """
    Compare the shop's orders with what TikTok accepted of them.

    \b
    Examples:
      twinbeam orders reconcile
      twinbeam orders list --missing
      twinbeam orders show 1001
      twinbeam orders send-missing
    """  # noqa: D301 -- \b tells click to keep the lines


def _reading_options(function: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        _days_option,
        _leads_option,
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
def list_orders(days: int, *, leads: bool, missing: bool, file: Path | None, workspace: str) -> None:
    """
    List the orders of the last days, the newest first: number, placed, paid, value, what became of it.

    \b
    Examples:
      twinbeam orders list
      twinbeam orders list --days 30 --missing --csv missing.csv
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import order_tables, reconciling
    from twinbeam.cli.setup import opened_admin

    told: reconciling.Told = "leads" if leads else "orders"
    with opened_admin() as admin:
        lines = reconciling.listed(admin, workspace, days=days, missing=missing, told=told)
    if file is not None:
        _write(file, order_tables.LINE, [order_tables.line_row(line) for line in lines])
        return
    if not lines:
        thing = "lead" if leads else "order"
        click.echo(f"No {thing} {'is missing' if missing else 'was placed'} in the last {days} days.")
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
    from twinbeam.cli.visible import visible

    with opened_admin() as admin:
        lines = reconciling.shown(admin, workspace, order)
        back = {it.order.id: reconciling.went_back(admin.store.orders, it.order) for it in lines}
        margins = admin.store.products.margins([it.conversion for it in lines if it.conversion is not None])
    if not lines:
        click.echo(f"{visible(order)} {reconciling.NOTHING_SENT}")
    for line in lines:
        click.echo(_told(line))
        known = line.order
        click.echo(f"  state     {known.state}{f', {known.kind}' if known.kind else ''}, told by {known.source}")
        _tell_back(back[known.id], reconciling.not_subtracted(known, back[known.id]))
        click.echo(f"  net       {_money(known.net_minor, known.currency)}")
        if line.told_minor is not None:
            click.echo(f"  TikTok    {_money(line.told_minor, line.told_currency)}")
        if line.conversion is not None:
            _tell_margin(margins.get(line.conversion))
            click.echo(f"  page      /events/{line.conversion}")


def _tell_back(back: "Sequence[Delta]", not_subtracted: "Sequence[Delta]") -> None:
    """Tell what went back; what is known in another currency alone is in no sum."""
    from twinbeam.core.money import to_minor

    for delta in back:
        at_ms, (amount, code) = delta
        apart = ", in another currency than the order: not subtracted" if delta in not_subtracted else ""
        click.echo(f"  went back {_money(to_minor(amount, code), code)} on {_time(at_ms)}{apart}")


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
@click.option(
    "--by", type=click.Choice(list(_BY)), default="all", show_default=True, help="What the CSV is added up by."
)
def reconcile(days: int, *, leads: bool, missing: bool, file: Path | None, workspace: str, by: str) -> None:
    """
    Add the orders of the last days up: accepted by TikTok, deliberately not sent, missing, each with its reason.

    The CSV holds a row for each day, pixel, channel, currency and source, or for less of it (--by); it counts an order
    once for each pixel. By day-pixel TikTok's own count stands beside it.

    \b
    Examples:
      twinbeam orders reconcile
      twinbeam orders reconcile --days 30 --by day --csv orders.csv
      twinbeam orders reconcile --leads
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import order_tables, reconciling
    from twinbeam.admin.tiktok_counts import tiktok_counts
    from twinbeam.cli.setup import opened_admin
    from twinbeam.orders.sums import grouped

    told: reconciling.Told = "leads" if leads else "orders"
    with opened_admin() as admin:
        found = reconciling.reconcile(admin, workspace, days=days, told=told)
        within = reconciling.last_days(admin.clock.now_ms(), days, workspace)
        counts = tiktok_counts(admin.store.accounts, within, told) if by == "day-pixel" and file is not None else {}
        lines = reconciling.listed(admin, workspace, days=days, missing=True, told=told) if missing else []
    if file is not None:
        _write(file, order_tables.SUMS, order_tables.sum_rows(grouped(found.parts, _BY[by]), counts))
        return
    _tell(found.total, days, "leads" if leads else "orders")
    _tell_causes(found.money)
    for line in lines:
        click.echo(_told(line))


@command.command(name="send-missing")
@_days_option
@click.option("--pixel", default="", help="Of one pixel only, by its code.")
@click.option("--yes", is_flag=True, help="Send it; without, it is only said what would be sent.")
@workspace_option
def send_missing(days: int, *, pixel: str, yes: bool, workspace: str) -> None:
    """
    Send again what TikTok rejected of the last days' orders, where nothing can count twice.

    Without --yes it says what would be sent and what it is worth, and why the rest of what is missing is not: what
    consent forbids, what TikTok may have already, what is too old, and that of which nothing is kept.

    \b
    Examples:
      twinbeam orders send-missing
      twinbeam orders send-missing --days 2 --yes
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import sending_missing
    from twinbeam.app.sending import RESEND_TERMS
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        asked = sending_missing.asked_for(admin, workspace, days=days, pixel=pixel)
        found = sending_missing.previewed(admin, asked, RESEND_TERMS)
        if found.conversions and yes:
            found = sending_missing.send(admin, asked, RESEND_TERMS)
    _tell_sending(found, sent=yes)


def _tell_sending(found: "MissingPreview", *, sent: bool) -> None:
    from twinbeam.admin.sending_missing import why_not

    n = len(found.conversions)
    if not n:
        click.echo("Nothing that is missing can be sent again.")
    elif sent:
        click.echo(
            f"{n} {'is' if n == 1 else 'are'} sent again, worth {found.worth}; within seconds while the gateway runs."
        )
    else:
        click.echo(f"{n} can be sent again, worth {found.worth}. Add --yes to send.")
    if found.shaping:
        click.echo(found.shaping)
    for reason, count in found.kept_back.items():
        click.echo(f"{count:8} not sent, {reason}: {why_not(reason)}")


def _tell(total: "OrderSums", days: int, things: str) -> None:
    from twinbeam.orders.reconciliation import BASIS, sentence

    if not total.orders and things == "leads":
        click.echo(f"No server, CRM or file told of a lead in the last {days} days.")
        return
    if not total.orders:
        click.echo(f"No order was placed in the last {days} days. Connect a shop (twinbeam sources create --help)")
        click.echo("or import its orders from a file (twinbeam import orders FILE).")
        return
    click.echo(f"{total.orders:8} {things} in the last {days} UTC days")
    click.echo(f"{total.accepted:8} accepted by TikTok")
    for words, n, reasons in (
        ("deliberately not sent", total.n_ignored, total.ignored),
        ("missing", total.n_missing, total.missing),
    ):
        click.echo(f"{n:8} {words}")
        for reason, count in reasons.items():
            click.echo(f"{count:12} {reason}: {sentence(reason)}")
    click.echo(f"{total.accuracy:8.1%} accuracy: accepted and deliberately not sent, of all {things}")
    for currency, money in total.money.items():
        told = {"value": money.value, "accepted": money.accepted, "missing": money.missing, "delta": money.delta}
        told |= {"refunded": money.refunded, "net": money.net}
        told |= {f"margin of {money.with_margin}": money.margin} if money.with_margin else {}
        click.echo(", ".join(f"{name} {_money(minor, currency)}" for name, minor in told.items()))
    click.echo(f"The delta is {BASIS}")


def _tell_causes(money: Sequence["CausedMoney"]) -> None:
    """Write which money was recovered and lost, by cause."""
    for it in money:
        worth = ", ".join(_money(minor, currency) for currency, minor in it.values.items())
        click.echo(f"{it.effect}: {it.cause}: {it.orders}, worth {worth}. {it.sentence}")


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


def _write(file: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table; what a spreadsheet would take for a formula is written as text."""
    import csv

    from twinbeam.admin.order_tables import harmless

    with click.open_file(str(file), "w", encoding="utf-8") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(head)
        table.writerows(harmless(rows))
    if str(file) != "-":
        click.echo(f"{len(rows)} rows are in {file}.")


def _money(minor: int | None, currency: str) -> str:
    from twinbeam.core.money import shown

    return "no value" if minor is None else shown(minor, currency)


def _time(ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
