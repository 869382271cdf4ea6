"""The `twinbeam` command. Commands import what they need when they run, so that --help is quick."""

from twinbeam.cli.main import main

__all__ = ["main"]
