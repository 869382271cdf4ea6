"""`twinbeam pixels pause`, `drain` and `resume`."""

import click

from twinbeam.cli.options import workspace_option


@click.command()
@click.argument("code")
@workspace_option
def pause(code: str, workspace: str) -> None:
    """
    Pause a pixel: events are accepted and wait, its browser tag goes on, and nothing is sent until it is resumed.

    What waits for 7 days expires. To switch the tag off as well, stop the pixel.

    \b
    Examples:
      twinbeam pixels pause C4A5B6C7D8E9F0G1H2I3
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import flowing
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        flowing.pause(admin, workspace, code)
    click.echo(f"Pixel {code} is paused. Events wait, for 7 days at most.")


@click.command()
@click.argument("code")
@workspace_option
def drain(code: str, workspace: str) -> None:
    """
    Drain a pixel: what waits now is sent, and what arrives from now on waits until it is resumed.

    \b
    Examples:
      twinbeam pixels drain C4A5B6C7D8E9F0G1H2I3
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import flowing
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        flowing.drain(admin, workspace, code)
        _, waiting = admin.store.unsent_of(workspace, code)
    click.echo(f"Pixel {code} is drained: {waiting} waiting events are sent, and what is new waits.")


@click.command()
@click.argument("code")
@workspace_option
def resume(code: str, workspace: str) -> None:
    """
    Resume a paused or drained pixel: what waits is sent, and all that comes.

    \b
    Examples:
      twinbeam pixels resume C4A5B6C7D8E9F0G1H2I3
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import flowing
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        waiting = flowing.resume(admin, workspace, code)
    if waiting is None:
        click.echo(f"Pixel {code} is neither paused nor drained.")
    else:
        click.echo(f"Pixel {code} goes on: {waiting} waiting events are sent now.")
