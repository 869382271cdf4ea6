"""`twinbeam workspaces`."""

import re

import click

from twinbeam.core.errors import ConfigError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@click.group()
def command() -> None:
    """
    For agencies: keep clients apart. A single shop has one workspace and never needs to name it.

    \b
    Examples:
      twinbeam workspaces add hats
      twinbeam workspaces set hats hosts=hats.example
      twinbeam pixels add C4A5B6C7D8E9F0G1H2I3 --workspace hats
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command()
@click.argument("name")
def add(name: str) -> None:
    """
    Add a workspace. Its pixels and keys are made with --workspace, and its keys never reach another one's pixels.

    \b
    Examples:
      twinbeam workspaces add hats
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import now_ms, opened_store, who
    from twinbeam.core.rules import DEFAULT_WORKSPACE, MAIN

    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name} is no name for a workspace: use small letters, digits, '-' and '_', such as hats.")
    with opened_store() as store:
        if name == MAIN or name in store.workspaces():
            raise ConfigError(f"There is a workspace {name} already.")
        store.save_workspace(name, DEFAULT_WORKSPACE, now_ms=now_ms(), who=who())
    click.echo(f"Workspace {name} is added. Next, its pixels:  twinbeam pixels add CODE --workspace {name}")


@command.command(name="list")
def list_workspaces() -> None:
    """
    List the workspaces with what was decided about each; what nobody decided is marked.

    \b
    Examples:
      twinbeam workspaces list
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.ruling import lines
    from twinbeam.cli.setup import opened_store
    from twinbeam.core.rules import DEFAULT_WORKSPACE, MAIN

    with opened_store() as store:
        known = {MAIN: DEFAULT_WORKSPACE} | store.workspaces()
    for name, rules in known.items():
        click.echo(name)
        for rule, value, usual in lines(rules):
            click.echo(f"  {rule:30} {value}{'   (default)' if usual else ''}")


@command.command(name="set")
@click.argument("name")
@click.argument("assignments", nargs=-1, required=True, metavar="NAME=VALUE...")
def set_rules(name: str, assignments: tuple[str, ...]) -> None:
    """
    Decide something about a workspace; docs/reference/pixel-rules.md lists what. NAME= alone puts the default back.

    \b
    Examples:
      twinbeam workspaces set main hosts=shop.example keep_days=14
      twinbeam workspaces set hats rates.USD.2026-11-21.EUR=0.91
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.ruling import changed
    from twinbeam.cli.setup import known_workspace, now_ms, opened_store, who
    from twinbeam.core.rules import DEFAULT_WORKSPACE

    with opened_store() as store:
        rules = store.workspaces().get(known_workspace(store, name), DEFAULT_WORKSPACE)
        store.save_workspace(name, changed(rules, assignments), now_ms=now_ms(), who=who())
    click.echo(f"Workspace {name} is changed; a running gateway obeys within a second.")
