"""`twinbeam release`."""

import click

from twinbeam.cli.options import workspace_option


@click.command()
@click.argument("order_id")
@workspace_option
def command(order_id: str, *, workspace: str) -> None:
    """
    Send an order that is held because its number was used before.

    A shop that begins its numbers anew, or two orders of two persons under one number: the second one waits seven
    days for you to look at it (`twinbeam find --order-id 1001`). Released, it is sent under an id of its own.

    \b
    Examples:
      twinbeam release 1001
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin.releases import release
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        found = release(admin, workspace, order_id)
    click.echo(f"Released: {', '.join(found)}. Sent within seconds while the gateway runs.")
