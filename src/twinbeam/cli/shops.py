"""`twinbeam shops`."""

import click

from twinbeam.cli.options import workspace_option


@click.group()
def command() -> None:
    """
    For several shops on one pixel: keep their order numbers apart. A single shop never needs to name itself.

    \b
    Examples:
      twinbeam shops add shop-fr
      twinbeam keys create server --source till --shop shop-fr --pixel CODE
      twinbeam shops list
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command()
@click.argument("name")
@workspace_option
def add(name: str, workspace: str) -> None:
    """
    Add a shop. Orders, carts, checkouts and visitors that its keys report are its own: order 1001 is another order.

    Every workspace has the shop main by itself. The ids that are derived from an order, checkout or cart of a further
    shop begin with its name, such as shop-fr-1001; what its page reports to TikTok itself has to bear the same id.

    \b
    Examples:
      twinbeam shops add shop-fr
      twinbeam shops add outlet --workspace hats
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import shops
    from twinbeam.admin.workspaces import meant_for
    from twinbeam.cli.setup import opened_admin

    with opened_admin(begins=True) as admin:
        shops.add(admin, workspace, name)
    key = f"twinbeam keys create server --source NAME --shop {name} --pixel CODE{meant_for(workspace)}"
    click.echo(f"Shop {name} is added. Next, its keys:  {key}")


@command.command(name="list")
@workspace_option
def list_shops(workspace: str) -> None:
    """
    List the shops of a workspace with their valid keys, and the beginning of the ids derived for them.

    \b
    Examples:
      twinbeam shops list
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import shops
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        rows = shops.listed(admin, workspace)
    click.echo(f"{'shop':40} {'ids':42} keys")
    for row in rows:
        ids = f"{row.id_prefix}..." if row.id_prefix else "as the shop gives them"
        click.echo(f"{row.name:40} {ids:42} {', '.join(row.keys) or 'none'}")


@command.command()
@click.argument("name")
@workspace_option
def remove(name: str, workspace: str) -> None:
    """
    Remove a shop whose keys are revoked. What it reported stays and is found as before.

    \b
    Examples:
      twinbeam shops remove shop-fr
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import shops
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        shops.remove(admin, workspace, name)
    click.echo(f"Shop {name} is removed; what it reported stays.")
