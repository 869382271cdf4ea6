"""`twinbeam tag`."""

from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from twinbeam.cli.options import workspace_option
from twinbeam.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

TIKTOK_HOST = "https://analytics.tiktok.com"  #: tiktok.md 9.1
#: What TikTok's script asks of a page's policy (tiktok.md 9.7).
TIKTOK_HOSTS = f"{TIKTOK_HOST} https://analytics-ipv6.tiktokw.us https://ads.tiktok.com"
KEY_PLACE = "YOUR-BROWSER-KEY"


class Wishes(TypedDict):
    """What somebody asks of a snippet."""

    key: str
    host: str
    mode: str
    law: str
    nonce: str
    sri: bool
    workspace: str


@click.group()
def command() -> None:
    """
    Show what a shop's pages need for the browser tag.

    \b
    Examples:
      twinbeam tag snippet C4A5B6C7D8E9F0G1H2I3
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command()
@click.argument("pixel")
@click.option("--key", default=KEY_PLACE, help="The browser key (tbb_...); it is public and stands in the page.")
@click.option("--host", default="", help="Where pages reach the gateway, if not on their own host: https://t.shop.de")
@click.option(
    "--mode",
    type=click.Choice(["drop-in", "own", "gateway"]),
    default="drop-in",
    show_default=True,
    help="drop-in: before TikTok's base code. own: the tag loads TikTok's script. gateway: without that script.",
)
@click.option(
    "--law",
    type=click.Choice(["opt_in", "opt_out", "by_region"]),
    default="opt_in",
    show_default=True,
    help="What it means when a visitor has not answered.",
)
@click.option("--nonce", default="", help="Your policy's nonce, or the place where your template puts it: {{ nonce }}")
@click.option(
    "--sri",
    is_flag=True,
    help="One script with subresource integrity, nothing inline. It never changes: `pixels stop` does not reach it.",
)
@workspace_option
def snippet(pixel: str, **its: Unpack[Wishes]) -> None:
    """
    Print the lines for the head of every page, and what a content security policy has to allow.

    They stand before TikTok's base code and before everything else that calls it. Behind them the page stays
    as it is.

    \b
    Examples:
      twinbeam tag snippet C4A5B6C7D8E9F0G1H2I3 --key tbb_...
      twinbeam tag snippet C4A5B6C7D8E9F0G1H2I3 --key tbb_... --nonce "{{ nonce }}"
      twinbeam tag snippet C4A5B6C7D8E9F0G1H2I3 --key tbb_... --sri
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import known_pixel, known_workspace, opened_store
    from twinbeam.settings import load

    key, nonce, sri, host = its["key"], its["nonce"], its["sri"], its["host"].rstrip("/")
    if key != KEY_PLACE and not key.startswith("tbb_"):
        raise ConfigError("A page may hold a browser key only: keys of that kind begin with tbb_.")
    with opened_store() as store:
        rules = known_pixel(store, known_workspace(store, its["workspace"]), pixel).rules
    wishes = {"mode": its["mode"], "law": its["law"], "pixel": pixel if its["mode"] == "own" else ""}
    if sri and rules.purchase_means != "placed":
        wishes["purchase"] = rules.purchase_means  # a file that never changes cannot tell of rules that do
    if sri and rules.event_id_from == "order":
        wishes["ids"] = "order"
    usual = {"mode": "drop-in", "law": "opt_in"}
    attributes = {name: value for name, value in wishes.items() if value and value != usual.get(name)}
    for line in head_lines(key, host + load().tag_path, attributes, nonce=nonce, sri=sri):
        click.echo(line)
    click.echo("\nContent-Security-Policy, where the page has one:", err=True)
    for line in policy_lines(host, its["mode"], nonce=nonce, sri=sri):
        click.echo(f"  {line}", err=True)
    if key == KEY_PLACE:
        made = f"twinbeam keys create browser --source tag --pixel {pixel}"
        click.echo(f"\nPut a browser key in place of {KEY_PLACE}:  {made}", err=True)


def head_lines(key: str, base: str, attributes: dict[str, str], *, nonce: str, sri: bool) -> "Iterator[str]":
    """Give the lines of a page's head."""
    from twinbeam.pipeline.accept.tag.files import built

    its = built()
    own = "".join(f' data-{name}="{value}"' for name, value in attributes.items())
    bears = f' nonce="{nonce}"' if nonce else ""
    if sri:
        integrity = its.manifest.integrity["whole"]
        yield f'<script{bears} src="{base}/{its.whole}.js?key={key}" integrity="{integrity}" crossorigin{own}></script>'
        return
    yield f"<script{bears}>{its.texts['inline'].decode()}</script>"
    yield f'<script{bears} async src="{base}.js?key={key}"{own}></script>'


def policy_lines(host: str, mode: str, *, nonce: str, sri: bool) -> "Iterator[str]":
    """Give what the page's content security policy has to allow; without a nonce the inline part goes by its hash."""
    from twinbeam.pipeline.accept.tag.files import built

    ours = host or "'self'"
    inline = "" if sri or nonce else f" '{built().manifest.integrity['inline']}'"
    given = f" 'nonce-{nonce}'" if nonce else ""
    tiktok = "" if mode == "gateway" else f" {TIKTOK_HOSTS}"
    yield f"script-src {ours}{given}{inline}{tiktok}"
    yield f"connect-src {ours}{tiktok}"
    if tiktok:
        yield f"img-src{tiktok}"
