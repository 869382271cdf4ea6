"""`twinbeam requests`."""

from datetime import UTC, datetime

import click

from twinbeam.cli.options import workspace_option

_KINDS = {
    "data_request": "wants to be told what is stored: twinbeam requests export {}",
    "redact": "is erased by itself",
    "shop_redact": "wants all of the shop erased: twinbeam requests erase {}",
}


@click.group()
def command() -> None:
    """
    List what shop systems pass on of persons' rights, export what is stored, erase a whole shop.

    \b
    Examples:
      twinbeam requests list
      twinbeam requests export 6f1c
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command(name="list")
@workspace_option
def list_requests(workspace: str) -> None:
    """
    List the requests, the oldest first, and what is to be done about each.

    \b
    Examples:
      twinbeam requests list
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import requests
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        rows = requests.listed(admin, workspace)
    if not rows:
        click.echo("No request yet. Shopify passes them on to the address of its source.")
    for row in rows:
        when = datetime.fromtimestamp(row.asked_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
        told = "is done" if row.done_ms is not None else _KINDS[row.kind].format(row.id)
        click.echo(f"{row.id} {when} {row.source:20} {told}")


@command.command()
@click.argument("request")
def export(request: str) -> None:
    """
    Print all that is stored about the person of a request, as JSON; the request is done then.

    \b
    Examples:
      twinbeam requests export 6f1c > ada.json
    """  # noqa: D301 -- \b tells click to keep the lines
    import json

    from twinbeam.admin import requests
    from twinbeam.admin.export import as_json
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        click.echo(json.dumps(as_json(requests.export(admin, request)), indent=2))


@command.command()
@click.argument("request")
def erase(request: str) -> None:
    """
    Erase all by which the person, or the shop, of a request is known.

    \b
    Examples:
      twinbeam requests erase 6f1c
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import requests
    from twinbeam.admin.contract import Admin
    from twinbeam.app.erasures import WriterErasures
    from twinbeam.app.keyring import open_keyring
    from twinbeam.cli.setup import actor, opened_store, settings
    from twinbeam.core.clock import SystemClock

    chosen = settings()
    with opened_store() as store:
        around = WriterErasures(chosen, open_keyring(chosen), store)
        done = requests.erase(Admin(store, actor(), SystemClock()), request, around)
    click.echo(f"{done.done} of {done.erasures} erasures are carried out; the gateway carries out the rest.")
