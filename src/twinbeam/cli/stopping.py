"""`twinbeam pixels stop` and `twinbeam pixels start`."""

import click

from twinbeam.cli.options import workspace_option


@click.command()
@click.argument("code")
@click.option("--why", default="", metavar="TEXT", help="The reason, for the list, the pages and the audit.")
@workspace_option
def stop(code: str, why: str, workspace: str) -> None:
    """
    Stop a pixel within a minute: nothing is sent to it, and its browser tag does nothing.

    Events are still accepted, and wait. A request to TikTok that has begun is not called back. What waits for 7 days
    expires as pixel_stopped.

    \b
    Examples:
      twinbeam pixels stop C4A5B6C7D8E9F0G1H2I3
      twinbeam pixels stop C4A5B6C7D8E9F0G1H2I3 --why "values are wrong since the new theme"
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import stopping
    from twinbeam.admin.workspaces import meant_for
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.wording import since_when

    with opened_admin() as admin:
        before = stopping.stop(admin, workspace, code, why)
    if before is not None:
        click.echo(f"Pixel {code} is stopped already, {since_when(before)}.")
        return
    click.echo(f"Pixel {code} is stopped: nothing is sent to it, and within a minute pages no longer load its tag.")
    click.echo(f"Events wait, for 7 days at most. To start it:  twinbeam pixels start {code}{meant_for(workspace)}")


@click.command()
@click.argument("code")
@workspace_option
def start(code: str, workspace: str) -> None:
    """
    Start a stopped pixel: what waits is sent, and its browser tag works again within a minute.

    \b
    Examples:
      twinbeam pixels start C4A5B6C7D8E9F0G1H2I3
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import stopping
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        waiting = stopping.start(admin, workspace, code)
    if waiting is None:
        click.echo(f"Pixel {code} is not stopped.")
    else:
        click.echo(f"Pixel {code} is started: {waiting} waiting events are sent now. Pages load its tag in a minute.")
