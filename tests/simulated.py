"""The simulated month as a test plays it: the command in a process of its own, which may be sabotaged."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import sabotaged

ROOT = Path(__file__).resolve().parents[1]
BENCH = str(ROOT / "bench")  # where the package `month` is


class Done(NamedTuple):
    """What a run printed, and where its result is."""

    status: int
    lines: list[str]
    said: str
    result: Path


def a_month(folder: Path, conversions: int, *, seed: int = 3, sabotage: str = "") -> Done:
    """Play a month."""
    broken = {**sabotaged.environment(), **({"SABOTAGE": sabotage} if sabotage else {})}
    path = [BENCH, str(sabotaged.FOLDER), *filter(None, [broken.get("PYTHONPATH", "")])]
    result = folder / "month.json"
    words = ["--conversions", str(conversions), "--seed", str(seed), "--json", str(result)]
    done = subprocess.run(
        [sys.executable, "-m", "month", *words, "--plot", str(folder / "month.svg")],
        env={**os.environ, **broken, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout.splitlines(), done.stdout + done.stderr, result)
