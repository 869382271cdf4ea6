"""`twinbeam audit`."""

import json
from datetime import UTC, datetime

import click

from twinbeam.cli.options import json_option
from twinbeam.cli.visible import visible


@click.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
@json_option
def command(limit: int, *, as_json: bool) -> None:
    """
    Show who changed which pixel, key, workspace or rule, and who erased or exported, newest first.

    Lines are never changed or removed. Of erasures and exports they tell how many, never whose. Who made a change is
    the person who logged in to the machine or called sudo, as far as it knows, else the account that ran the command.

    \b
    Examples:
      twinbeam audit
      twinbeam audit --limit 500 --json
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin.audit import latest
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.values import plain

    with opened_admin() as admin:
        changes = latest(admin, limit=limit)
    if as_json:
        click.echo(json.dumps([plain(change) for change in changes]))
        return
    for change in changes:
        moment = datetime.fromtimestamp(change.at_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        before, after = change.before or "-", change.after or "-"
        click.echo(visible(f"{moment}  {change.who or 'unknown':12} {change.what}: {before} -> {after}"))
