"""`twinbeam feed`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from twinbeam.cli.options import workspace_option

if TYPE_CHECKING:
    from twinbeam.core.products import DayMatch, Feed, UnknownId


@click.group()
def command() -> None:
    """
    Take in the shop's product feed, and see which products' ids events name that it does not know.

    \b
    Examples:
      twinbeam feed import products.csv
      twinbeam feed status
      twinbeam feed unknown
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@workspace_option
def import_feed(file: Path, workspace: str) -> None:
    """
    Take in a file in place of the products before: CSV, Google Merchant (TSV, XML) or TikTok's catalogue.

    The file may be packed with gzip. Until all of it is read, the products before stay in force.

    \b
    Examples:
      twinbeam feed import products.csv
      twinbeam feed import google.xml.gz --workspace hats
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import products
    from twinbeam.cli.setup import opened_admin

    told = 0

    def progress(rows: int) -> None:
        nonlocal told
        if rows - told >= _TOLD_EVERY:
            told = rows
            click.echo(f"{rows} products are read.", err=True)

    with file.open("rb") as source, opened_admin(begins=True) as admin:
        feed = products.import_file(admin, workspace, source, file.name, progress)
    click.echo(f"{feed.rows} products are in force, {feed.costed} of them with a cost.")
    _tell_faults(feed)


@command.command()
@workspace_option
def status(workspace: str) -> None:
    """
    Show the feed, what is wrong with its rows, and the share of content ids that it knew in the last 7 days.

    \b
    Examples:
      twinbeam feed status
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import products
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        found = products.standing(admin, workspace)
    if found is None:
        click.echo("No product feed. Take one in (twinbeam feed import FILE), or have one read")
        click.echo("from an address (twinbeam feed schedule URL).")
        return
    feed = found.feed
    click.echo(f"products  {feed.rows}, {feed.costed} of them with a cost")
    if feed.loaded_ms is not None:
        click.echo(f"from      {feed.name} ({feed.kind}), taken in {_time(feed.loaded_ms)} UTC")
    if feed.host:
        click.echo(f"address   on {feed.host}, read {_often(feed.every_hours)}")
    if feed.tried_ms is not None and feed.trouble:
        click.echo(f"trouble   {_time(feed.tried_ms)} UTC: {feed.trouble} What is in force stays.")
    _tell_faults(feed)
    for pixel in sorted({day.pixel for day in found.days}):
        _tell_days(pixel, [day for day in found.days if day.pixel == pixel])
    if not found.days:
        click.echo("matches   No event that TikTok accepted was compared with it yet.")


@command.command()
@click.option("--pixel", default=None, help="The code of one pixel; without it all of the workspace.")
@click.option("--days", type=click.IntRange(1, 90), default=7, show_default=True, help="UTC days, with today.")
@workspace_option
def unknown(pixel: str | None, days: int, workspace: str) -> None:
    """
    List the content ids that events name and the feed does not know: how often, the id, what to send instead.

    \b
    Examples:
      twinbeam feed unknown
      twinbeam feed unknown --pixel C4A5B6C7D8E9F0G1H2I3 --days 1
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import pixels, products
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        rows = [pixels.known(admin, workspace, pixel)] if pixel else pixels.listed(admin, workspace)
        found = [(row.code, products.unknown(admin, workspace, row.code, days=days)) for row in rows]
    if not any(ids for _, ids in found):
        click.echo(f"The feed knows all ids of the last {days} days, or none was compared; see: twinbeam feed status")
    for code, ids in found:
        if ids:
            click.echo(code)
            for it in ids:
                click.echo(_told(it))


@command.command()
@click.argument("url")
@click.option("--every", type=click.IntRange(1, 168), default=24, show_default=True, help="Hours between two readings.")
@workspace_option
def schedule(url: str, every: int, workspace: str) -> None:
    """
    Have the feed read from an address, now and again every so many hours.

    The address may hold a password: it is kept encrypted, and only its host is shown.

    \b
    Examples:
      twinbeam feed schedule https://shop.example/feed.xml
      twinbeam feed schedule https://shop.example/feed.csv --every 6
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import products
    from twinbeam.cli.setup import opened_admin

    with opened_admin(begins=True) as admin:
        host = products.schedule(admin, workspace, url, every_hours=every)
    click.echo(f"The feed on {host} is read within a minute while the gateway runs, then {_often(every)}.")
    click.echo("See: twinbeam feed status")


@command.command()
@click.option("--products", "everything", is_flag=True, help="Forget the products as well.")
@workspace_option
def forget(*, everything: bool, workspace: str) -> None:
    """
    Read the address no more; the products stay in force unless --products is said.

    \b
    Examples:
      twinbeam feed forget
      twinbeam feed forget --products
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import products
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        (products.remove if everything else products.unschedule)(admin, workspace)
    click.echo("The feed and its products are forgotten." if everything else "No address is read any more.")


_TOLD_EVERY = 100_000
_MOST_FAULTS = 10


def _tell_faults(feed: "Feed") -> None:
    from twinbeam.cli.visible import visible

    if not feed.faulty:
        return
    click.echo(f"{feed.faulty} {'row has' if feed.faulty == 1 else 'rows have'} something wrong:")
    for fault in feed.faults[:_MOST_FAULTS]:
        name = f" {visible(fault.id)}" if fault.id else ""
        click.echo(f"  row {fault.row}{name}{f', {fault.field}' if fault.field else ''}: {fault.words}")
    if feed.faulty > _MOST_FAULTS:
        click.echo("  The page /products shows more of them.")


def _tell_days(pixel: str, days: "list[DayMatch]") -> None:
    from datetime import date, timedelta

    from twinbeam.admin.products import rate

    share = rate(days)
    whole = "no id was named" if share is None else f"{share:.1%} of content ids known (90 % is the target)"
    click.echo(f"pixel {pixel}: {whole}")
    for day in days:
        known = f"{day.matched} of {day.ids} ids" if day.ids else "no ids"
        lacking = f", {day.without} events without ids" if day.without else ""
        click.echo(f"  {date(1970, 1, 1) + timedelta(days=day.day)}  {known} in {day.events} events{lacking}")


def _told(it: "UnknownId") -> str:
    from twinbeam.cli.visible import visible

    kind = " (a group)" if it.is_group else ""
    return f"{it.n:8} {visible(it.content_id)}{kind}  {visible(it.advice)}".rstrip()


def _often(hours: int) -> str:
    return "every hour" if hours == 1 else f"every {hours} hours"


def _time(ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
