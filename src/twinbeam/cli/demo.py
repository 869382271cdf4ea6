"""`twinbeam demo`."""

import click


@click.command()
@click.option("--seed", type=int, default=None, help="Play the same shoppers again; printed at the start.")
def command(seed: int | None) -> None:
    """
    Run a shop, TikTok's side and the gateway on this machine until Ctrl-C. Nothing leaves it.

    \b
    Examples:
      twinbeam demo
      twinbeam demo --seed 7
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.demo.run import run_demo

    raise SystemExit(run_demo(seed=seed))
