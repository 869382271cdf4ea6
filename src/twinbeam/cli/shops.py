"""`twinbeam shops`."""

import re
from typing import TYPE_CHECKING

import click

from twinbeam.cli.options import workspace_option
from twinbeam.core.errors import ConfigError

if TYPE_CHECKING:
    from twinbeam.core.story import KeyRow

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


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
    from twinbeam.cli.setup import known_workspace, meant_for, now_ms, opened_store, who

    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name} is no name for a shop: use small letters, digits, '-' and '_', such as shop-fr.")
    with opened_store() as store:
        known = store.shops(known_workspace(store, workspace))
        if name in known:
            raise ConfigError(f"There is a shop {name} already.")
        alike = next((other for other in store.all_shops(workspace)[1:] if _may_be_confused(name, other)), None)
        if alike is not None:
            raise ConfigError(
                f"{name} and {alike} begin alike, so ids of one could be taken for the other's; choose another name."
            )
        store.add_shop(workspace, name, now_ms=now_ms(), who=who())
    key = f"twinbeam keys create server --source NAME --shop {name} --pixel CODE{meant_for(workspace)}"
    click.echo(f"Shop {name} is added. Next, its keys:  {key}")


@command.command(name="list")
@workspace_option
def list_shops(workspace: str) -> None:
    """
    List the shops of a workspace with their valid keys, and how the ids that are derived for them begin.

    \b
    Examples:
      twinbeam shops list
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import known_workspace, opened_store
    from twinbeam.core.rules import FIRST_SHOP

    with opened_store() as store:
        names = store.shops(known_workspace(store, workspace))
        keys = [key for key in store.access_keys() if key.workspace == workspace]
    click.echo(f"{'shop':40} {'ids':42} keys")
    for name in names:
        first = name == FIRST_SHOP
        own = [key.id for key in keys if _writes_for(key, "" if first else name)]
        click.echo(f"{name:40} {'as the shop gives them' if first else f'{name}-...':42} {', '.join(own) or 'none'}")


@command.command()
@click.argument("name")
@workspace_option
def remove(name: str, workspace: str) -> None:
    """
    Take a shop from the list, once its keys are revoked. What it reported stays and is found as before.

    \b
    Examples:
      twinbeam shops remove shop-fr
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import known_shop, known_workspace, meant_for, now_ms, opened_store, who

    with opened_store() as store:
        shop = known_shop(store, known_workspace(store, workspace), name)
        if not shop:
            raise ConfigError(f"{name} is the shop that every workspace has; it cannot be removed.")
        keys = [key.id for key in store.access_keys() if key.workspace == workspace and _writes_for(key, shop)]
        if keys:
            revoke = f"twinbeam keys revoke {keys[0]}{meant_for(workspace)}"
            raise ConfigError(f"Shop {name} has valid keys ({', '.join(keys)}); revoke them first: {revoke}")
        store.remove_shop(workspace, shop, now_ms=now_ms(), who=who())
    click.echo(f"Shop {name} is removed; what it reported stays.")


def _writes_for(key: "KeyRow", shop: str) -> bool:
    return key.shop == shop and key.kind != "read" and key.revoked_ms is None


def _may_be_confused(name: str, other: str) -> bool:
    """Tell whether order 2-7 of shop a and order 7 of shop a-2 would have one id."""
    return name != other and (name.startswith(f"{other}-") or other.startswith(f"{name}-"))
