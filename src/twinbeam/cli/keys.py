"""`twinbeam keys`."""

import json
from datetime import UTC, datetime

import click

from twinbeam.cli.options import json_option, shop_option, workspace_option


@click.group()
def command() -> None:
    """
    Make keys for tags, servers and readers; list and revoke them.

    \b
    Examples:
      twinbeam keys create server --source shop --pixel CODE
      twinbeam keys list
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command()
@click.argument("kind", type=click.Choice(["server", "browser", "read", "operate"]))
@click.option("--source", required=True, help="Who will use it, such as shop or tag; shown with each event.")
@click.option("--pixel", "pixels", multiple=True, help="A pixel its events go to; repeat for several.")
@click.option(
    "--route",
    "routes",
    multiple=True,
    help='A pixel for some of its events, such as "CODE host=shop.de,www.shop.de country=DE"; repeat for several.',
)
@shop_option
@workspace_option
@json_option
def create(  # noqa: PLR0913 -- one for each option
    kind: str,
    source: str,
    pixels: tuple[str, ...],
    routes: tuple[str, ...],
    *,
    shop: str | None,
    workspace: str,
    as_json: bool,
) -> None:
    """
    Make a key and show it, once.

    \b
    server   writes events from your backend; keep it secret
    browser  writes events from pages; may be seen by anybody
    read     reads what became of events; keep it secret
    operate  reads, and sends dead letters again; keep it secret

    An event goes to each pixel of which a route takes it: by the host of its page, the country of its visitor,
    its currency and its name (host=, country=, currency=, event=). A --pixel is a route that takes all.

    \b
    Examples:
      twinbeam keys create server --source shop --pixel C4A5B6C7D8E9F0G1H2I3
      twinbeam keys create server --source till --shop shop-fr --pixel C4A5B6C7D8E9F0G1H2I3
      twinbeam keys create browser --source tag --route "C4A5B6C7D8E9F0G1H2I3 country=DE,AT"
      twinbeam keys create read --source support
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import keys
    from twinbeam.admin.routes import route_of, written
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.rules import FIRST_SHOP, Route
    from twinbeam.core.values import KeyKind

    leading = (*map(Route, pixels), *map(route_of, routes))
    with opened_admin(begins=True) as admin:
        made = keys.create(admin, keys.NewKey(KeyKind(kind), source, leading, shop, workspace))
    if as_json:
        shown = {"id": made.row.id, "key": made.text, "kind": kind, "workspace": workspace, "source": source}
        shown |= {} if not made.row.shop and kind in ("read", "operate") else {"shop": made.row.shop or FIRST_SHOP}
        click.echo(json.dumps(shown | {"pixels": made.row.pixels, "routes": list(map(written, leading))}))
    else:
        click.echo(made.text)
        click.echo(
            f"This is the only time key {made.row.id} is shown. A running gateway knows it within a second.", err=True
        )


@command.command(name="list")
@workspace_option
def list_keys(workspace: str) -> None:
    """
    List the keys, and when each was made (UTC). Their texts are not kept and cannot be shown.

    \b
    Examples:
      twinbeam keys list
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import keys
    from twinbeam.admin.routes import written
    from twinbeam.admin.workspaces import meant_for
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.rules import FIRST_SHOP

    with opened_admin() as admin:
        rows = keys.listed(admin, workspace)
    if not rows:
        click.echo(
            f"No key yet. Make one:  twinbeam keys create server --source shop --pixel CODE{meant_for(workspace)}"
        )
        return
    click.echo(f"{'id':10} {'kind':8} {'source':20} {'shop':16} {'made':16} {'state':8} routes")
    for row in rows:
        state = "revoked" if row.revoked_ms is not None else "valid"
        routes = "; ".join(map(written, row.routes))
        shop = "" if row.kind == "read" else row.shop or FIRST_SHOP
        made = _minute(row.created_ms)
        click.echo(f"{row.id:10} {row.kind:8} {row.source:20.20} {shop:16} {made} {state:8} {routes}")


@command.command()
@click.argument("key")
@workspace_option
def revoke(key: str, workspace: str) -> None:
    """
    Make a key invalid, by its id (twinbeam keys list) or by its whole text, such as one that was found in a log.

    The text is not shown again. Write - to be asked for it, so that your shell does not keep it.

    \b
    Examples:
      twinbeam keys revoke 1f2e3d4c
      twinbeam keys revoke -
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import keys
    from twinbeam.cli.setup import opened_admin

    said = click.prompt("Key", hide_input=True, err=True) if key == "-" else key
    with opened_admin() as admin:
        key_id = keys.revoke(admin, workspace, said)
    click.echo(f"Key {key_id} is revoked; a running gateway refuses it within a second.")


@command.command()
@click.option("--drop-old", is_flag=True, help="Take the older keys out of the ring, once nothing is under them.")
@json_option
def rotate(*, drop_old: bool, as_json: bool) -> None:
    """
    Put a new key into the key ring, and everything that the old one sealed under the new one.

    The gateway goes on meanwhile and takes the new key by itself. The old key stays in the file, because backups that
    were taken before need it; --drop-old takes it out. Whenever this is cut off nothing is lost: run it again.

    \b
    Examples:
      twinbeam keys rotate
      twinbeam keys rotate --drop-old
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.app.key_rotation import Rotation
    from twinbeam.app.keyring import open_keyring
    from twinbeam.cli.setup import actor, opened_store, settings
    from twinbeam.core.clock import SystemClock
    from twinbeam.core.values import plain

    chosen = settings()
    with opened_store() as store:
        done = Rotation(chosen, store.ring, store, SystemClock(), actor().name).run(drop_old=drop_old)
    if as_json:
        click.echo(json.dumps(plain(done)))
        return
    open_keyring(chosen)
    what = f"Key {done.newest} is new and seals from now on" if done.added else f"Key {done.newest} seals"
    counted = ", ".join(f"{what} {n}" for what, n in done.sealed.items() if n)
    click.echo(f"{what}. Put under it: {counted or 'nothing was left to do'}.")
    if done.dropped:
        click.echo(f"Dropped: {', '.join(done.dropped)}. Backups from before need the key ring's own backup of then.")
        click.echo("Restart the gateway when it suits: consent receipts are signed under the old key until then.")
    elif done.older:
        click.echo(f"Still in the ring, for backups from before: {', '.join(done.older)}. See --drop-old.")
    if done.unopened:
        click.echo(f"Left as they are, because no key of the ring opens them: {done.unopened}.", err=True)
    click.echo(f"Back up {chosen.keyring} now.")


def _minute(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
