"""What an idle gateway holds in memory, and how quickly the command line answers."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from result import Row
from scale import Bench
from serving import serving
from sink import sink

STAGE = "memory"
IDLE_SECONDS = 3.0
HELPS = 7


def measure(bench: Bench) -> Iterator[Row]:
    """Measure memory per process, and `twinbeam --help`."""
    yield from _memory_rows(bench)
    yield Row.of(STAGE, "twinbeam --help", _help_times(), "s", target=0.5, at_most=True)


def _memory_rows(bench: Bench) -> Iterator[Row]:
    with sink(bench.folder / "memory-sink") as side, serving(bench.folder / "memory", side.port) as gateway:
        time.sleep(IDLE_SECONDS)
        held = {name: _pss_mb(pid) for name, pid in gateway.pids().items()}
    note = "proportional set size: shared pages are split among those who share them"
    total = sum(held.values())
    yield Row(stage=STAGE, name="idle, all processes", value=total, unit="MB", target=180, at_most=True, note=note)
    for name, size in held.items():
        yield Row(stage=STAGE, name=f"idle, {name}", value=size, unit="MB")


def _pss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kib = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib * 1_024 / 1e6


def _help_times() -> list[float]:
    times = []
    for _ in range(HELPS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "twinbeam", "--help"], capture_output=True, check=True)
        times.append(time.perf_counter() - began)
    return times
