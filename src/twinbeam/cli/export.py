"""`twinbeam export`."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from twinbeam.cli.person import person_options, said, subject
from twinbeam.cli.visible import visible
from twinbeam.core.errors import ConfigError
from twinbeam.core.story import Story

if TYPE_CHECKING:
    from twinbeam.admin.contract import SubjectData

_COLUMNS = (
    *("id", "workspace", "pixel", "event_source", "event", "event_id", "event_time", "order_id", "received_ms"),
    *("state", "reason", "value_minor", "currency", "channels", "consent", "source", "settled_ms", "attempts"),
    "shop",
)
#: What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@click.command()
@person_options
@click.option("--since", help="Only what was accepted from this UTC day on, such as 2026-11-01.")
@click.option(
    "--format", "shape", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True, help="For stories."
)
def command(workspace: str, *, since: str | None, shape: str, **options: str | None) -> None:
    """
    Print the stories of a workspace: what was reported, decided, sent and answered; no identifiers.

    In CSV an apostrophe stands before text that a spreadsheet would take for a formula, and control characters are
    written as \\x1b.

    With a person named it prints, as JSON, all that is stored about them, which is what `erase` would
    erase: stories, the content of each copy, hashed as it goes to TikTok, and what is kept of their
    visits. This answers a request for access.

    \b
    Examples:
      twinbeam export --since 2026-11-01 --format csv > stories.csv
      twinbeam export --email - > about-them.json
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import export
    from twinbeam.cli.setup import opened_admin

    day = _day(since)
    with opened_admin() as admin:
        if said(options):
            _print_person(export.about(admin, subject(workspace, options)))
        else:
            pages = export.stories(admin, workspace, since=day, shop=options["shop"])
            _print_stories(_counted(pages), shape)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise ConfigError(f"{text} is not a day; write --since 2026-11-01.") from error


def _print_stories(stories: Iterable[Story], shape: str) -> None:
    import msgspec

    if shape == "jsonl":
        for story in stories:
            click.echo(msgspec.json.encode(story).decode())
        return
    table = csv.writer(sys.stdout)
    table.writerow(_COLUMNS)
    for story in stories:
        cells = {**msgspec.to_builtins(story), "channels": "+".join(story.channels)}
        table.writerow([_harmless(cells[column]) for column in _COLUMNS])


def _harmless(cell: object) -> object:
    """Mark text as text: anybody with a browser key writes ids, and spreadsheets work out what looks like a formula."""
    if not isinstance(cell, str):
        return cell
    return f"'{visible(cell)}" if cell.startswith(_FORMULA) else visible(cell)


def _counted(pages: Iterable[list[Story]]) -> Iterator[Story]:
    """Yield the stories, and print on standard error how far it is."""
    told = 0
    for page in pages:
        yield from page
        told += len(page)
        click.echo(f"\r{told} stories", err=True, nl=False)
    click.echo(f"\r{told} stories, done.", err=True)


def _print_person(about: "SubjectData") -> None:
    from twinbeam.admin.export import as_json

    click.echo(json.dumps(as_json(about), indent=1))
    click.echo(f"Conversions: {len(about.conversions)}. Visits: {len(about.visits)}.", err=True)
