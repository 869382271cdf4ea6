"""`twinbeam pixels`."""

import json
import re
import sys
from datetime import UTC, datetime

import click

from twinbeam.core.errors import ConfigError

#: tiktok.md 2.1: a pixel code is upper-case letters and digits, 20 of them in every example; event set ids are digits.
_CODE = re.compile(r"[A-Z0-9]{4,40}")


@click.group()
def command() -> None:
    """
    Add pixels and event sets, list them, save their access tokens.

    \b
    Examples:
      twinbeam pixels add C4A5B6C7D8E9F0G1H2I3 --token-stdin < token.txt
      twinbeam pixels list
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command()
@click.argument("code")
@click.option("--name", default="", help="What people call it; the code if left out.")
@click.option(
    "--consent",
    type=click.Choice(["require", "not_required"]),
    default="require",
    show_default=True,
    help="Whether events need the visitor's permission. A spoken refusal always counts.",
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
def add(code: str, name: str, consent: str, event_source: str, *, token_stdin: bool) -> None:
    """
    Add a pixel by its code (20 letters and digits, not the numeric id), or change its name and policy.

    The code stands in TikTok's Events Manager under the pixel's name.

    \b
    Examples:
      twinbeam pixels add C4A5B6C7D8E9F0G1H2I3 --name Shop --token-stdin < token.txt
      twinbeam pixels add 7412345678901234567 --source offline --consent not_required
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import WORKSPACE, now_ms, opened_store

    if not _CODE.fullmatch(code):
        raise ConfigError(
            f"{code} is not a pixel code: it has capital letters and digits only, such as C4A5B6C7D8E9F0G1H2I3."
        )
    token = _read_token() if token_stdin else None
    with opened_store() as store:
        store.save_pixel(
            workspace=WORKSPACE,
            code=code,
            event_source=event_source,
            name=name or code,
            consent=consent,
            now_ms=now_ms(),
        )
        if token:
            store.save_token(workspace=WORKSPACE, code=code, token=token, now_ms=now_ms())
    click.echo(f"Pixel {code} is set up{' with its token' if token else ''}.")
    if not token:
        click.echo(f"Next, its access token:  twinbeam pixels token {code} < token.txt")


@command.command()
@click.argument("code")
def token(code: str) -> None:
    """
    Save a pixel's access token, read from standard input. It is encrypted and never shown again.

    \b
    Examples:
      twinbeam pixels token C4A5B6C7D8E9F0G1H2I3 < token.txt
      twinbeam pixels token C4A5B6C7D8E9F0G1H2I3   (asks for it)
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import WORKSPACE, now_ms, opened_store

    with opened_store() as store:
        store.save_token(workspace=WORKSPACE, code=code, token=_read_token(), now_ms=now_ms())
    click.echo(f"The token of pixel {code} is saved; a running gateway uses it within a second.")


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def list_pixels(*, as_json: bool) -> None:
    """
    List the pixels with their consent policies, and whether a token is saved.

    \b
    Examples:
      twinbeam pixels list
      twinbeam pixels list --json
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import opened_store
    from twinbeam.core.values import plain

    with opened_store() as store:
        rows = store.pixels()
    if as_json:
        click.echo(json.dumps([plain(row) for row in rows]))
    elif not rows:
        click.echo("No pixel yet. Add one:  twinbeam pixels add CODE --token-stdin < token.txt")
    else:
        click.echo(f"{'code':24} {'name':20} {'source':8} {'consent':14} token")
        for row in rows:
            saved = f"saved {_day(row.token_ms)}" if row.token_ms is not None else "missing"
            click.echo(f"{row.code:24} {row.name:20.20} {row.event_source:8} {row.consent:14} {saved}")


def _read_token() -> str:
    asked = sys.stdin.isatty()
    text = click.prompt("Access token", hide_input=True) if asked else sys.stdin.readline()
    token = str(text).strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError("The access token on standard input is empty or holds characters that no token has.")
    return token


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d")
