"""`twinbeam pixels`."""

import json
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from twinbeam.cli.options import json_option, workspace_option
from twinbeam.cli.stopping import start, stop
from twinbeam.core.errors import ConfigError

if TYPE_CHECKING:
    from twinbeam.core.rules import PixelRules
    from twinbeam.core.story import KeyRow, PixelRow
    from twinbeam.engines.stores.sqlite.store import SqliteSetup

TEST_HOURS = 24  #: a test code that stays on would keep real orders out of the reports

_TEST_CODE = re.compile(r"[A-Za-z0-9]{4,40}")


@click.group()
def command() -> None:
    """
    Add pixels and event sets, list them, save their access tokens, decide their rules, stop and start them.

    \b
    Examples:
      twinbeam pixels add C4A5B6C7D8E9F0G1H2I3 --token-stdin < token.txt
      twinbeam pixels set C4A5B6C7D8E9F0G1H2I3 purchase_means=paid
      twinbeam pixels list
    """  # noqa: D301 -- \b tells click to keep the lines


command.add_command(stop)
command.add_command(start)


@command.command()
@click.argument("code")
@click.option("--name", default="", help="What people call it; the code if nobody says.")
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
@workspace_option
def add(code: str, name: str, consent: str | None, event_source: str, *, token_stdin: bool, workspace: str) -> None:
    """
    Add a pixel by its code (20 letters and digits, not the numeric id), or change its name and policy.

    The code stands in TikTok's Events Manager under the pixel's name. An event set goes by its numeric id.

    \b
    Examples:
      twinbeam pixels add C4A5B6C7D8E9F0G1H2I3 --name Shop --token-stdin < token.txt
      twinbeam pixels add 7412345678901234567 --source offline --consent not_required
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.ruling import changed
    from twinbeam.cli.setup import known_workspace, meant_for, now_ms, opened_store, who
    from twinbeam.core.rules import DEFAULT_RULES

    _check_code(code, event_source)
    token = _read_token() if token_stdin else None
    with opened_store() as store:
        known_workspace(store, workspace)
        row = next((row for row in store.pixels() if (row.workspace, row.code) == (workspace, code)), None)
        rules, known_as = (row.rules, row.name) if row else (DEFAULT_RULES, code)
        store.save_pixel(
            workspace=workspace,
            code=code,
            event_source=event_source,
            name=name or known_as,
            rules=changed(rules, (f"consent.policy={consent}",)) if consent else rules,
            now_ms=now_ms(),
            who=who(),
        )
        if token:
            store.save_token(workspace=workspace, code=code, token=token, now_ms=now_ms(), who=who())
    click.echo(f"Pixel {code} is set up{' with its token' if token else ''}.")
    if not token:
        click.echo(f"Next, its access token:  twinbeam pixels token {code}{meant_for(workspace)} < token.txt")


@command.command()
@click.argument("code")
@workspace_option
def token(code: str, workspace: str) -> None:
    """
    Save a pixel's access token, read from standard input. It is encrypted and never shown again.

    \b
    Examples:
      twinbeam pixels token C4A5B6C7D8E9F0G1H2I3 < token.txt
      twinbeam pixels token C4A5B6C7D8E9F0G1H2I3   (asks for it)
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import known_pixel, known_workspace, now_ms, opened_store, who

    with opened_store() as store:
        known_pixel(store, known_workspace(store, workspace), code)
        store.save_token(workspace=workspace, code=code, token=_read_token(), now_ms=now_ms(), who=who())
    click.echo(f"The token of pixel {code} is saved; a running gateway uses it within a second.")


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
    from twinbeam.cli.setup import known_workspace, meant_for, opened_store
    from twinbeam.core.values import plain
    from twinbeam.dashboard.wording import since_when

    with opened_store() as store:
        known_workspace(store, workspace)
        rows = [row for row in store.pixels() if row.workspace == workspace]
    if as_json:
        click.echo(json.dumps([plain(row) for row in rows]))
    elif not rows:
        click.echo(f"No pixel yet. Add one:  twinbeam pixels add CODE{meant_for(workspace)} --token-stdin < token.txt")
    else:
        click.echo(f"{'code':24} {'name':20} {'source':8} {'consent':14} token")
        for row in rows:
            saved = f"saved {_day(row.token_ms)}" if row.token_ms is not None else "missing"
            click.echo(f"{row.code:24} {row.name:20.20} {row.event_source:8} {row.consent:14} {saved}")
            if row.stopped is not None:
                click.echo(f"  stopped {since_when(row.stopped)}")


@command.command()
@click.argument("code")
@workspace_option
def rules(code: str, workspace: str) -> None:
    """
    Show the rules of a pixel that are in force; those that nobody decided are marked.

    \b
    Examples:
      twinbeam pixels rules C4A5B6C7D8E9F0G1H2I3
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.ruling import lines
    from twinbeam.cli.setup import known_pixel, known_workspace, opened_store

    with opened_store() as store:
        row = known_pixel(store, known_workspace(store, workspace), code)
    for name, value, usual in lines(row.rules):
        remark = _now(row) if (name, value) == ("confirm_purchases", "auto") else ""
        click.echo(f"{name:32} {value}{'   (default)' if usual else ''}{remark}")


def _now(row: "PixelRow") -> str:
    """Say what `confirm_purchases = auto` comes to at the moment."""
    from twinbeam.cli.setup import now_ms

    if now_ms() >= row.confirming_until_ms:
        return "   now off: no server has reported a purchase in the last 7 days"
    return f"   now on, until {_day(row.confirming_until_ms)} at least: a server has reported purchases"


@command.command(name="set")
@click.argument("code")
@click.argument("assignments", nargs=-1, required=True, metavar="NAME=VALUE...")
@workspace_option
def set_rules(code: str, assignments: tuple[str, ...], workspace: str) -> None:
    """
    Decide rules of a pixel; docs/reference/pixel-rules.md lists them. NAME= alone puts the default back.

    \b
    Examples:
      twinbeam pixels set C4A5B6C7D8E9F0G1H2I3 purchase_means=paid value_without=tax,shipping
      twinbeam pixels set C4A5B6C7D8E9F0G1H2I3 consent.policy=require ways.Pageview=both
      twinbeam pixels set C4A5B6C7D8E9F0G1H2I3 ways.Pageview=
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.ruling import changed
    from twinbeam.cli.setup import known_pixel, known_workspace, opened_store

    with opened_store() as store:
        row = known_pixel(store, known_workspace(store, workspace), code)
        _save_rules(store, row, changed(row.rules, assignments))
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
    from msgspec.structs import replace

    from twinbeam.cli.setup import known_pixel, known_workspace, now_ms, opened_store

    if bool(test_code) == off:
        raise ConfigError("Say one of two: the test code that TikTok shows, or --off.")
    if test_code and not _TEST_CODE.fullmatch(test_code):
        raise ConfigError(f"{test_code} is not a test code: it has letters and digits only, such as TEST12345.")
    until_ms = 0 if off else now_ms() + TEST_HOURS * 3_600_000
    with opened_store() as store:
        row = known_pixel(store, known_workspace(store, workspace), code)
        _save_rules(store, row, replace(row.rules, test_code=test_code or row.rules.test_code, test_until_ms=until_ms))
    if off:
        click.echo(f"The test code of pixel {code} is off; tests are dropped from now on.")
    else:
        click.echo(f"Tests of pixel {code} go to {test_code} for {TEST_HOURS} hours, and are dropped after that.")


@command.command()
@click.argument("code")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@workspace_option
def remove(code: str, *, yes: bool, workspace: str) -> None:
    """
    Remove a pixel: nothing is sent to it any more. Asks first, and says what it would do.

    Its token and its rules go. Keys lose their routes to it; a write key that led to it alone is revoked, and its
    senders are answered with 401. What is held or waits for it ends unsent, as pixel_removed, within some seconds.
    What was recorded stays: conversions, counts and the audit.

    \b
    Examples:
      twinbeam pixels remove C4A5B6C7D8E9F0G1H2I3
      twinbeam pixels remove C4A5B6C7D8E9F0G1H2I3 --yes
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import known_pixel, known_workspace, now_ms, opened_store, who

    with opened_store() as store:
        row = known_pixel(store, known_workspace(store, workspace), code)
        held, waiting = store.unsent_of(workspace, code)
        led = [key for key in store.access_keys() if _leads_to(key, row)]
        click.echo(_would_remove(row, led, held, waiting), err=True)
        if not yes and not click.confirm("Remove it?", err=True):
            raise ConfigError(f"Pixel {code} is not removed.")
        done = store.remove_pixel(workspace=workspace, code=code, now_ms=now_ms(), who=who())
    click.echo(f"Pixel {code} is removed; a running gateway obeys within seconds.")
    if done.revoked:
        click.echo(f"Revoked, because they led to it alone: {', '.join(done.revoked)}.")


def _leads_to(key: "KeyRow", row: "PixelRow") -> bool:
    return key.revoked_ms is None and key.workspace == row.workspace and row.code in key.pixels


def _would_remove(row: "PixelRow", keys: "list[KeyRow]", held: int, waiting: int) -> str:
    alone = [key.id for key in keys if key.pixels == [row.code] and key.kind != "read"]
    others = [key.id for key in keys if key.id not in alone]
    lines = [
        f"Pixel {row.code} ({row.name}) of workspace {row.workspace}:",
        f"  keys that lead to it alone, to be revoked: {', '.join(alone) or 'none'}",
        f"  other keys, which lose their routes to it: {', '.join(others) or 'none'}",
        f"  conversions that end unsent: {held} held, {waiting} waiting to be sent",
    ]
    return "\n".join(lines)


def _save_rules(store: "SqliteSetup", row: "PixelRow", wanted: "PixelRules") -> None:
    from twinbeam.cli.setup import now_ms, who

    store.save_pixel(
        workspace=row.workspace,
        code=row.code,
        event_source=row.event_source,
        name=row.name,
        rules=wanted,
        now_ms=now_ms(),
        who=who(),
    )


def _check_code(code: str, event_source: str) -> None:
    """Refuse what cannot be the code of a pixel or the id of an event set; raises ConfigError."""
    from twinbeam.cli.pixel_codes import why_no_code

    if problem := why_no_code(code, event_source):
        raise ConfigError(f"{code}: {problem}")


def _read_token() -> str:
    asked = sys.stdin.isatty()
    text = click.prompt("Access token", hide_input=True) if asked else sys.stdin.readline()
    token = str(text).strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError("The access token on standard input is empty or holds characters that no token has.")
    return token


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d")
