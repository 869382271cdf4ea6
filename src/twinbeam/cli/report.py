"""`twinbeam report`."""

from datetime import datetime

import click

from twinbeam.cli.options import workspace_option


@click.group()
def command() -> None:
    """
    Write the weekly report of orders and what TikTok has of them, or send it by e-mail.

    \b
    Examples:
      twinbeam report week
      twinbeam report week --send
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command()
@click.option("--monday", type=click.DateTime(["%Y-%m-%d"]), help="Which week, by its Monday; the last by default.")
@click.option("--print/--send", "is_printed", default=True, help="Print it, or send it by e-mail.  [default: print]")
@click.option("--all-workspaces", is_flag=True, help="Of all workspaces together, as the gateway sends it.")
@workspace_option
def week(*, monday: datetime | None, is_printed: bool, all_workspaces: bool, workspace: str) -> None:
    """
    Print a week's report, or send it to TWINBEAM_REPORT_TO through TWINBEAM_SMTP_URL.

    It holds sums and no personal data. A running gateway sends it by itself each Monday after 06:00 UTC, if
    TWINBEAM_REPORT_TO names somebody. The page of orders leads to the same for printing.

    \b
    Examples:
      twinbeam report week
      twinbeam report week --monday 2026-11-16
      twinbeam report week --all-workspaces --send
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin.weekly_report import report, text_of
    from twinbeam.cli.setup import opened_admin, opened_reader
    from twinbeam.cli.visible import visible

    place = "" if all_workspaces else workspace
    with opened_admin() as admin, opened_reader() as reader:
        found = report(admin, reader, monday.date() if monday else None, place)
    if is_printed:
        click.echo("\n".join(visible(line) for line in text_of(found).splitlines()))
        return
    from twinbeam.app.weekly_reports import mail
    from twinbeam.core.clock import SystemClock
    from twinbeam.core.errors import ConfigError
    from twinbeam.settings import load

    settings = load()
    if not settings.report_to:
        raise ConfigError(
            "Nobody is to get it. Set TWINBEAM_REPORT_TO, TWINBEAM_REPORT_FROM and TWINBEAM_SMTP_URL, such as "
            "smtp://user:password@mail.shop.example:587"
        )
    mail(settings, found, clock=SystemClock())
    click.echo(f"Sent to {len(settings.report_to)} {'person' if len(settings.report_to) == 1 else 'people'}.")
