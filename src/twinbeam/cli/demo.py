"""`twinbeam demo`."""

from pathlib import Path

import click

from twinbeam.core.errors import ConfigError

_PORT = click.IntRange(1, 65_535)
_PARTS = {
    "intake_port": "intake",
    "pages_port": "dashboard",
    "emulator_port": "emulator",
    "shop_port": "shop",
}


@click.command()
@click.option("--seed", type=int, default=None, help="Play the same shoppers again; printed at the start.")
@click.option("--intake-port", type=_PORT, default=None, help="Where events go; 8700 if it is free.")
@click.option("--pages-port", type=_PORT, default=None, help="Twinbeam's pages; 8701 if it is free.")
@click.option("--emulator-port", type=_PORT, default=None, help="TikTok's side; 8702 if it is free.")
@click.option("--shop-port", type=_PORT, default=None, help="The shop to click through; 8703 if it is free.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Keep its files in this folder, which is made; else they are removed at the end.",
)
def command(seed: int | None, directory: Path | None, **ports: int | None) -> None:
    """
    Run a shop, TikTok's side and the gateway on this machine until Ctrl-C. Nothing leaves it.

    A usual port that is taken is replaced by a free one, and the demo says so.
    With make the options are named so: make demo ARGS="--pages-port 9001"

    \b
    Examples:
      twinbeam demo
      twinbeam demo --seed 7 --directory ./demo
      twinbeam demo --pages-port 9001 --shop-port 9003
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.demo.ports import settle
    from twinbeam.demo.processes import DemoError
    from twinbeam.demo.run import run_demo

    if directory and directory.exists() and any(directory.iterdir()):
        raise ConfigError(f"{directory} is not empty; name a new folder.")
    try:
        found, told = settle({_PARTS[name]: port for name, port in ports.items()})
    except DemoError as error:
        raise ConfigError(str(error)) from error
    raise SystemExit(run_demo(seed=seed, directory=directory, ports=found, told=told))
