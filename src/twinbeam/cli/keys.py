"""`twinbeam keys`."""

import json
import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from twinbeam.cli.options import json_option, shop_option, workspace_option
from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import Route

if TYPE_CHECKING:
    from twinbeam.core.story import KeyRow
    from twinbeam.engines.stores.sqlite.store import SqliteSetup

_ID = re.compile(r"[0-9a-f]{8}")


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
@click.argument("kind", type=click.Choice(["server", "browser", "read"]))
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

    An event goes to each pixel of which a route takes it: by the host of its page, the country of its visitor,
    its currency and its name (host=, country=, currency=, event=). A --pixel is a route that takes all.

    \b
    Examples:
      twinbeam keys create server --source shop --pixel C4A5B6C7D8E9F0G1H2I3
      twinbeam keys create server --source till --shop shop-fr --pixel C4A5B6C7D8E9F0G1H2I3
      twinbeam keys create browser --source tag --route "C4A5B6C7D8E9F0G1H2I3 country=DE,AT"
      twinbeam keys create read --source support
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.routing import route_of, written
    from twinbeam.cli.setup import known_pixel, known_workspace, meant_for, now_ms, opened_store, who
    from twinbeam.core.rules import FIRST_SHOP
    from twinbeam.core.story import KeyRow
    from twinbeam.core.values import KeyKind
    from twinbeam.pipeline.accept.directory import fingerprint, mint

    leading = [*map(Route, pixels), *map(route_of, routes)]
    if kind != "read" and not leading:
        codes = f"twinbeam pixels list{meant_for(workspace)}"
        raise ConfigError(f"A {kind} key needs a pixel: add --pixel CODE ({codes} shows the codes).")
    text, key_id = mint(KeyKind(kind)), secrets.token_hex(4)
    with opened_store() as store:
        known_workspace(store, workspace)
        for route in leading:
            known_pixel(store, workspace, route.pixel)
        writes_for = _shop_of(store, workspace, kind, shop)
        row = KeyRow(key_id, fingerprint(text), kind, workspace, source, leading, now_ms(), None, writes_for)
        store.add_key(row, who=who())
    if as_json:
        shown = {"id": key_id, "key": text, "kind": kind, "workspace": workspace, "source": source}
        shown |= {} if kind == "read" else {"shop": row.shop or FIRST_SHOP}
        click.echo(json.dumps(shown | {"pixels": row.pixels, "routes": [written(route) for route in leading]}))
    else:
        click.echo(text)
        click.echo(
            f"This is the only time key {key_id} is shown. A running gateway knows it within a second.", err=True
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
    from twinbeam.cli.routing import written
    from twinbeam.cli.setup import known_workspace, meant_for, opened_store
    from twinbeam.core.rules import FIRST_SHOP

    with opened_store() as store:
        known_workspace(store, workspace)
        rows = [row for row in store.access_keys() if row.workspace == workspace]
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

    Of a text nothing is shown again; - asks for it, so that your shell does not keep it.

    \b
    Examples:
      twinbeam keys revoke 1f2e3d4c
      twinbeam keys revoke -
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import known_workspace, meant_for, now_ms, opened_store, who

    said = click.prompt("Key", hide_input=True, err=True) if key == "-" else key
    with opened_store() as store:
        known_workspace(store, workspace)
        key_id = _id_of(said, [row for row in store.access_keys() if row.workspace == workspace])
        if key_id is None or not store.revoke_key(key_id, now_ms(), workspace=workspace, who=who()):
            which = f"There is no valid key {key_id}" if key_id else "This is no key of this workspace"
            raise ConfigError(f"{which}; see: twinbeam keys list{meant_for(workspace)}")
    click.echo(f"Key {key_id} is revoked; a running gateway refuses it within a second.")


def _shop_of(store: "SqliteSetup", workspace: str, kind: str, name: str | None) -> str:
    """Give the shop a write key belongs to; whoever reads sees all of them."""
    from twinbeam.cli.setup import known_shop

    if kind != "read":
        return known_shop(store, workspace, name)
    if name is not None:
        raise ConfigError("A read key tells of every shop of its workspace; leave --shop out.")
    return ""


def _id_of(said: str, rows: "list[KeyRow]") -> str | None:
    """Give the id that is meant: a text that may be a key's is only compared, and never told again."""
    from twinbeam.pipeline.accept.directory import fingerprint

    known = {row.hash: row.id for row in rows}.get(fingerprint(said))
    return known or (said if _ID.fullmatch(said) else None)


def _minute(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
