"""`twinbeam pixels stop` and `twinbeam pixels start`."""

import click

from twinbeam.cli.options import workspace_option
from twinbeam.core.errors import ConfigError

MOST_CHARS = 200  #: of a reason: it stands in a table


@click.command()
@click.argument("code")
@click.option("--why", default="", metavar="TEXT", help="What the list, the pages and the audit say of it.")
@workspace_option
def stop(code: str, why: str, workspace: str) -> None:
    """
    Stop a pixel: within a minute nothing is sent to it, and its browser tag loads nothing of TikTok's.

    Events are taken as before and wait. What a request carries already arrives. After 7 days what waits ends unsent,
    as pixel_stopped.

    \b
    Examples:
      twinbeam pixels stop C4A5B6C7D8E9F0G1H2I3
      twinbeam pixels stop C4A5B6C7D8E9F0G1H2I3 --why "values are wrong since the new theme"
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import known_pixel, known_workspace, meant_for, now_ms, opened_store, who
    from twinbeam.dashboard.wording import since_when

    if len(why) > MOST_CHARS or not why.isprintable():
        raise ConfigError(f"Give the reason in one line of at most {MOST_CHARS} characters.")
    with opened_store() as store:
        known_pixel(store, known_workspace(store, workspace), code)
        changed = store.stop_pixel(workspace=workspace, code=code, why=why, now_ms=now_ms(), who=who())
        stopped = known_pixel(store, workspace, code).stopped
    if not changed and stopped is not None:
        click.echo(f"Pixel {code} is stopped already, {since_when(stopped)}.")
        return
    click.echo(f"Pixel {code} is stopped: nothing more is sent to it, and pages load its tag no more within a minute.")
    click.echo(
        f"Events are taken and wait, for 7 days at most. To go on:  twinbeam pixels start {code}{meant_for(workspace)}"
    )


@click.command()
@click.argument("code")
@workspace_option
def start(code: str, workspace: str) -> None:
    """
    Start a pixel that was stopped: what waits is sent, and its browser tag works again within a minute.

    \b
    Examples:
      twinbeam pixels start C4A5B6C7D8E9F0G1H2I3
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import known_pixel, known_workspace, now_ms, opened_store, who

    with opened_store() as store:
        known_pixel(store, known_workspace(store, workspace), code)
        _, waiting = store.unsent_of(workspace, code)
        changed = store.start_pixel(workspace=workspace, code=code, now_ms=now_ms(), who=who())
    if changed:
        click.echo(f"Pixel {code} is started: {waiting} waiting events go out now, and pages load its tag in a minute.")
    else:
        click.echo(f"Pixel {code} is not stopped.")
