"""`twinbeam export`."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import click
from msgspec import Struct

from twinbeam.cli.person import person_of, person_options, said
from twinbeam.cli.visible import visible
from twinbeam.core.errors import ConfigError
from twinbeam.core.story import Story

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

    In CSV a text that a spreadsheet would take for a formula has an apostrophe before it, and control characters are
    written as \\x1b.

    With a person named it prints, as JSON, all that is stored about them, which is what `erase` would
    reach: stories, what is kept of each copy, hashed as it goes to TikTok, and what is kept of their
    visits. That answers a request for access.

    \b
    Examples:
      twinbeam export --since 2026-11-01 --format csv > stories.csv
      twinbeam export --email - > about-them.json
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import known_shop, known_workspace, now_ms, opened_store, who

    since_ms = _since_ms(since)
    with opened_store() as store:
        known_workspace(store, workspace)
        if said(options):
            person = person_of(store, workspace, options)
            about = store.stored_about(person)
            given = f"{len(about.conversions)} conversions and {len(about.visits)} visits of a person, by {person.kind}"
            store.note(f"export {workspace}", "", given, now_ms=now_ms(), who=who())
            _print_person(about)
        else:
            store.note(f"export {workspace}", "", f"stories since {since or 'ever'}", now_ms=now_ms(), who=who())
            stories, shop = _counted(store.stories_of(workspace, since_ms=since_ms)), options["shop"]
            if shop is not None:
                known_shop(store, workspace, shop)
            _print_stories((story for story in stories if shop in (None, story.shop)), shape)


def _since_ms(day: str | None) -> int:
    if day is None:
        return 0
    try:
        return int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 1_000
    except ValueError as error:
        raise ConfigError(f"{day} is not a day; write --since 2026-11-01.") from error


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
    """Tell on standard error how far it is."""
    told = 0
    for page in pages:
        yield from page
        told += len(page)
        click.echo(f"\r{told} stories", err=True, nl=False)
    click.echo(f"\r{told} stories, done.", err=True)


def _print_person(about: Any) -> None:
    from twinbeam.core.values import plain

    told = [{"story": plain(one.story), "copies": [_copy(copy) for copy in one.copies]} for one in about.conversions]
    visits = [_visit(facts) for facts in about.visits]
    click.echo(json.dumps({"stored": told, "visits": visits}, indent=1))
    click.echo(f"{len(told)} conversions, {len(visits)} visits.", err=True)


def _visit(facts: Any) -> dict[str, Any]:
    """Tell what a visit is known by; its word on consent with the names of the purposes."""
    from msgspec.structs import asdict

    from twinbeam.core.values import plain

    told = {name: value for name, value in plain(facts).items() if name != "consent"}
    if facts.consent is None:
        return told
    said = {
        name: asdict(value) if isinstance(value, Struct) else value for name, value in asdict(facts.consent).items()
    }
    return {**told, "consent": said}


def _copy(copy: Any) -> dict[str, Any]:
    return {
        "channel": copy.channel,
        "source": copy.source,
        "received_ms": copy.received_ms,
        "content": json.loads(copy.body),
    }
