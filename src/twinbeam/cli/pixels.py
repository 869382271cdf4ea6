"""`twinbeam pixels`."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from twinbeam.cli.flowing import drain, pause, resume
from twinbeam.cli.options import assignments_argument, json_option, trial_options, workspace_option
from twinbeam.cli.profile import profile
from twinbeam.cli.stopping import start, stop
from twinbeam.cli.visible import visible
from twinbeam.core.errors import ConfigError

if TYPE_CHECKING:
    from twinbeam.admin.pixel_removal import Removal
    from twinbeam.admin.pixels import ConsentPolicy
    from twinbeam.core.story import PixelRow


@click.group()
def command() -> None:
    """
    Add pixels and event sets, list them, save their access tokens, set their rules, stop and start them.

    \b
    Examples:
      twinbeam pixels add C4A5B6C7D8E9F0G1H2I3 --token-stdin < token.txt
      twinbeam pixels set C4A5B6C7D8E9F0G1H2I3 purchase_means=paid
      twinbeam pixels list
    """  # noqa: D301 -- \b tells click to keep the lines


command.add_command(stop)
command.add_command(start)
command.add_command(pause)
command.add_command(drain)
command.add_command(resume)
command.add_command(profile)


@command.command()
@click.argument("code")
@click.option("--name", default="", help="Its name for people; left out: the code.")
@click.option(
    "--consent",
    type=click.Choice(["by_region", "require", "not_required"]),
    default=None,
    help="Whether events need the visitor's permission: where law asks for it (by_region, the default), always, or "
    "never. A spoken refusal always counts.",
)
@click.option(
    "--source",
    "event_source",
    type=click.Choice(["web", "offline", "crm"]),
    default="web",
    show_default=True,
    help="web: a pixel. offline, crm: an event set.",
)
@click.option("--token-stdin", is_flag=True, help="Read the access token from standard input.")
@trial_options
@workspace_option
def add(  # noqa: PLR0913 -- one for each option
    code: str,
    name: str,
    consent: "ConsentPolicy | None",
    event_source: str,
    *,
    token_stdin: bool,
    untried: bool,
    force: bool,
    workspace: str,
) -> None:
    """
    Add a pixel by its code (20 letters and digits, not the numeric id), or change its name and policy.

    The code stands in TikTok's Events Manager under the pixel's name. An event set goes by its numeric id.

    \b
    Examples:
      twinbeam pixels add C4A5B6C7D8E9F0G1H2I3 --name Shop --token-stdin < token.txt
      twinbeam pixels add 7412345678901234567 --source offline --consent not_required
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import pixels
    from twinbeam.admin.workspaces import meant_for
    from twinbeam.cli.setup import opened_admin
    from twinbeam.cli.token_saving import save_told

    pixels.check_code(code, event_source)
    token = _read_token() if token_stdin else None
    with opened_admin(begins=True) as admin:
        pixels.add(admin, pixels.NewPixel(code, event_source, name, consent, workspace))
        told = save_told(admin, (workspace, code), token, untried=untried, force=force) if token else []
    click.echo(f"Pixel {code} is set up{' with its token' if token else ''}.")
    for line in told:
        click.echo(line)
    if not token:
        click.echo(f"Next, its access token:  twinbeam pixels token {code}{meant_for(workspace)} < token.txt")


@command.command()
@click.argument("code")
@trial_options
@workspace_option
def token(code: str, workspace: str, *, untried: bool, force: bool) -> None:
    """
    Try a pixel's access token and save it. It is read from standard input, encrypted, and never shown again.

    TikTok is asked first: with a test event while the pixel's test code is on (twinbeam pixels test), otherwise by a
    request that creates nothing. What TikTok says is printed. A token that TikTok refuses does not replace one that
    works; the exit status is 1 then.

    \b
    Examples:
      twinbeam pixels token C4A5B6C7D8E9F0G1H2I3 < token.txt
      twinbeam pixels token C4A5B6C7D8E9F0G1H2I3   (asks for it)
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import pixels
    from twinbeam.cli.setup import opened_admin
    from twinbeam.cli.token_saving import save_told

    with opened_admin() as admin:
        pixels.known(admin, workspace, code)  # nobody is asked for a token that has no pixel
        told = save_told(admin, (workspace, code), _read_token(), untried=untried, force=force)
    click.echo(f"The token of pixel {code} is saved; a running gateway uses it within a second.")
    for line in told:
        click.echo(line)


@command.command(name="list")
@workspace_option
@json_option
def list_pixels(workspace: str, *, as_json: bool) -> None:
    """
    List the pixels with their consent policies, whether a token is saved, and which of them are stopped.

    \b
    Examples:
      twinbeam pixels list
      twinbeam pixels list --json
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import accounts, pixels
    from twinbeam.admin.workspaces import meant_for
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.values import plain
    from twinbeam.core.wording import since_when

    with opened_admin() as admin:
        rows = pixels.listed(admin, workspace)
        named = {account.connection.id: account.name for account in accounts.listed(admin)}
    if as_json:
        click.echo(json.dumps([plain(row) for row in rows]))
    elif not rows:
        click.echo(f"No pixel yet. Add one:  twinbeam pixels add CODE{meant_for(workspace)} --token-stdin < token.txt")
    else:
        click.echo(f"{'code':24} {'name':20} {'source':8} {'consent':14} token")
        for row in rows:
            saved = f"saved {_day(row.token_ms)}" if row.token_ms is not None else _borrowed(row, named)
            click.echo(f"{row.code:24} {row.name:20.20} {row.event_source:8} {row.consent:14} {saved}")
            if row.stopped is not None:
                click.echo(f"  stopped {since_when(row.stopped)}")
            if row.flow is not None:
                click.echo(f"  {row.flow.mode} since {_day(row.flow.since_ms)}, by {visible(row.flow.who)}")


def _borrowed(row: "PixelRow", named: Mapping[str, str]) -> str:
    return f"of account {visible(named.get(row.account, row.account))}" if row.account else "missing"


@command.command()
@click.argument("code")
@workspace_option
def rules(code: str, workspace: str) -> None:
    """
    Show the rules of a pixel; defaults are marked.

    \b
    Examples:
      twinbeam pixels rules C4A5B6C7D8E9F0G1H2I3
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import pixels
    from twinbeam.admin.rules import lines
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        row = pixels.known(admin, workspace, code)
    for name, value, usual in lines(row.rules):
        remark = _now(row) if (name, value) == ("confirm_purchases", "auto") else ""
        click.echo(f"{name:32} {value}{'   (default)' if usual else ''}{remark}")


def _now(row: "PixelRow") -> str:
    """Return what `confirm_purchases = auto` comes to at the moment."""
    from twinbeam.cli.setup import now_ms

    if now_ms() >= row.confirming_until_ms:
        return "   now off: no server has reported a purchase in the last 7 days"
    return f"   now on, until {_day(row.confirming_until_ms)} at least: a server has reported purchases"


@command.command(name="set")
@click.argument("code")
@assignments_argument
@workspace_option
def set_rules(code: str, assignments: dict[str, str], workspace: str) -> None:
    """
    Set rules of a pixel; docs/reference/pixel-rules.md lists them. NAME= alone restores the default.

    \b
    Examples:
      twinbeam pixels set C4A5B6C7D8E9F0G1H2I3 purchase_means=paid value_without=tax,shipping
      twinbeam pixels set C4A5B6C7D8E9F0G1H2I3 consent.policy=require ways.Pageview=both
      twinbeam pixels set C4A5B6C7D8E9F0G1H2I3 ways.Pageview=
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import pixels
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        pixels.decide(admin, workspace, code, assignments)
    click.echo(f"The rules of pixel {code} are changed; a running gateway obeys them within a second.")


@command.command()
@click.argument("code")
@click.argument("test_code", required=False)
@click.option("--off", is_flag=True, help="Switch it off now.")
@workspace_option
def test(code: str, test_code: str | None, *, off: bool, workspace: str) -> None:
    """
    Send tests to TikTok's test page for 24 hours, by the code it shows; without a code tests are dropped.

    A test is an event with "test": true, "livemode": false or a test_event_code, from a host in staging_hosts, or by
    an address in test_emails.

    \b
    Examples:
      twinbeam pixels test C4A5B6C7D8E9F0G1H2I3 TEST12345
      twinbeam pixels test C4A5B6C7D8E9F0G1H2I3 --off
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import testing
    from twinbeam.cli.setup import opened_admin

    if bool(test_code) == off:
        raise ConfigError("Write the test code that TikTok shows, or --off.")
    with opened_admin() as admin:
        if test_code:
            testing.turn_on(admin, workspace, code, test_code)
        else:
            testing.turn_off(admin, workspace, code)
    if off:
        click.echo(f"The test code of pixel {code} is off; tests are dropped from now on.")
    else:
        click.echo(f"Tests of pixel {code} go to {test_code} for {testing.HOURS} hours, and are dropped after that.")


@command.command()
@click.argument("code")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@workspace_option
def remove(code: str, *, yes: bool, workspace: str) -> None:
    """
    Remove a pixel: nothing is sent to it any more. Asks first, and says what it would do.

    Its token and its rules go. Keys and sources lose their routes to it; a write key that led to it alone is revoked,
    a source removed, and their senders are answered with 401. What is held or waits for it ends unsent, as
    pixel_removed, within some seconds.
    What was recorded stays: conversions, counts and the audit.

    \b
    Examples:
      twinbeam pixels remove C4A5B6C7D8E9F0G1H2I3
      twinbeam pixels remove C4A5B6C7D8E9F0G1H2I3 --yes
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import pixel_removal
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        click.echo(_would_remove(pixel_removal.removal(admin, workspace, code)), err=True)
        if not yes and not click.confirm("Remove it?", err=True):
            raise ConfigError(f"Pixel {code} is not removed.")
        done = pixel_removal.remove(admin, workspace, code)
    click.echo(f"Pixel {code} is removed; a running gateway obeys within seconds.")
    if gone := [*(key.id for key in done.revoked), *(f"source {source.name}" for source in done.removed_sources)]:
        click.echo(f"Revoked, because they led to it alone: {', '.join(gone)}.")


def _would_remove(removal: "Removal") -> str:
    pixel, sources = removal.pixel, [*removal.removed_sources, *removal.changed_sources]
    revoked, changed = (", ".join(key.id for key in keys) or "none" for keys in (removal.revoked, removal.changed))
    names = ", ".join(source.name for source in sources)
    lines = [
        f"Pixel {pixel.code} ({pixel.name}) of workspace {pixel.workspace}:",
        f"  keys that lead to it alone, to be revoked: {revoked}",
        f"  other keys, which lose their routes to it: {changed}",
        *([f"  sources, which lose their routes to it or go with it: {names}"] if sources else []),
        f"  conversions that end unsent: {removal.held} held, {removal.waiting} waiting to be sent",
    ]
    return "\n".join(lines)


def _read_token() -> str:
    from twinbeam.admin.tokens import is_token

    asked = sys.stdin.isatty()
    text = click.prompt("Access token", hide_input=True) if asked else sys.stdin.readline()
    token = str(text).strip()
    if not is_token(token):
        raise ConfigError("The access token on standard input is empty or holds characters that no token has.")
    return token


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d")
