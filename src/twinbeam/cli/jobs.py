"""`twinbeam jobs`."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from twinbeam.cli.options import json_option

if TYPE_CHECKING:
    from twinbeam.jobs.contract import Run


@click.command()
@json_option
def command(*, as_json: bool) -> None:
    """
    List the gateway's periodic jobs: when each ran last, how long that took, and when it runs next.

    A running gateway updates the list every 10 seconds. Why a run failed stands below its job; the log says it as
    upkeep.crashed.

    \b
    Examples:
      twinbeam jobs
      twinbeam jobs --json
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import opened_store
    from twinbeam.core.values import plain

    with opened_store() as store:
        runs = store.jobs.runs()
    if as_json:
        click.echo(json.dumps([plain(run) for run in runs]))
    elif not runs:
        click.echo("No gateway has run here yet. Start one:  twinbeam serve")
    else:
        click.echo("\n".join([f"{'job':16} {'every':>6}  {'last run, UTC':19}  {'took':>8}  next", *map(_line, runs)]))


def _line(run: "Run") -> str:
    last = _moment(run.last_ms) if run.last_ms is not None else "not yet"
    upcoming = _moment(run.next_ms)[11:] if run.next_ms is not None else "with the next start"
    trouble = f"\n  {run.trouble}" if run.trouble else ""
    return f"{run.name:16} {run.every_ms / 1_000:4.0f} s  {last:19}  {run.took_ms:5} ms  {upcoming}{trouble}"


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
