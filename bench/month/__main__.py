"""
`make month`: play a month and show what came of it.

The usual month is recorded, and docs/concepts/simulated-month.md with its plot is brought up to date.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import click

from month import document, told
from month.play import month
from month.plot import drawn

_IN_MEMORY = Path("/dev/shm")  # nothing here has to survive a power cut, and a month has a hundred thousand syncs


USUAL = {"conversions": 20_000, "seed": 1}


@click.command()
@click.option("--conversions", default=USUAL["conversions"], show_default=True, type=click.IntRange(50, 200_000))
@click.option("--seed", default=USUAL["seed"], show_default=True, help="The same seed gives the same month.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the result here.")
@click.option("--plot", "plot_file", type=click.Path(dir_okay=False, path_type=Path), help="Draw it here, as SVG.")
def main(conversions: int, seed: int, json_file: Path | None, plot_file: Path | None) -> None:
    """
    Play a month of a shop's conversions against each way to report them to TikTok.

    Exits with status 1 if the gateway lost, doubled or misstated one, or sent one without consent.
    """
    folder = Path(tempfile.mkdtemp(prefix="twinbeam-month-", dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None))
    try:
        with click.progressbar(length=2 * conversions, label="Playing", show_pos=True, file=sys.stderr) as bar:
            result = month(seed, conversions, folder, bar.update)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if json_file:
        json_file.write_bytes(document.encoded(result))
    if plot_file:
        plot_file.write_text(drawn(result), encoding="utf-8")
    for line in (*told.table(result), "", *told.causes(result)):
        click.echo(line)
    failures = told.failures(result)
    if not failures and {"conversions": conversions, "seed": seed} == USUAL:
        document.record(result)
    for failure in failures:
        click.echo(f"FAILED: {failure}")
    click.echo(told.last_line(result))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
