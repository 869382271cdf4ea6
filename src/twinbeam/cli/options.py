"""Options that several commands share."""

from collections.abc import Callable
from typing import Any

import click

from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import MAIN

Command = Callable[..., Any]


def workspace_option(command: Command) -> Command:
    """Let a command be meant for another workspace than the one a single shop has."""
    option = click.option(
        "--workspace", default=MAIN, help="For agencies: the client it belongs to; leave it out for a single shop."
    )
    return option(command)


def trial_options(command: Command) -> Command:
    """Let a command save a token that TikTok did not take."""
    untried = click.option("--untried", is_flag=True, help="Save the token without asking TikTok; for scripts.")
    force = click.option("--force", is_flag=True, help="Save it also where TikTok refuses it and the saved one works.")
    return untried(force(command))


def shop_option(command: Command) -> Command:
    """Let a command be meant for one shop of several on a pixel."""
    option = click.option(
        "--shop",
        default=None,
        help="The shop, where there are several (twinbeam shops list); leave it out for a single shop.",
    )
    return option(command)


def _assigned(_context: click.Context, _parameter: click.Parameter, words: tuple[str, ...]) -> dict[str, str]:
    return assigned(words)


def assigned(words: tuple[str, ...]) -> dict[str, str]:
    """Read `name=value` words; of a name that stands twice the last counts."""
    pairs = [word.partition("=") for word in words]
    for name, separator, _ in pairs:
        if not separator:
            raise ConfigError(f"{name}: write it as name=value; `name=` alone restores the default.")
    return {name.strip(): value.strip() for name, _, value in pairs}


optional_assignments_argument = click.argument("assignments", nargs=-1, metavar="[NAME=VALUE]...", callback=_assigned)
assignments_argument = click.argument(
    "assignments", nargs=-1, required=True, metavar="NAME=VALUE...", callback=_assigned
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
