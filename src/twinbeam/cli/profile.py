"""`twinbeam pixels profile`."""

import click

from twinbeam.cli.options import optional_assignments_argument, workspace_option


@click.command()
@click.argument("code")
@optional_assignments_argument
@workspace_option
def profile(code: str, assignments: dict[str, str], workspace: str) -> None:
    """
    Show whose a pixel is, or say so: client, brand, domain, market, owner. NAME= alone takes one away.

    Names of pixels may follow the pattern brand_domain_market_environment; the name by it is offered, and what differs
    is told. The environment is a rule: twinbeam pixels set CODE environment=staging.

    \b
    Examples:
      twinbeam pixels profile C4A5B6C7D8E9F0G1H2I3
      twinbeam pixels profile C4A5B6C7D8E9F0G1H2I3 client=Acme brand=acme market=DE owner=Ada
    """  # noqa: D301 -- \b tells click to keep the lines
    from msgspec.structs import asdict

    from twinbeam.admin import profiles
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        if assignments:
            found = profiles.describe(admin, workspace, code, assignments)
        else:
            found = profiles.view(admin, workspace, code)
    for name, text in asdict(found.profile).items():
        click.echo(f"{name:12} {text or '-'}")
    click.echo(f"{'environment':12} {found.environment}")
    click.echo(f"{'name':12} {found.name}")
    if found.objection:
        click.echo(f"  {found.objection}")
    if found.offered and found.offered != found.name:
        click.echo(f"  By the pattern it would be {found.offered}.")
