"""`twinbeam restored`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from twinbeam.core.restored import Awaiting


@click.command()
@click.option("--send", is_flag=True, help="Send them: TikTok did not get them before the store was lost.")
@click.option("--discard", is_flag=True, help="End them unsent: TikTok has them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def command(*, send: bool, discard: bool, yes: bool, as_json: bool) -> None:
    """
    List what is held since a restore, and send or discard it.

    A backup that is more than 47 hours old does not tell whether the events that waited in it were sent since. Sent
    again now, TikTok would count them twice. So they wait seven days for you.

    \b
    Examples:
      twinbeam restored
      twinbeam restored --discard
      twinbeam restored --send --yes
    """  # noqa: D301 -- \b tells click to keep the lines
    import json

    from twinbeam.admin.backups import awaiting, decide
    from twinbeam.cli.setup import opened_admin
    from twinbeam.core.errors import ConfigError
    from twinbeam.core.values import plain

    if send and discard:
        raise ConfigError("Choose one of --send and --discard.")
    with opened_admin() as admin:
        found = awaiting(admin)
        count = sum(it.count for it in found)
        if as_json and not (send or discard):
            click.echo(json.dumps([plain(it) for it in found]))
            return
        if not (send or discard):
            click.echo("\n".join(_lines(found)) if found else "Nothing is held since a restore.")
            return
        question = f"{'Send' if send else 'Discard'} {count} events that were restored from a backup?"
        if count and not yes and not click.confirm(question, err=True):
            raise SystemExit(1)
        count = decide(admin, "send" if send else "discard")
    done = "are sent now" if send else "end unsent"
    click.echo(f"{count} events {done}, within seconds while the gateway runs.")


def _lines(found: "list[Awaiting]") -> list[str]:
    from twinbeam.core.wording import utc

    lines = [
        f"{it.count:>9,}  {it.pixel} ({it.workspace})  {it.event}, since {utc(it.oldest_s * 1_000)}{_worth(it)}"
        for it in found
    ]
    return [*lines, "Send them: twinbeam restored --send   They are at TikTok already: twinbeam restored --discard"]


def _worth(it: "Awaiting") -> str:
    from twinbeam.core.money import shown

    return ", worth " + ", ".join(shown(minor, currency) for currency, minor in it.worth.items()) if it.worth else ""
