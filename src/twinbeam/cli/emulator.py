"""`twinbeam emulator`: hands over to the other package, which this one never imports."""

import os
import sys

import click


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run TikTok's side on this machine; `twinbeam emulator --help` lists its options."""
    os.execv(sys.executable, [sys.executable, "-m", "tiktok_emulator", *arguments])  # noqa: S606 -- no shell wanted
