"""`twinbeam issues`."""

from typing import TYPE_CHECKING

import click

from twinbeam.cli.options import workspace_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinbeam.checks.listing import OpenIssue


@click.group()
def command() -> None:
    """
    List what is wrong with pixels, the most urgent first, and mute what is meant to be so.

    \b
    Examples:
      twinbeam issues list
      twinbeam issues show C4A5B6C7D8E9F0G1H2I3 value_missing
      twinbeam issues mute C4A5B6C7D8E9F0G1H2I3 one_sided --why "no server by design"
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command(name="list")
@click.option("--pixel", default="", help="Of this pixel or event set only.")
@click.option("--workspace", default="", help="Of this workspace only.")
@click.option("--muted", is_flag=True, help="What is muted, instead of what is not.")
def list_issues(pixel: str, workspace: str, *, muted: bool) -> None:
    """
    List the issues that stand: weight, since when, pixel, check, and what is wrong.

    \b
    Examples:
      twinbeam issues list --pixel C4A5B6C7D8E9F0G1H2I3
      twinbeam issues list --muted
    """  # noqa: D301 -- \b tells click to keep the lines
    found = [
        it
        for it in _listed()
        if pixel in ("", it.pixel) and workspace in ("", it.workspace) and (it.mute is not None) == muted
    ]
    if not found:
        click.echo("Nothing is muted." if muted else "There is no issue.")
    for it in found:
        click.echo(_line(it))


@command.command()
@click.argument("pixel")
@click.argument("check")
@workspace_option
def show(pixel: str, check: str, workspace: str) -> None:
    """
    Show one issue: how many conversions, worth how much, some of them, why, and how to mend it.

    \b
    Examples:
      twinbeam issues show C4A5B6C7D8E9F0G1H2I3 value_missing
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin.errors import NotFound, quoted
    from twinbeam.cli.visible import visible
    from twinbeam.core.money import shown

    found = [it for it in _listed() if (it.workspace, it.pixel, it.issue.check) == (workspace, pixel, check)]
    if not found:
        asked = f"{quoted(check)} does not stand for {quoted(pixel)} of {quoted(workspace)}"
        raise NotFound(f"{asked}. See what does: twinbeam issues list")
    it = found[0]
    worth = ", ".join(shown(minor, currency) for currency, minor in it.issue.worth.items())
    click.echo(_line(it))
    for name, told in (
        ("cause", it.check.cause),
        ("evidence", it.check.evidence),
        ("what to do", it.issue.fix),
        ("command", it.issue.command),
        ("affected", f"{it.issue.count:,}" if it.issue.count else ""),
        ("worth", worth),
        ("by code", ", ".join(f"{code} ({n:,})" for code, n in it.issue.codes)),
        ("for example", ", ".join(_named(it.issue.samples))),
        ("muted", f"by {it.mute.who}: {it.mute.why}" if it.mute else ""),
        ("more", f"docs/reference/issues.md#{it.issue.check}"),
    ):
        if told:
            click.echo(f"  {name:12} {visible(told)}")


@command.command()
@click.argument("pixel")
@click.argument("check")
@click.option("--why", required=True, help="Why it is meant to be so; stands beside it and in the audit.")
@workspace_option
def mute(pixel: str, check: str, why: str, workspace: str) -> None:
    """
    Mute an issue of a pixel, also when it comes back, until it is unmuted.

    \b
    Examples:
      twinbeam issues mute C4A5B6C7D8E9F0G1H2I3 one_sided --why "no server by design"
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import issues
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        issues.mute(admin, workspace=workspace, pixel=pixel, check=check, why=why)
    click.echo(f"{check} of {pixel} is muted.")


@command.command()
@click.argument("pixel")
@click.argument("check")
@workspace_option
def unmute(pixel: str, check: str, workspace: str) -> None:
    """
    Tell of an issue of a pixel again.

    \b
    Examples:
      twinbeam issues unmute C4A5B6C7D8E9F0G1H2I3 one_sided
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import issues
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        issues.unmute(admin, workspace=workspace, pixel=pixel, check=check)
    click.echo(f"{check} of {pixel} is told of again.")


def _listed() -> "list[OpenIssue]":
    from twinbeam.admin import issues
    from twinbeam.cli.setup import opened_reader
    from twinbeam.core.clock import SystemClock
    from twinbeam.destinations.tiktok.verdicts import ACCESS_CODES
    from twinbeam.web.weeks import weeks_now

    now_ms = SystemClock().now_ms()
    with opened_reader() as reader:
        return issues.listed(reader, weeks_now(reader, now_ms).pixels, now_ms, ACCESS_CODES)


def _named(samples: "Sequence[int]") -> "list[str]":
    """Return some conversions as people name them, each with the page of its story."""
    from twinbeam.cli.setup import opened_reader

    if not samples:
        return []
    with opened_reader() as reader:
        stories = reader.sightings.conversions(samples)
    named = ((f"order {it.order_id}" if it.order_id else it.event_id, it.id) for it in stories.values())
    return [f"{name or 'id not stored'} (/events/{id_})" for name, id_ in sorted(named, key=lambda it: -it[1])]


def _line(it: "OpenIssue") -> str:
    from twinbeam.cli.visible import visible
    from twinbeam.core.wording import utc

    what = visible(it.issue.what)
    return f"{it.issue.weight:7} {utc(it.since_ms)}  {it.workspace}/{it.pixel}  {it.issue.check}: {what}"
