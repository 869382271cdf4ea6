"""`twinbeam restore`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from twinbeam.app.backup.restoring import Restored


@click.command()
@click.argument("backup", type=click.Path(path_type=Path))
@click.option("--hold", is_flag=True, help="Hold the events that waited in the backup, however old it is.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def command(backup: Path, *, hold: bool, as_json: bool) -> None:
    """
    Put a backup back into TWINBEAM_DATA, which must be empty: nothing is overwritten.

    Requests for erasure that were made since are carried out again; they are in the log beside the key ring. Events
    that waited in the backup are sent again under the same event id, which TikTok drops for 48 hours. From a backup
    that is more than 47 hours old they are held for you: see twinbeam restored.

    \b
    Examples:
      twinbeam restore /var/backups/twinbeam/twinbeam-20261129-021500
    """  # noqa: D301 -- \b tells click to keep the lines
    import json

    from twinbeam.app.backup.restoring import restore
    from twinbeam.cli.setup import actor
    from twinbeam.core.clock import SystemClock
    from twinbeam.settings import load

    settings = load()
    done = restore(settings, backup.absolute(), actor(), SystemClock(), _progress, hold=hold)
    if as_json:
        told = {"taken_ms": done.manifest.taken_ms, "held": done.held, "waiting": done.waiting, "erased": done.erased}
        click.echo(json.dumps({**told, "journal_events": done.journal_events, "conversions": dict(done.conversions)}))
        return
    click.echo("\n".join([f"Restored into {settings.data}.", *_lines(done)]))


def _lines(done: "Restored") -> list[str]:
    from twinbeam.core.delivery import RESEND_MS
    from twinbeam.core.wording import utc

    lines = [f"The backup is of {utc(done.manifest.taken_ms)}: {sum(done.conversions.values()):,} conversions."]
    if done.journal_events:
        lines.append(f"Accepted and not yet recorded then, recorded at the next start: {done.journal_events:,} events.")
    if done.erased:
        lines.append(f"Erasures that were asked for since, carried out again before anything is sent: {done.erased:,}.")
    if done.held:
        lines.append(f"Held for you, because TikTok may have them: {done.held:,} events. See: twinbeam restored")
    elif done.waiting:
        until = utc(done.manifest.taken_ms + RESEND_MS)
        lines.append(f"Sent again at the next start, which TikTok drops if it has them: {done.waiting:,} events.")
        lines.append(f"Start before {until}: what waits then is not sent any more by itself.")
    for scope in done.used_up:
        whose = f"Pixel {scope.partition('/')[2]}'s" if scope else "The app's"
        lines.append(
            f"{whose} requests of this UTC day count as used up, since it is not known how many were made. "
            "Nothing is sent until 00:00 UTC, unless you set that limit higher for today."
        )
    return [*lines, "What came in after the backup is not in it: let senders repeat it. Start: twinbeam serve"]


def _progress(what: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"{what} ...", err=True)
