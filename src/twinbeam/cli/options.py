"""Options that several commands share."""

from collections.abc import Callable
from typing import Any

import click

from twinbeam.core.rules import MAIN

Command = Callable[..., Any]


def workspace_option(command: Command) -> Command:
    """Let a command be meant for another workspace than the one a single shop has."""
    option = click.option(
        "--workspace", default=MAIN, help="For agencies: the client it belongs to; leave it out for a single shop."
    )
    return option(command)


def shop_option(command: Command) -> Command:
    """Let a command be meant for one shop of several on a pixel."""
    option = click.option(
        "--shop",
        default=None,
        help="For several shops: the one that is meant (twinbeam shops list); else leave it out.",
    )
    return option(command)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
