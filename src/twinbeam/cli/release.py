"""`twinbeam release`."""

import click

from twinbeam.cli.options import workspace_option
from twinbeam.core.errors import ConfigError


@click.command()
@click.argument("order_id")
@workspace_option
def command(order_id: str, *, workspace: str) -> None:
    """
    Send what is held because its order number had been used before.

    A shop that begins its numbers anew, or two orders of two persons under one number: the second one waits seven
    days for you to look at it (`twinbeam find --order-id 1001`). Released, it is sent under an id of its own.

    \b
    Examples:
      twinbeam release 1001
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import known_workspace, opened_store, who
    from twinbeam.core.clock import SystemClock
    from twinbeam.pipeline.identity.event_ids import safe_id
    from twinbeam.pipeline.identity.order_ids import one_spelling

    with opened_store() as store:
        known_workspace(store, workspace)
        order = one_spelling(safe_id(order_id))
        found = store.ask_release(workspace=workspace, order_id=order, now_ms=SystemClock().now_ms(), who=who())
    if not found:
        told = f"twinbeam find --order-id {order_id}"
        raise ConfigError(f"No order {order_id} is held because its number was used before; look it up: {told}")
    click.echo(f"Released: {', '.join(found)}. Sent within seconds while the gateway runs.")
