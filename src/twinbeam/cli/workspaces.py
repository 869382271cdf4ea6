"""`twinbeam workspaces`."""

import click

from twinbeam.cli.options import assignments_argument


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
    from twinbeam.admin import workspaces
    from twinbeam.cli.setup import opened_admin

    with opened_admin(begins=True) as admin:
        workspaces.add(admin, name)
    click.echo(f"Workspace {name} is added. Next, its pixels:  twinbeam pixels add CODE --workspace {name}")


@command.command(name="list")
def list_workspaces() -> None:
    """
    List the workspaces with their rules; defaults are marked.

    \b
    Examples:
      twinbeam workspaces list
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import workspaces
    from twinbeam.admin.rules import lines
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        known = workspaces.listed(admin)
    for name, rules in known.items():
        click.echo(name)
        for rule, value, usual in lines(rules):
            click.echo(f"  {rule:30} {value}{'   (default)' if usual else ''}")


@command.command(name="set")
@click.argument("name")
@assignments_argument
def set_rules(name: str, assignments: dict[str, str]) -> None:
    """
    Set rules of a workspace; docs/reference/pixel-rules.md lists them. NAME= alone restores the default.

    \b
    Examples:
      twinbeam workspaces set main hosts=shop.example keep_days=14
      twinbeam workspaces set hats rates.USD.2026-11-21.EUR=0.91
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import workspaces
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        workspaces.decide(admin, name, assignments)
    click.echo(f"Workspace {name} is changed; a running gateway obeys within a second.")
