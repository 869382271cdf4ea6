"""`twinbeam import`."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from twinbeam.cli.options import shop_option, workspace_option
from twinbeam.cli.visible import visible
from twinbeam.core.errors import ConfigError

_Options = dict[str, Any]


@click.group()
def command() -> None:
    """
    Import orders or events from a CSV or JSON Lines file. A dry run comes first; --yes imports.

    \b
    Examples:
      twinbeam import orders orders.csv
      twinbeam import orders orders.csv --pixel CODE --consent-basis "newsletter terms 2026" --yes
      twinbeam import events events.jsonl --pixel CODE --yes
    """  # noqa: D301 -- \b tells click to keep the lines


def _file_options(function: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option("--pixel", "pixels", multiple=True, help="A pixel that the events go to; repeat for several."),
        click.option("--consent-basis", default="", help="On what every row without a word on consent is permitted."),
        click.option(
            "--may-double-count", is_flag=True, help="Send what is older than 47 hours: a copy may count again."
        ),
        click.option("--shift-dates", is_flag=True, help="For rehearsals: let the newest record be of now."),
        click.option("--yes", is_flag=True, help="Import, after the dry run."),
        shop_option,
        workspace_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


@command.command()
@click.option("--map", "pairs", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field.")
@click.option("--currency", default="", help="The currency of amounts, where no column says it.")
@_file_options
def orders(**options: Any) -> None:
    """
    Import orders: a row for each order, or for each line of one. The mapping is proposed from the header.

    Every order goes into the ledger. What goes to TikTok is bounded by consent, by the age of
    the order, and by copies that may have gone out: the dry run tells how many, and why.

    \b
    Examples:
      twinbeam import orders orders.csv --currency GBP
      twinbeam import orders orders.csv --map order_id=InvoiceNo --map price=UnitPrice --currency GBP
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.app.file_import import OrderImport, header_of
    from twinbeam.cli.options import assigned
    from twinbeam.sources.flat_orders import FIELDS, proposed

    header = header_of(options["file"])
    mapping = proposed(header) | assigned(options.pop("pairs"))
    unknown = [f"{field}={column}" for field, column in mapping.items() if field not in FIELDS or column not in header]
    if unknown:
        raise ConfigError(f"There is no such field or column: {', '.join(unknown)}. The fields: {', '.join(FIELDS)}.")
    if "order_id" not in mapping:
        raise ConfigError("No column holds the order's number: say --map order_id=COLUMN.")
    for field, column in mapping.items():
        click.echo(visible(f"{field:16} is read from {column}"))
    _imported(OrderImport, mapping, options)


@command.command()
@_file_options
def events(**options: Any) -> None:
    """
    Import events as `POST /v1/events` takes them: JSON Lines, or CSV with columns such as user.email.

    \b
    Examples:
      twinbeam import events events.jsonl --pixel CODE
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.app.file_import import EventImport

    if not options["pixels"]:
        raise ConfigError("Events need a pixel: add --pixel CODE (twinbeam pixels list shows the codes).")
    _imported(EventImport, {}, options | {"currency": ""})


def _imported(kind: Any, mapping: dict[str, str], options: _Options) -> None:
    """Show what a file would come to, and import it where that is wanted."""
    from twinbeam.admin import imports, shops
    from twinbeam.admin.contract import Admin
    from twinbeam.admin.pixels import known as known_pixel
    from twinbeam.app.file_import import Importer, Wanted, digest_of, records_of, rehearsed
    from twinbeam.app.keyring import open_keyring
    from twinbeam.app.snapshot import directory_of
    from twinbeam.cli.setup import actor, opened_store, settings
    from twinbeam.core.clock import SystemClock

    file, clock = options["file"], SystemClock()
    with opened_store() as store:
        admin = Admin(store, actor(), clock)
        workspace = options["workspace"]
        for code in options["pixels"]:
            known_pixel(admin, workspace, code)
        wanted = Wanted(
            workspace=workspace,
            shop=shops.known(admin, workspace, options["shop"]),
            pixels=options["pixels"],
            mapping=mapping,
            currency=options["currency"],
            consent_basis=options["consent_basis"],
            may_double_count=options["may_double_count"],
            shift_ms=_shift_ms(file, mapping, clock.now_ms(), options),
        )
        directory = directory_of(store)
        judge = kind(wanted, directory, clock)
        words, fields = rehearsed(records_of(file, mapping), judge.judged)
        _tell(words, fields)
        if not options["yes"]:
            click.echo("Nothing was imported. Add --yes to import.")
            return
        digest = digest_of(file, wanted)
        done = imports.begin(admin, workspace, f"{words.total()} records of a file", digest)
        if done:
            click.echo(f"{done} records are imported already; going on behind them.")
        chosen = settings()
        importer = Importer(chosen, open_keyring(chosen), directory, wanted, clock)
        try:
            with click.progressbar(length=words.total(), label="Importing", show_pos=True) as bar:
                bar.update(done)

                def advance(some: int) -> None:
                    nonlocal done
                    done += some
                    imports.advance(admin, digest, done)
                    bar.update(some)

                importer.carry(_behind(records_of(file, mapping), done), judge.judged, judge.routing, advance)
        finally:
            importer.close()
    click.echo(f"Imported {words.total() - words['unreadable']} records; a running gateway records them at once.")


def _behind(records: Any, done: int) -> Any:
    from itertools import islice

    return islice(records, done, None)


def _shift_ms(file: Path, mapping: dict[str, str], now_ms: int, options: _Options) -> int:
    """Return by how much all dates move, so that the newest is of now."""
    from twinbeam.app.file_import import records_of
    from twinbeam.sources.fields import Unfit
    from twinbeam.sources.flat_orders import report_of
    from twinbeam.sources.times import seconds_of

    if not options["shift_dates"]:
        return 0
    newest_ms = 0
    for rows in records_of(file, mapping):
        try:
            if mapping:
                moments = list(report_of(rows, system="file", at_ms=0, currency=options["currency"]).since_ms.values())
            else:
                moments = [(seconds_of(rows[0].get("event_time")) or 0) * 1_000]
        except Unfit:
            continue
        newest_ms = max(newest_ms, *moments)
    return now_ms - newest_ms if newest_ms else 0


def _tell(words: Counter[str], fields: Counter[str]) -> None:
    from twinbeam.app.file_import import WORDS

    for word, sentence in WORDS.items():
        if words[word]:
            click.echo(f"{words[word]:10} {sentence}")
    for field, count in fields.most_common(5):
        click.echo(f"{count:10} of them for the field {field}")
