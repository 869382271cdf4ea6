"""
What each process counted, as a file that is written anew each second, and the sum over all of them.

The files are written, not mapped into memory: a mapped file on a disk without room ends its process (SIGBUS), and what
is counted must never do that. Where there is no room the file stays as it was, and the next second tries again.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from twinbeam.observe import metrics

FOLDER = "metrics"  #: in the data folder
_ENDED = ".ended"
_GAUGE = "gauge"


class Tally(Struct, frozen=True):
    """One metric of one process: its samples as (name, labels, value)."""

    name: str
    meaning: str
    kind: str
    samples: list[tuple[str, dict[str, str], float]]


def tallies(registry: CollectorRegistry = metrics.COUNTED) -> list[Tally]:
    """Return what a registry counted; when each counter began is left out."""
    return [
        Tally(
            metric.name,
            metric.documentation,
            metric.type,
            [(s.name, s.labels, s.value) for s in metric.samples if not s.name.endswith("_created")],
        )
        for metric in registry.collect()
    ]


def write_tallies(folder: Path, pid: int) -> bool:
    """Write what this process counted; False where the disk does not take it."""
    draft = folder / f"{pid}.draft"
    try:
        draft.write_bytes(msgspec.json.encode(tallies()))
        draft.replace(folder / f"{pid}.json")
    except OSError:
        return False
    return True


def forget_gauges(folder: Path, pid: int) -> None:
    """Mark the file of a process that has ended: its counters stay in the sum, its gauges do not."""
    file = folder / f"{pid}.json"
    try:
        file.rename(file.with_suffix(_ENDED))
    except OSError:
        return  # it wrote none, or the folder is gone


def empty(folder: Path) -> None:
    """Make the folder, and empty it: counters begin with the supervisor, as with any process."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in folder.iterdir():
            file.unlink()
    except OSError:
        return  # each process does without until there is room


def exposition(folder: Path, pid: int) -> tuple[bytes, str]:
    """Sum up the other processes' files and what this one counted; gives the text and its content type."""
    registry = CollectorRegistry()
    registry.register(_Sum([tallies(), *_others(folder, pid)]))
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _others(folder: Path, pid: int) -> Iterator[list[Tally]]:
    files = [file for ending in (".json", _ENDED) for file in sorted(folder.glob(f"*{ending}"))]
    for file in files:
        try:
            found = msgspec.json.decode(file.read_bytes(), type=list[Tally])
        except (OSError, msgspec.MsgspecError):
            continue  # it went away just now, or power failed while it was written
        if file.suffix == _ENDED:
            yield [tally for tally in found if tally.kind != _GAUGE]
        elif file.stem != str(pid):
            yield found


class _Sum(Collector):
    """Several processes as one: counters and histograms add up, of a gauge the highest counts."""

    def __init__(self, processes: Iterable[list[Tally]]) -> None:
        self._processes = list(processes)

    def collect(self) -> Iterator[Metric]:
        """Yield each metric once."""
        summed: dict[str, tuple[Tally, dict[tuple[str, tuple[tuple[str, str], ...]], float]]] = {}
        for tally in (tally for process in self._processes for tally in process):
            _, values = summed.setdefault(tally.name, (tally, {}))
            for name, labels, value in tally.samples:
                place = (name, tuple(sorted(labels.items())))
                before = values.get(place)
                values[place] = value if before is None else _joined(tally.kind, before, value)
        for tally, values in summed.values():
            metric = Metric(tally.name, tally.meaning, tally.kind)
            for (name, pairs), value in values.items():
                metric.add_sample(name, dict(pairs), value)
            yield metric


def _joined(kind: str, one: float, other: float) -> float:
    return max(one, other) if kind == _GAUGE else one + other
