"""What a run leaves behind: rows, each with its target from the project's goals, and where they were measured."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Self

import msgspec
from machine import Machine
from msgspec import Struct

FOLDER = Path(__file__).resolve().parent / "results"


class Row(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measured number."""

    stage: str
    name: str
    value: float | None  #: None when this machine cannot measure it; the note says why
    unit: str
    low: float | None = None
    high: float | None = None
    target: float | None = None
    at_most: bool = False  #: the target is an upper bound
    target_note: str = ""
    note: str = ""

    @classmethod
    def of(cls, stage: str, name: str, values: Sequence[float], unit: str, **more: object) -> Self:
        """Make a row of several measurements: their median, with the least and the most."""
        fields = {"stage": stage, "name": name, "value": median(values), "unit": unit, **more}
        if len(values) > 1:
            fields |= {"low": min(values), "high": max(values)}
        return msgspec.convert(fields, cls)

    @property
    def reached(self) -> bool | None:
        """Whether the target is met, or None where there is none."""
        if self.target is None or self.value is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target


class Result(Struct, frozen=True, kw_only=True):
    """One run."""

    at: str  #: UTC, ISO 8601
    commit: str
    changed_files: int  #: tracked files that differ from the commit
    quick: bool
    seconds: float
    stages: list[str]
    settings: dict[str, str]
    machine: Machine
    rows: list[Row]

    @property
    def file_name(self) -> str:
        """The name under which it is kept; names sort by time."""
        kind = "quick" if self.quick else "full"
        return f"{self.at[:16].replace(':', '')}-{kind}-{self.commit[:9]}.json"


def save(result: Result) -> Path:
    """Keep a run."""
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / result.file_name
    target.write_bytes(msgspec.json.format(msgspec.json.encode(result)) + b"\n")
    return target


def newest(paths: Iterable[Path] | None = None) -> Result:
    """Read the newest full run, or the newest quick one while there is no full one."""
    kept = FOLDER.glob("*.json") if paths is None else paths
    best = max(kept, key=lambda path: ("-full-" in path.name, path.name))
    return msgspec.json.decode(best.read_bytes(), type=Result)
