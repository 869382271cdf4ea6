"""`twinbeam backup`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from twinbeam.app.backup.taking import Progress, TakenBackup
    from twinbeam.settings import Settings


@click.command()
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path), help="Folder that backups are kept in.")
@click.option("--keep", type=click.IntRange(1), help="Remove all but this many of the newest backups there.")
@click.option("--with-keys", is_flag=True, help="Put the key ring in as well: whoever has the backup can read it.")
@click.option("--quiet", is_flag=True, help="Print nothing where all is well.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest and its place as JSON.")
def command(*, folder: Path, keep: int | None, with_keys: bool, quiet: bool, as_json: bool) -> None:
    """
    Back the store and the journals up, while the gateway runs or not, and verify what was written.

    Each backup is a folder of its own with a manifest: versions, times, counts, and the SHA-256 of each file. The key
    ring is not in it, so that a stolen backup is unreadable: back that up apart from it.

    The exit status is 0 for a good backup and 1 for none. Earlier ones go only after a good one.

    \b
    Examples:
      twinbeam backup --to /var/backups/twinbeam
      twinbeam backup --to /var/backups/twinbeam --keep 14 --quiet
    """  # noqa: D301 -- \b tells click to keep the lines
    import json

    from twinbeam.app.backup.keeping import remove_older
    from twinbeam.app.backup.taking import Wish, take
    from twinbeam.app.keyring import open_keyring
    from twinbeam.cli.setup import opened_store, with_store
    from twinbeam.core.clock import SystemClock
    from twinbeam.core.values import plain

    settings = with_store()
    taken = take(settings, open_keyring(settings), Wish(folder.absolute(), with_keys), SystemClock(), _progress())
    if taken.is_current:
        with opened_store() as store:
            store.note_backup(taken.manifest.taken_ms, str(taken.place), taken.bytes)
    gone = remove_older(folder, keep) if keep is not None else []
    if as_json:
        click.echo(json.dumps({"place": str(taken.place), **plain(taken.manifest)}))
    elif not quiet:
        click.echo("\n".join(_lines(settings, taken, len(gone), with_keys=with_keys)))


def _lines(settings: "Settings", taken: "TakenBackup", gone: int, *, with_keys: bool) -> list[str]:
    conversions = sum(taken.manifest.conversions.values())
    lines = [f"Backed up and verified: {conversions:,} conversions, {taken.bytes / 1024**2:,.1f} MiB, in {taken.place}"]
    if gone:
        lines.append(f"Older backups removed: {gone}.")
    if with_keys:
        lines.append("The key ring is in it: whoever has this folder can read all of it. Keep it as you keep the key.")
    else:
        log = settings.keyring.with_suffix(".erasures").name
        told = f"The key ring is not in it. Back up {settings.keyring} and {log} apart from it"
        lines.append(f"{told}: without them nobody can read it.")
    return lines


def _progress() -> "Progress":
    """Return who shows on a terminal how far it is; nobody where there is none."""
    if not sys.stderr.isatty():
        return lambda _what, _done, _whole: None

    def show(what: str, done: int, whole: int) -> None:
        click.echo(f"\r{what:9} {100 * done // max(1, whole):3} %", err=True, nl=done >= whole)

    return show
