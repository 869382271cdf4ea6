"""`twinbeam alerts`."""

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from twinbeam.alerts.judging import Watched
    from twinbeam.alerts.rules import Rule


@click.group()
def command() -> None:
    """
    See what is wrong, decide when you are told of it and where, and mute it for a while.

    \b
    Examples:
      twinbeam alerts list
      twinbeam alerts channels add ops slack < address.txt
      twinbeam alerts set volume_drop raise_at=40 clear_at=60
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command(name="list")
@click.option("--past", type=click.IntRange(0, 1_000), default=10, show_default=True, help="How many that are over.")
def list_alerts(past: int) -> None:
    """
    List the alerts that go on, what is muted, and the newest ones that are over.

    \b
    Examples:
      twinbeam alerts list
      twinbeam alerts list --past 100
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import alerts
    from twinbeam.cli.setup import opened_admin
    from twinbeam.cli.visible import visible
    from twinbeam.core.wording import utc

    with opened_admin() as admin:
        found = alerts.standing(admin.store.alerts, admin.clock.now_ms(), past=past)
    click.echo("No alert goes on." if not found.open else f"{len(found.open)} going on:")
    for it in found.open:
        click.echo(f"  {utc(it.began_ms)}  {_told(it)}")
    for mute in found.mutes:
        what = f"{mute.kind or 'all alerts'}{f' of pixel {mute.pixel}' if mute.pixel else ''}"
        click.echo(f"mute {mute.id}: {what} until {utc(mute.until_ms)}, by {mute.who}: {visible(mute.reason)}")
    if found.past:
        click.echo("Over:")
    for past_alert in found.past:
        click.echo(f"  {utc(past_alert.it.began_ms)} to {utc(past_alert.ended_ms)}  {_told(past_alert.it)}")


@command.command()
def rules() -> None:
    """
    List the rules: when an alert of each kind begins and ends, for which pixels, and which channels are told.

    \b
    Examples:
      twinbeam alerts rules
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.alerts.kinds import AlertKind
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        found = admin.store.alerts.rules()
    for kind in AlertKind:
        click.echo(_line(found[kind]))


@command.command(name="set")
@click.argument("kind")
@click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--reset", is_flag=True, help="Let the usual rule hold again.")
def set_rule(kind: str, words: tuple[str, ...], *, reset: bool) -> None:
    """
    Change the rule of a kind: on, raise_at, clear_at, raise_after_seconds, clear_after_seconds, pixels, channels.

    pixels and channels are lists with commas between; empty stands for all.

    \b
    Examples:
      twinbeam alerts set disk raise_at=2048 clear_at=4096
      twinbeam alerts set event_silent on=no
      twinbeam alerts set volume_drop pixels=C4A5B6C7D8E9F0G1H2I3 channels=ops,log
      twinbeam alerts set disk --reset
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import alerts
    from twinbeam.cli.setup import opened_admin

    pairs = dict(_pair(word) for word in words)
    if not pairs and not reset:
        raise click.UsageError("Say what to change, such as raise_at=90, or --reset.")
    with opened_admin(begins=True) as admin:
        if reset:
            changed = alerts.reset(admin, kind)
        if pairs:
            changed = alerts.decide(admin, kind, pairs)
    click.echo(_line(changed))


@command.command()
@click.argument("kind", default="")
@click.option("--hours", type=float, required=True, help="For how long.")
@click.option("--reason", required=True, help="Why, in one line.")
@click.option("--pixel", default="", help="Of one pixel only.")
@click.option("--workspace", default="main", show_default=True, help="The workspace of the pixel.")
def mute(kind: str, hours: float, reason: str, pixel: str, workspace: str) -> None:
    """
    Tell nobody of new alerts, of one kind or all, for some hours. What goes on already still tells when it ends.

    \b
    Examples:
      twinbeam alerts mute --hours 2 --reason "moving the shop"
      twinbeam alerts mute volume_drop --hours 48 --reason "holidays" --pixel C4A5B6C7D8E9F0G1H2I3
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import alerts
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.wording import utc

    asked = alerts.NewMute(kind=kind, hours=hours, reason=reason, workspace=workspace, pixel=pixel)
    with opened_admin() as admin:
        made = alerts.mute(admin, asked)
    click.echo(f"Muted until {utc(made.until_ms)}. End it sooner with: twinbeam alerts unmute {made.id}")


@command.command()
@click.argument("number", type=int)
def unmute(number: int) -> None:
    """
    End a mute, by its number.

    \b
    Examples:
      twinbeam alerts unmute 3
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import alerts
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        alerts.unmute(admin, number)
    click.echo("It is over.")


@command.command(name="status-address")
def status_address() -> None:
    """
    Print the path of this gateway that TikTok tells of its outages, for a subscription to API_SERVICE_STATUS.

    `twinbeam accounts subscribe` makes that subscription with a connected account.

    Whoever knows it can announce an outage; it hurts nothing but your rest.

    \b
    Examples:
      twinbeam alerts status-address
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.app.incidents import status_address as address_of
    from twinbeam.app.keyring import open_keyring
    from twinbeam.cli.setup import with_store

    click.echo(address_of(open_keyring(with_store()), "https://YOUR-INTAKE"))


@command.group()
def channels() -> None:
    """
    Where alerts go beside the log: a signed webhook, Slack or what takes its JSON, e-mail.

    \b
    Examples:
      twinbeam alerts channels list
      twinbeam alerts channels test ops
    """  # noqa: D301 -- \b tells click to keep the lines


@channels.command(name="list")
def list_channels() -> None:
    """
    List the channels, when each last took a message, and why one does not.

    \b
    Examples:
      twinbeam alerts channels list
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.wording import utc

    with opened_admin() as admin:
        found, waiting = admin.store.alerts.channels(), admin.store.alerts.waiting()
    for it in found:
        sent = f", last message {utc(it.sent_ms)}" if it.sent_ms else ""
        waits = f", {waiting[it.name]} waiting" if waiting.get(it.name) else ""
        click.echo(f"{it.name:20} {it.kind}  {it.shown}{sent}{waits}")
        if it.trouble:
            click.echo(f"     -> since {utc(it.trouble_ms or 0)}: {it.trouble}")


@channels.command()
@click.argument("name")
@click.argument("kind", type=click.Choice(["webhook", "slack", "email"]))
def add(name: str, kind: str) -> None:
    """
    Add a channel; its address comes by standard input, because it is a secret as a rule.

    Of e-mail the address is one or more recipients with commas between. What a webhook gets is signed as Standard
    Webhooks say, with a secret that is shown once.

    \b
    Examples:
      twinbeam alerts channels add ops slack < address.txt
      echo ada@shop.example | twinbeam alerts channels add ada email
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import alerts
    from twinbeam.alerts.rules import ChannelKind
    from twinbeam.cli.setup import opened_admin
    from twinbeam.settings import load

    address = sys.stdin.readline().strip()
    with opened_admin(begins=True) as admin:
        secret = alerts.add_channel(admin, alerts.NewChannel(name, ChannelKind(kind), address), load().alert_networks)
    if secret:
        click.echo(secret)
        click.echo("This secret verifies what the webhook gets; it is not shown again.", err=True)
    click.echo(f"Try it with: twinbeam alerts channels test {name}", err=True)


@channels.command()
@click.argument("name")
def remove(name: str) -> None:
    """
    Remove a channel with what waits for it; rules that named it alone go to the log.

    \b
    Examples:
      twinbeam alerts channels remove ops
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import alerts
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        alerts.remove_channel(admin, name)
    click.echo(f"{name} is removed.")


@channels.command()
@click.argument("name")
def test(name: str) -> None:
    """
    Send a test message to a channel; the running gateway does.

    \b
    Examples:
      twinbeam alerts channels test ops
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import alerts
    from twinbeam.cli.setup import opened_admin
    from twinbeam.settings import load

    with opened_admin() as admin:
        alerts.try_channel(admin, name, load().pages_url)
    click.echo("It is sent within seconds while the gateway runs. See: twinbeam alerts channels list")


def _told(it: "Watched") -> str:
    from twinbeam.alerts.kinds import KINDS
    from twinbeam.alerts.messages import place_of, spelled
    from twinbeam.cli.visible import visible

    its = KINDS[it.kind]
    value = f": {spelled(it.value, its.unit)}" if its.unit else ""
    part = f", {visible(it.of.part)}" if it.of.part else ""
    return f"{it.kind} ({place_of(it.of)}{part}){value}"


def _line(rule: "Rule") -> str:
    from twinbeam.alerts.kinds import KINDS

    its = KINDS[rule.kind]
    begins = "when it is so" if its.is_switch else f"{'below' if its.falls else 'from'} {rule.raise_at:.12g} {its.unit}"
    ends = "" if its.is_switch else f", over {'from' if its.falls else 'at most'} {rule.clear_at:.12g} {its.unit}"
    after = f" for {rule.raise_after_seconds} s" if rule.raise_after_seconds else ""
    scope = f", pixels {','.join(rule.pixels)}" if rule.pixels else ""
    told = f", channels {','.join(rule.channels)}" if rule.channels else ""
    return f"{rule.kind:16} {'on ' if rule.on else 'off'} {begins}{after}{ends}{scope}{told}"


def _pair(word: str) -> tuple[str, str]:
    from twinbeam.admin.errors import quoted

    name, separator, value = word.partition("=")
    if not separator:
        raise click.UsageError(f'Write NAME=VALUE, not "{quoted(word)}".')
    return name, value
