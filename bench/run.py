"""Measure every stage and the whole path; see bench/README.md."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import machine
import report
from result import Result, Row, save
from scale import FULL, QUICK, Bench

from twinbeam.app.process import calm_collector
from twinbeam.settings import in_force

STAGES = ("rooms", "accept", "record", "drain", "path", "memory", "emulator")


def main() -> int:
    """Run what was asked for; gives 1 when a target was missed and the caller wanted to know."""
    asked = _parser().parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.stderr.write("The benchmark needs two cores: one is measured, the other produces the load.\n")
        return 2
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="twinbeam-bench-", dir=asked.folder or _disk_folder()))
    try:
        rows, stood_on = _measured(asked, folder, cores[0], cores[1], began)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result = _result(asked, rows, stood_on, time.monotonic() - began)
    _conclude(asked, result)
    return 1 if asked.strict and any(row.reached is False for row in rows) else 0


def _measured(
    asked: argparse.Namespace, folder: Path, core: int, other: int, began: float
) -> tuple[list[Row], machine.Machine]:
    stood_on = machine.describe(folder)
    _say(began, f"{stood_on.cores} cores at {stood_on.mhz} MHz, {stood_on.disk.file_system} on {stood_on.disk.device}")
    if machine.is_in_memory(folder):
        _say(began, f"{folder} is in memory: its syncs mean nothing; choose a disk with --folder")
    bench = Bench(scale=QUICK if asked.quick else FULL, folder=folder, core=core, other_core=other)
    calm_collector()
    rows: list[Row] = []
    for stage in asked.only:
        _say(began, stage)
        for row in _with_pace(stage, bench):
            rows.append(row)
            _say(began, report.line(row))
    os.sched_setaffinity(0, {core, other})
    return rows, stood_on


def _with_pace(stage: str, bench: Bench) -> Iterator[Row]:
    """Measure a stage, and how quick its core was just before and just after it."""
    os.sched_setaffinity(0, {bench.core})
    paces, walks = machine.paces(), machine.walks()
    os.sched_setaffinity(0, {bench.other_core if stage == "accept" else bench.core})
    yield from _stage(stage)(bench)
    os.sched_setaffinity(0, {bench.core})
    note = "the same work before and after every stage: how quick the machine was just then"
    yield Row.of(stage, "a fixed piece of Python", paces + machine.paces(), "ms", note=note)
    yield Row.of(
        stage, "a step through 64 MB of objects", walks + machine.walks(), "ns", note="likewise, of its memory"
    )


def _stage(name: str) -> Callable[[Bench], Iterator[Row]]:
    """Find a stage's `measure`; each stage is a module of its name."""
    measure: Callable[[Bench], Iterator[Row]] = import_module(name).measure
    return measure


def _result(asked: argparse.Namespace, rows: list[Row], stood_on: machine.Machine, seconds: float) -> Result:
    commit, changed = machine.commit()
    return Result(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit,
        changed_files=changed,
        quick=asked.quick,
        seconds=round(seconds),
        stages=list(asked.only),
        settings=dict(in_force({})),
        machine=stood_on,
        rows=rows,
    )


def _conclude(asked: argparse.Namespace, result: Result) -> None:
    """Show the table, and keep it if it is whole."""
    sys.stdout.write(report.table(result.rows) + "\n")
    missed = [row for row in result.rows if row.reached is False]
    sys.stdout.write(f"{len(missed)} of {sum(row.target is not None for row in result.rows)} targets missed.\n")
    if asked.save or asked.only == list(STAGES):
        sys.stdout.write(f"Kept as {save(result)}\n")
        report.write_pages()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='make bench ARGS="..."',
        description="Measure Twinbeam here: about 12 minutes, 2 with --quick. How to read it: bench/README.md.",
    )
    parser.add_argument("--quick", action="store_true", help="smaller and shorter: a look, not a result")
    parser.add_argument(
        "--only", type=_stages, default=list(STAGES), metavar="STAGE,...", help=f"some of: {', '.join(STAGES)}"
    )
    parser.add_argument("--save", action="store_true", help="keep the result of some stages too")
    parser.add_argument("--strict", action="store_true", help="exit with status 1 when a target is missed")
    parser.add_argument("--folder", type=Path, help="where the files go, on the disk to be measured")
    return parser


def _stages(text: str) -> list[str]:
    asked = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [part for part in asked if part not in STAGES]
    if unknown or not asked:
        raise argparse.ArgumentTypeError(f"there is no stage {', '.join(unknown)}; there are: {', '.join(STAGES)}")
    return [stage for stage in STAGES if stage in asked]


def _disk_folder() -> Path:
    """Give a folder for temporary files that is on a disk."""
    usual = Path(tempfile.gettempdir())
    return Path("/var/tmp") if machine.is_in_memory(usual) else usual


def _say(began: float, text: str) -> None:
    sys.stderr.write(f"{time.monotonic() - began:6.1f} s  {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
