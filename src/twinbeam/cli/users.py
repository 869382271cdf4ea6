"""`twinbeam users`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from twinbeam.admin.links import MadeLink
    from twinbeam.core.users import LinkRow, UserRow

_ROLES = click.Choice(["owner", "member", "viewer"])


@click.group()
def command() -> None:
    """
    Let people into the pages: invite them, change what they may do, help who is locked out.

    The first owner gets in by the link that the gateway prints when it starts; there is no default password.

    \b
    viewer   reads, without what tells of a person; may be kept to one workspace
    member   changes what is sent and how
    owner    decides who may do what, and connects accounts

    \b
    Examples:
      twinbeam users link
      twinbeam users invite grace --role member
      twinbeam users list
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command()
@click.argument("name", required=False, default="")
def link(name: str) -> None:
    """
    Print a one-time link for an owner who is locked out, valid for 30 minutes.

    With a NAME this user chooses a new password by it. Without one, whoever opens it becomes a new owner.

    \b
    Examples:
      twinbeam users link
      twinbeam users link ada
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import links
    from twinbeam.cli.setup import opened_admin

    with opened_admin(begins=True) as admin:
        made = links.for_owner(admin, name)
    what = f"chooses a new password for {made.row.name}" if name else "becomes an owner"
    _print_link(made, f"Whoever opens it {what}. It works once, within {links.MINUTES} minutes.")


@command.command()
@click.argument("name")
@click.option("--role", type=_ROLES, default="member", show_default=True, help="What they may do.")
@click.option("--workspace", default="", help="For a viewer: the only workspace they see.")
def invite(name: str, role: str, workspace: str) -> None:
    """
    Print a one-time link by which somebody becomes a user and chooses a password; valid for 7 days.

    \b
    Examples:
      twinbeam users invite grace
      twinbeam users invite hats-client --role viewer --workspace hats
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import links
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.users import Role

    with opened_admin(begins=True) as admin:
        made = links.invite(admin, name, Role(role), workspace)
    _print_link(made, f"Send it to {name} by a private way. It works once, within {links.INVITATION_DAYS} days.")


@command.command()
@click.argument("workspace")
@click.option("--for", "name", required=True, help="Who gets it, such as the client's name; shown in the list.")
@click.option("--days", type=int, default=30, show_default=True, help="How long it is valid.")
def show(workspace: str, name: str, days: int) -> None:
    """
    Print a link that shows one workspace to an agency's client, read-only, until it expires or is revoked.

    \b
    Examples:
      twinbeam users show hats --for "Hats Ltd" --days 90
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import links
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        made = links.show_workspace(admin, name, workspace, days=days)
    _print_link(made, f"Whoever holds it reads workspace {workspace} for {days} days. It is not shown again.")


@command.command(name="list")
def list_users() -> None:
    """
    List the users, and the links that still let somebody in. Times are UTC.

    \b
    Examples:
      twinbeam users list
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import links, users
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        people, valid = users.listed(admin), links.valid(admin)
    if not people:
        click.echo("No user yet. Make a link for the first owner:  twinbeam users link")
    else:
        click.echo("\n".join([f"{'name':24} {'role':8} {'workspace':16} {'made':16} state", *map(_user_line, people)]))
    if valid:
        click.echo(
            "\n".join(["", f"{'link':>4} {'purpose':12} {'for':24} {'valid until':16} role", *map(_line, valid)])
        )


@command.command()
@click.argument("name")
@click.argument("role", type=_ROLES)
@click.option("--workspace", default="", help="For a viewer: the only workspace they see.")
def role(name: str, role: str, workspace: str) -> None:
    """
    Change what a user may do, at once.

    \b
    Examples:
      twinbeam users role grace owner
      twinbeam users role grace viewer --workspace hats
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import users
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.users import Role

    with opened_admin() as admin:
        user = users.decide(admin, name, Role(role), workspace)
    click.echo(f"{user.name} is now {users.told(user)}.")


@command.command()
@click.argument("name")
def disable(name: str) -> None:
    """
    Sign a user out everywhere, and let them in no more. What they did stays in the audit.

    \b
    Examples:
      twinbeam users disable grace
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import users
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        user = users.disable(admin, name)
    click.echo(f"{user.name} is disabled and signed out. To undo it:  twinbeam users enable {user.name}")


@command.command()
@click.argument("name")
def enable(name: str) -> None:
    """
    Let a disabled user in again, with the password they had.

    \b
    Examples:
      twinbeam users enable grace
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import users
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        user = users.enable(admin, name)
    click.echo(f"{user.name} may sign in again.")


@command.command()
@click.argument("link_id", metavar="LINK", type=int)
def revoke(link_id: int) -> None:
    """
    Make a link invalid, by its number (twinbeam users list), and end what it opened.

    \b
    Examples:
      twinbeam users revoke 4
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import links
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        links.revoke(admin, link_id)
    click.echo(f"Link {link_id} is revoked.")


def _print_link(made: "MadeLink", sentence: str) -> None:
    """Print a link alone to standard output, so that a program can take it, and what it is beside it."""
    from twinbeam.cli.setup import settings

    click.echo(f"{settings().pages_url}{made.path}")
    click.echo(sentence, err=True)


def _user_line(user: "UserRow") -> str:
    state = "disabled" if user.disabled_ms is not None else "active"
    return f"{user.name:24} {user.role:8} {user.workspace or 'all':16} {_minute(user.created_ms)} {state}"


def _line(link: "LinkRow") -> str:
    place = f" of {link.workspace}" if link.workspace else ""
    whose = link.name or "whoever holds it"
    return f"{link.id:4} {link.purpose:12} {whose:24.24} {_minute(link.expires_ms)} {link.role}{place}"


def _minute(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
