"""`twinbeam tag`."""

from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from twinbeam.cli.options import workspace_option

if TYPE_CHECKING:
    from twinbeam.admin.snippet import TagLaw, TagMode


class Options(TypedDict):
    """What somebody asks of a snippet."""

    key: str
    host: str
    mode: "TagMode"
    law: "TagLaw"
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
@click.option("--key", default="", help="The browser key (tbb_...); it is public and stands in the page.")
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
def snippet(pixel: str, **options: Unpack[Options]) -> None:
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
    from twinbeam.admin.snippet import KEY_PLACE, SnippetOptions, snippet_for
    from twinbeam.cli.setup import opened_admin, settings

    with opened_admin() as admin:
        found = snippet_for(admin, SnippetOptions(pixel, settings().tag_path, **options))
    for line in found.head:
        click.echo(line)
    click.echo("\nContent-Security-Policy, where the page has one:", err=True)
    for line in found.policy:
        click.echo(f"  {line}", err=True)
    if found.lacks_key:
        made = f"twinbeam keys create browser --source tag --pixel {pixel}"
        click.echo(f"\nPut a browser key in place of {KEY_PLACE}:  {made}", err=True)
