"""`twinbeam accounts`."""

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import click

from twinbeam.cli.options import json_option, workspace_option
from twinbeam.cli.visible import visible
from twinbeam.core.errors import ConfigError

if TYPE_CHECKING:
    from twinbeam.admin.accounts import Account
    from twinbeam.admin.contract import Admin
    from twinbeam.integrations.tiktok.client import MarketingClient

T = TypeVar("T")

CALLBACK = "/connect/tiktok/callback"


@click.group()
def command() -> None:
    """
    Connect accounts of TikTok, choose their ad accounts, import their pixels, end connections.

    \b
    Examples:
      twinbeam accounts connect        (prints the address to open)
      twinbeam accounts finish         (asks for the address that TikTok led to)
      twinbeam accounts choose 3f9a0c1b2d4e --all
      twinbeam accounts import 3f9a0c1b2d4e
      twinbeam accounts list
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command()
@click.argument("app_id")
def app(app_id: str) -> None:
    """
    Save the app of TikTok's developer portal that advertisers give access to; its secret comes from standard input.

    The secret is encrypted and never shown again.

    \b
    Examples:
      twinbeam accounts app 7012345678901234567 < secret.txt
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import developer_app
    from twinbeam.app.importing import configured_app
    from twinbeam.cli.setup import opened_admin, settings

    secret = _told("App secret", hidden=True)
    with opened_admin(begins=True) as admin:
        developer_app.save(admin, app_id, secret, configured_app(settings()))
    click.echo(f"App {app_id} is saved. Next:  twinbeam accounts connect")


@command.command()
@click.option("--reconnect", default="", metavar="ACCOUNT", help="Renew this account, and keep what is chosen.")
@click.option("--redirect", default="", metavar="URL", help="Where TikTok leads back to; left out: the pages.")
@workspace_option
def connect(reconnect: str, redirect: str, workspace: str) -> None:
    """
    Print the address at which an advertiser gives access; it is good for 10 minutes.

    TikTok then leads to an address of the pages. Give that address to `twinbeam accounts finish`.
    On the pages themselves, /connect/tiktok does both.

    \b
    Examples:
      twinbeam accounts connect
      twinbeam accounts connect --reconnect 3f9a0c1b2d4e
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import accounts
    from twinbeam.admin.developer_app import known_app
    from twinbeam.app.importing import configured_app
    from twinbeam.cli.setup import opened_admin, settings

    with opened_admin(begins=True) as admin:
        known = known_app(admin, configured_app(settings()))
        state = accounts.begin(admin, workspace, _holder(admin), reconnects=reconnect)
    back = redirect or settings().dashboard.url + CALLBACK
    click.echo(f"Open this address, and confirm it there:\n\n  {_client().consent_url(known.id, state, back)}\n")
    click.echo("Then give the address that TikTok led to:  twinbeam accounts finish")


@command.command()
def finish() -> None:
    """
    Finish what `connect` began, by the address that TikTok led to, read from standard input.

    \b
    Examples:
      twinbeam accounts finish   (asks for it)
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import accounts
    from twinbeam.app.importing import configured_app
    from twinbeam.cli.setup import opened_admin, settings
    from twinbeam.core.accounts import AccountTrouble

    told = parse_qs(urlsplit(_told("Address")).query)
    first = {name: values[0] for name, values in told.items()}
    returned = accounts.Returned(first.get("state", ""), first.get("auth_code", ""), first.get("error", ""))
    with opened_admin() as admin:
        configured, holder = configured_app(settings()), _holder(admin)
        made = _asked(
            lambda client: accounts.finish(_doing(admin), client, returned, holder, configured),
        )
        if isinstance(made, AccountTrouble):
            raise ConfigError(f"The account is not connected. {made}")
        found = accounts.account(admin, made.id)
    name, n = visible(found.name), len(found.advertisers)
    click.echo(f"Account {name} is connected, with {n} ad accounts. Choose those to import:")
    click.echo(f"\n  twinbeam accounts show {made.id}\n  twinbeam accounts choose {made.id} --all")


@command.command(name="list")
@workspace_option
@json_option
def list_accounts(workspace: str, *, as_json: bool) -> None:
    """
    List the connected accounts with their state and their last import.

    \b
    Examples:
      twinbeam accounts list
      twinbeam accounts list --json
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import accounts
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.values import plain

    with opened_admin() as admin:
        found = accounts.listed(admin, workspace)
    if as_json:
        click.echo(json.dumps([plain(each) for each in found]))
    elif not found:
        click.echo("No account is connected yet. Begin with:  twinbeam accounts connect")
    for each in found if not as_json else ():
        _print_account(each)


@command.command()
@click.argument("account")
def show(account: str) -> None:
    """
    Show an account's ad accounts and pixels.

    \b
    Examples:
      twinbeam accounts show 3f9a0c1b2d4e
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import accounts
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.accounts import words_for

    with opened_admin() as admin:
        found = accounts.account(admin, account)
        pixels = admin.store.accounts.imported_pixels(account)
    _print_account(found)
    for each in found.advertisers:
        chosen, name = "chosen" if each.chosen else "not chosen", visible(each.name) or "-"
        click.echo(f"  {each.id:20} {name:30.30} {chosen}{'; no longer covered' * bool(each.gone_since_ms)}")
        if each.problem:
            click.echo(f"    {words_for(each.problem)}")
        for pixel in pixels:
            if pixel.advertiser == each.id:
                vanished = f"; vanished {_moment(pixel.vanished_since_ms)}" if pixel.vanished_since_ms else ""
                relation = f"; {pixel.seen.relation.lower()}" if pixel.seen.relation else ""
                click.echo(f"    {pixel.seen.code:22} {visible(pixel.seen.name):30.30}{relation}{vanished}")


@command.command()
@click.argument("account")
@click.argument("advertisers", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Choose all of them.")
def choose(account: str, advertisers: tuple[str, ...], *, every: bool) -> None:
    """
    Choose the ad accounts whose pixels are imported; those that are not named are no longer chosen.

    \b
    Examples:
      twinbeam accounts choose 3f9a0c1b2d4e 7012345678901234567 7012345678901234568
      twinbeam accounts choose 3f9a0c1b2d4e --all
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import accounts
    from twinbeam.cli.setup import opened_admin

    if bool(advertisers) == every:
        raise ConfigError("Name the ad accounts, or say --all.")
    with opened_admin() as admin:
        ids = [each.id for each in accounts.account(admin, account).advertisers] if every else advertisers
        found = accounts.choose(admin, account, ids)
    click.echo(f"{len(found.chosen)} ad accounts are chosen; a running gateway imports their pixels now.")


@command.command(name="import")
@click.argument("account")
def import_(account: str) -> None:
    """
    Import the pixels of an account now; a running gateway begins within seconds.

    \b
    Examples:
      twinbeam accounts import 3f9a0c1b2d4e
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import accounts
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        accounts.import_now(admin, account)
    click.echo("The import is asked for; a running gateway begins within seconds. See:  twinbeam accounts list")


@command.command()
@click.argument("account")
@click.argument("intake")
def subscribe(account: str, intake: str) -> None:
    """
    Let TikTok tell this gateway of outages of its Events API; INTAKE is the address at which the intake is reached.

    TikTok then posts to a path with a secret of its own, and the alert tiktok_outage begins and ends with the outage.

    \b
    Examples:
      twinbeam accounts subscribe 3f9a0c1b2d4e https://events.shop.example
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import accounts
    from twinbeam.app.incidents import status_address
    from twinbeam.app.keyring import open_keyring
    from twinbeam.cli.setup import opened_admin, with_store
    from twinbeam.core.accounts import AccountTrouble

    host = _host_of(intake)
    address = status_address(open_keyring(with_store()), intake)
    with opened_admin() as admin:
        made = _asked(lambda client: accounts.subscribe_to_status(_doing(admin), client, account, address))
    if isinstance(made, AccountTrouble):
        later = f"Run this again in a few minutes. ({made.detail})" if made.problem.passes else str(made)
        raise ConfigError(f"TikTok did not take the subscription. {later}")
    click.echo(f"TikTok tells {host} of its outages from now on (subscription {made}).")


@command.command()
@click.argument("account")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
def disconnect(account: str, *, yes: bool) -> None:
    """
    Revoke an account's token at TikTok and forget it. What was imported stays.

    Pixels that have no token of their own send nothing any more; their events wait.

    \b
    Examples:
      twinbeam accounts disconnect 3f9a0c1b2d4e
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import accounts
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        name = visible(accounts.account(admin, account).name)
        borrowing = [row.code for row in admin.store.pixels() if row.account == account and not row.has_token]
        if borrowing:
            click.echo(f"Without it these pixels have no token: {', '.join(borrowing)}", err=True)
        if not yes and not click.confirm(f"Disconnect {name}?", err=True):
            raise ConfigError(f"Account {name} is not disconnected.")
        trouble = _asked(lambda client: accounts.disconnect(_doing(admin), client, account))
    click.echo(f"Account {name} is disconnected, and its token is forgotten.")
    if trouble is not None:
        click.echo(f"TikTok could not be told: {trouble} Remove the app's access in TikTok as well.", err=True)


def _print_account(found: "Account") -> None:
    from twinbeam.core.accounts import words_for

    account, run = found.connection, found.run
    click.echo(
        f"{visible(found.name)}  {account.id}  {account.state}, workspace {account.workspace}, by {account.who}, "
        f"{len(found.chosen)} of {len(found.advertisers)} ad accounts chosen"
    )
    if account.problem and account.state != "disconnected":
        click.echo(
            f"  since {_moment(account.trouble_since_ms)}: {words_for(account.problem)} {account.detail}".rstrip()
        )
    if run is not None:
        ended = f"ended {_moment(run.ended_ms)}" if run.ended_ms else "not ended"
        click.echo(
            f"  import of {_moment(run.started_ms)}: {run.done} of {run.total} ad accounts, {ended}; "
            f"{run.added} pixels added, {run.changed} changed, {run.vanished} vanished"
        )


def _client() -> "MarketingClient":
    from twinbeam.cli.setup import settings
    from twinbeam.integrations.tiktok.client import MarketingClient

    return MarketingClient(base_url=settings().tiktok_url, proxy=settings().proxy)


def _asked(ask: Callable[["MarketingClient"], Any]) -> Any:
    """Ask TikTok and close the connections again."""

    async def asking() -> Any:
        client = _client()
        try:
            return await ask(client)
        finally:
            await client.close()

    return asyncio.run(asking())


def _doing(admin: "Admin") -> Any:
    async def do(fn: Callable[["Admin"], T]) -> T:
        return fn(admin)

    return do


def _holder(admin: "Admin") -> str:
    """Name the session on the command line: whoever may use this store, under the same account."""
    return f"command line of {admin.actor.name}"


def _told(what: str, *, hidden: bool = False) -> str:
    text = click.prompt(what, hide_input=hidden) if sys.stdin.isatty() else sys.stdin.readline()
    return str(text).strip()


def _host_of(address: str) -> str:
    """Return the host of an address that TikTok is to reach; raises ConfigError where it is none."""
    try:
        parts = urlsplit(address)
        host = parts.hostname if parts.port != 0 and parts.scheme in ("https", "http") else ""
    except ValueError:
        host = ""
    if not host:
        raise ConfigError(f"{visible(address)} is no address; write it as https://events.shop.example")
    return host


def _moment(ms: int | None) -> str:
    return datetime.fromtimestamp((ms or 0) / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
