"""`twinbeam import`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from twinbeam.admin.contract import Admin, FileProgress
from twinbeam.cli.options import shop_option, workspace_option
from twinbeam.cli.visible import visible
from twinbeam.core.errors import ConfigError

if TYPE_CHECKING:
    from twinbeam.app.import_verdicts import DryRun
    from twinbeam.app.row_files import OpenRows, RowFile

_Options = dict[str, Any]
_LOOK_SECONDS = 0.5
_FEW = 5  #: kinds of trouble that are told
_NONE_TAKEN = "Nothing was imported: all records were left out, as said above."


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
        click.option("--encoding", default="", help="What the file is written in, such as cp1252; told from its mark."),
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
@click.option("--decimal", type=click.Choice(["point", "comma"]), help="How amounts are written; told from the file.")
@click.option(
    "--dates", type=click.Choice(["day-first", "month-first"]), help="How 11/12/2026 is meant; told from the file."
)
@click.option("--zone", default="UTC", help="The time zone of times that name none, such as Europe/Berlin.")
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
    from twinbeam.app.import_proposal import proposed_of
    from twinbeam.app.import_verdicts import OrderImport
    from twinbeam.app.row_files import opened
    from twinbeam.cli.options import assigned

    asked = {name: options.pop(name) for name in ("decimal", "dates", "zone")}
    with _columns_visible():
        file = opened(options["file"], options["encoding"])
        proposal = proposed_of(file, assigned(options.pop("pairs")), **asked)
    for sentence in proposal.sentences:
        click.echo(visible(sentence))
    _imported(OrderImport, file, options | {"mapping": proposal.mapping, "spelling": proposal.spelling})


@command.command()
@_file_options
def events(**options: Any) -> None:
    """
    Import events as `POST /v1/events` takes them: JSON Lines, or CSV with columns such as user.email.

    \b
    Examples:
      twinbeam import events events.jsonl --pixel CODE
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.app.import_verdicts import EventImport
    from twinbeam.app.row_files import opened

    if not options["pixels"]:
        raise ConfigError("Events need a pixel: add --pixel CODE (twinbeam pixels list shows the codes).")
    with _columns_visible():
        file = opened(options["file"], options["encoding"])
    _imported(EventImport, file, options | {"currency": ""})


@contextmanager
def _columns_visible() -> Iterator[None]:
    """Let no name of a column steer a terminal."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(visible(str(error))) from None


def _imported(kind: Any, file: "RowFile", options: _Options) -> None:
    """Show what a file would come to, and import it where that is wanted."""
    from twinbeam.cli.setup import actor, opened_store
    from twinbeam.core.clock import SystemClock

    with opened_store(begins=options["yes"]) as store:
        run = _Run(Admin(store, actor(), SystemClock()), kind, file, options)
        found = run.rehearse()
        _tell(found, kind.__name__ == "EventImport")
        if found.split:
            raise ConfigError(
                f"Nothing was imported: in line {found.split} lines of an order go on that stood before. Their value "
                "would be wrong: sort the file by the order's number."
            )
        if not options["yes"]:
            click.echo("Nothing was imported. Add --yes to import.")
            return
        before = run.carry(found)
    if before == found.total:
        click.echo("Nothing was left to import.")
        return
    taken = sum(found.words[word] for word in kind.takes)
    left = f" {found.total - taken} were left out, as said above." if taken < found.total else ""
    click.echo(f"Imported {taken} records; a running gateway records them at once.{left}" if taken else _NONE_TAKEN)


class _Run:
    """One import: a dry run, and what follows."""

    def __init__(self, admin: Admin, kind: Any, file: "RowFile", options: _Options) -> None:
        from functools import partial

        from twinbeam.admin import imports, shops
        from twinbeam.admin.pixels import known as known_pixel
        from twinbeam.app.import_verdicts import OrderImport, Wanted, digest_of
        from twinbeam.app.snapshot import directory_of
        from twinbeam.app.spellings import Spelling

        workspace, pixels = options["workspace"], options["pixels"]
        for code in pixels:
            known_pixel(admin, workspace, code)
        self._admin, self._file = admin, file
        self._wanted = wanted = Wanted(
            workspace=workspace,
            shop=shops.known(admin, workspace, options["shop"]),
            pixels=pixels,
            mapping=options.get("mapping", {}),
            spelling=options.get("spelling", Spelling()),
            encoding=file.encoding,
            currency=options["currency"],
            consent_basis=options["consent_basis"],
            may_double_count=options["may_double_count"],
            shifts=options["shift_dates"],
        )
        self._digest = digest_of(file.path, wanted)
        self._progress = admin.store.orders.imported(self._digest)
        self._directory = directory_of(admin.store)
        known = partial(imports.known_of, admin, workspace, wanted.shop, pixels)
        more = (known,) if kind is OrderImport else ()
        self._judge = kind(wanted, self._directory, admin.clock, *more)

    def rehearse(self) -> "DryRun":
        """Read the whole file and change nothing."""
        from functools import partial

        from twinbeam.app.import_verdicts import newest_ms, rehearsed

        if self._wanted.shifts and not self._progress.done:
            newest = self._read("Looking for the newest", partial(newest_ms, self._wanted))
            shift_ms = self._admin.clock.now_ms() - newest if newest else 0
            self._progress = FileProgress(0, shift_ms)
        shift_ms = self._progress.shift_ms
        found: DryRun = self._read("Reading", partial(rehearsed, self._judge, shift_ms))
        return found

    def carry(self, found: "DryRun") -> int:
        """Import, from where an earlier run came to; return how many records that was."""
        from itertools import islice
        from time import sleep

        from twinbeam.admin import imports
        from twinbeam.app.file_import import Importer
        from twinbeam.app.keyring import open_keyring
        from twinbeam.cli.setup import settings

        done = before = imports.begin(
            self._admin, self._wanted.workspace, f"{found.total} records of a file", self._digest
        )
        if done:
            click.echo(f"{done} records are imported already; going on behind them.")
        chosen, shift_ms = settings(), self._progress.shift_ms
        importer = Importer(chosen, open_keyring(chosen), self._directory, self._wanted, self._admin.clock)
        try:
            with click.progressbar(length=found.total, label="Importing", show_pos=True, file=sys.stderr) as bar:
                bar.update(done)

                def advance(some: int) -> None:
                    nonlocal done
                    done += some
                    is_noted = imports.advance(self._admin, self._digest, FileProgress(done, shift_ms))
                    while done == found.total and not is_noted:
                        sleep(_LOOK_SECONDS)
                        is_noted = imports.advance(self._admin, self._digest, FileProgress(done, shift_ms))
                    bar.update(some)

                rest = islice(self._records(self._rows()), done, None)
                importer.carry(rest, self._judge, shift_ms, advance)
        finally:
            importer.close()
        return before

    def _rows(self) -> "OpenRows":
        return self._file.rows(exact=bool(self._wanted.mapping))

    def _records(self, rows: Any) -> Any:
        from twinbeam.app.import_records import each_alone, orders_in

        return orders_in(rows, self._wanted.mapping) if self._wanted.mapping else each_alone(rows)

    def _read(self, label: str, work: Callable[[Any, Callable[[], None]], Any]) -> Any:
        """Do something with all records, and show how far the file is read."""
        rows, upto = self._rows(), 0
        with click.progressbar(length=self._file.size, label=label, file=sys.stderr) as bar:

            def done() -> None:
                nonlocal upto
                bar.update(rows.position - upto)
                upto = rows.position

            return work(self._records(rows), done)


def _tell(found: "DryRun", is_of_events: bool) -> None:  # noqa: FBT001 -- one of two kinds
    from twinbeam.app.import_verdicts import SENTENCES

    alone = "are left out" if is_of_events else "go into the ledger alone"
    for word, sentence in SENTENCES.items():
        if found.words[word]:
            click.echo(f"{found.words[word]:10} {sentence.format(alone=alone)}")
    for trouble, (times, line) in sorted(found.troubles.items(), key=lambda it: -it[1][0])[:_FEW]:
        click.echo(visible(f"{times:10} of them, first in line {line}: {trouble}"))
    if found.repeated:
        click.echo(f"{found.repeated:10} have a number that stood before in the file, and count once with it")
