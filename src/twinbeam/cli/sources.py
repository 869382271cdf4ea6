"""`twinbeam sources`."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from twinbeam.cli.options import assigned, assignments_argument, json_option, shop_option, workspace_option
from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import Route


@click.group()
def command() -> None:
    """
    Accept signed webhooks: make a source with its secret, replace the secret, list and remove sources.

    \b
    Examples:
      twinbeam sources create till --pixel CODE
      twinbeam sources list
    """  # noqa: D301 -- \b tells click to keep the lines


def _secret_option(function: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--secret-stdin", is_flag=True, help="Read the secret from standard input, where the sender has drawn it."
    )
    return option(function)


@command.command()
@click.argument("name")
@click.option("--pixel", "pixels", multiple=True, help="A pixel its events go to; repeat for several.")
@click.option(
    "--route",
    "routes",
    multiple=True,
    help='A pixel for some of its events, such as "CODE host=shop.de country=DE"; repeat for several.',
)
@click.option(
    "--kind",
    type=click.Choice(["webhook", "shopify", "woocommerce", "stripe"]),
    default="webhook",
    show_default=True,
    help="What its sender speaks.",
)
@click.option("--set", "rules", multiple=True, metavar="NAME=VALUE", help="A rule for its orders; repeat for several.")
@_secret_option
@shop_option
@workspace_option
@json_option
def create(  # noqa: PLR0913 -- one for each option
    name: str,
    pixels: tuple[str, ...],
    routes: tuple[str, ...],
    kind: str,
    rules: tuple[str, ...],
    *,
    secret_stdin: bool,
    shop: str | None,
    workspace: str,
    as_json: bool,
) -> None:
    """
    Make a source and show its secret, once.

    What it signs is taken at /in/KIND/NAME, and counts as the word of the shop's server.

    \b
    Examples:
      twinbeam sources create till --pixel C4A5B6C7D8E9F0G1H2I3
      twinbeam sources create crm --route "C4A5B6C7D8E9F0G1H2I3 event=Lead" --secret-stdin < crm.txt
      twinbeam sources create shop --kind shopify --pixel C4A5B6C7D8E9F0G1H2I3 --secret-stdin < key
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import sources
    from twinbeam.admin.routes import route_of
    from twinbeam.cli.setup import opened_admin

    leading = (*map(Route, pixels), *map(route_of, routes))
    given = _given(secret_stdin=secret_stdin)
    with opened_admin(begins=True) as admin:
        wanted = sources.NewSource(name, leading, shop, workspace, given, kind, assigned(rules))
        secret = sources.create(admin, wanted)
    _show(name, secret, kind, as_json=as_json)


@command.command(name="list")
@workspace_option
def list_sources(workspace: str) -> None:
    """
    List the sources, how many secrets are valid, and since when the newest is (UTC). Secrets cannot be shown again.

    \b
    Examples:
      twinbeam sources list
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import sources
    from twinbeam.admin.routes import written
    from twinbeam.admin.workspaces import meant_for
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.rules import FIRST_SHOP

    with opened_admin() as admin:
        rows = sources.listed(admin, workspace)
    if not rows:
        click.echo(f"No source yet. Make one:  twinbeam sources create NAME --pixel CODE{meant_for(workspace)}")
        return
    click.echo(f"{'source':20} {'kind':12} {'shop':16} {'secrets':7} {'newest since':16} routes")
    for row in rows:
        since = datetime.fromtimestamp((row.rotated_ms or row.created_ms) / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
        routes = "; ".join(map(written, row.routes))
        click.echo(f"{row.name:20} {row.dialect:12} {row.shop or FIRST_SHOP:16} {len(row.secrets):7} {since} {routes}")


@command.command()
@click.argument("name")
@_secret_option
@json_option
def rotate(name: str, *, secret_stdin: bool, as_json: bool) -> None:
    """
    Add a new secret beside the present one, and show it once. Give it to the sender, then retire the old one.

    \b
    Examples:
      twinbeam sources rotate till
      twinbeam sources rotate crm --secret-stdin < secret.txt
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import sources
    from twinbeam.cli.setup import opened_admin

    given = _given(secret_stdin=secret_stdin)
    with opened_admin() as admin:
        secret = sources.rotate(admin, name, given)
        kind = sources.dialect_of(admin, name)
    _show(name, secret, kind, as_json=as_json)


@command.command(name="set")
@click.argument("name")
@assignments_argument
def set_rules(name: str, assignments: dict[str, str]) -> None:
    """
    Decide about the orders of a shop system, and show all of its rules. `NAME=` alone restores the default.

    \b
    Examples:
      twinbeam sources set shop money=presentment order_id=name
      twinbeam sources set shop renewal=purchase point_of_sale=
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import sources
    from twinbeam.admin.rules import lines
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        rules = sources.set_rules(admin, name, assignments)
    for rule, value, usual in lines(rules):
        click.echo(f"{rule:16} {value}{'' if usual else '  (changed)'}")


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """
    Show what came from a source lately: whether it works, how late it is, and its last deliveries.

    \b
    Examples:
      twinbeam sources show lamps
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin.sources import dialect_of
    from twinbeam.cli.setup import now_ms, opened_admin
    from twinbeam.core.deliveries import NOTHING_HEARD
    from twinbeam.observe.deliveries import heard_of
    from twinbeam.settings import load
    from twinbeam.web.sources.facts import standing_of
    from twinbeam.web.wording import lapse

    with opened_admin() as admin:
        kind = dialect_of(admin, name)
    heard, at_ms = heard_of(load().data).get(name, NOTHING_HEARD), now_ms()
    standing = standing_of(heard, at_ms)
    click.echo(f"{name} ({kind}): {standing.word}. {standing.sentence}")
    click.echo(f"{'signed':16} {heard.signed}")
    for outcome in ("wrongly signed", "too large", "ping"):
        click.echo(f"{outcome:16} {heard.unsigned_of(outcome, at_ms)} today and yesterday")
    median, high = heard.lag_ms(0.5, at_ms), heard.lag_ms(0.95, at_ms)
    if median is not None and high is not None:
        click.echo(f"{'lag':16} {lapse(median)} median, {lapse(high)} for 95 %, last 24 hours")
    for one in heard.last:
        at = datetime.fromtimestamp(one.at_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        click.echo(f"{at}  {one.topic or '-':32} {one.outcome:12} {one.reason}".rstrip())


@command.command(name="map")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
def map_orders(name: str, file: Path | None) -> None:
    """
    Read the orders of a webhook source by a mapping file; without a file it sends events again.

    \b
    Examples:
      twinbeam sources map till till.toml
      twinbeam sources map till
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import sources
    from twinbeam.cli.setup import opened_admin

    mapping = _mapping(file) if file is not None else {}
    with opened_admin() as admin:
        sources.map_orders(admin, name, mapping)
    click.echo(f"Source {name} is read by {len(mapping)} fields." if mapping else f"Source {name} sends events.")


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("body", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def preview(file: Path, body: Path) -> None:
    """
    Show what a mapping FILE makes of a webhook's BODY. Nothing is sent or stored.

    \b
    Examples:
      twinbeam sources preview till.toml delivery.json
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import now_ms
    from twinbeam.sources.mapping_preview import preview as previewed

    found = previewed(_read(file), body.read_bytes(), now_ms())
    if found.problem:
        raise ConfigError(f"{file if not found.fields else body}: {found.problem}")
    for name, value in found.understood:
        click.echo(f"{name:20} {value}")
    for name, path in found.missing:
        click.echo(f"{name:20} missing: there is nothing at {path}")
    for name, why in found.advised:
        click.echo(f"{name:20} not in the mapping. {why}")


def _mapping(file: Path) -> dict[str, str]:
    from twinbeam.sources.mapped_orders import MappingError, mapping_of

    try:
        return mapping_of(_read(file))
    except MappingError as error:
        raise ConfigError(f"{file}: {error}") from error


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text. Save it as UTF-8.") from error


@command.command()
@click.argument("name")
def retire(name: str) -> None:
    """
    End the older of two secrets. What is signed only with it is refused from then on.

    \b
    Examples:
      twinbeam sources retire till
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import sources
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        sources.retire(admin, name)
    click.echo(f"The older secret of source {name} is ended; a running gateway refuses it within a second.")


@command.command()
@click.argument("name")
def remove(name: str) -> None:
    """
    Remove a source. What it signs is refused from then on; what it reported stays.

    \b
    Examples:
      twinbeam sources remove till
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import sources
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        sources.remove(admin, name)
    click.echo(f"Source {name} is removed; a running gateway refuses it within a second.")


def _given(*, secret_stdin: bool) -> str | None:
    return sys.stdin.readline() if secret_stdin else None


def _show(name: str, secret: str, kind: str, *, as_json: bool) -> None:
    path = f"/in/{kind}/{name}"
    if as_json:
        click.echo(json.dumps({"source": name, "path": path, "secret": secret}))
        return
    click.echo(secret)
    click.echo(
        f"This is the only time the secret is shown. Let the sender post to {path}; a running gateway knows it within "
        "a second.",
        err=True,
    )
