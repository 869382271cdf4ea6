"""
How many events each ingest process rejected for which pixel, by day and code, as a file that outlives it.

Nothing of such an event is kept: only that its sender leads to the pixel. Its size is bounded by the pixels, the codes
and the days that there are.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from twinbeam.observe.kept_file import KeptFile

_PATTERN = "rejected-counts-*.json"
_DAYS = 60
_MOST_CODES = 50  #: of a pixel and day
_DECODER = msgspec.json.Decoder(dict[str, dict[str, int]])

CountsByPlace = Mapping[str, Mapping[str, int]]
"""By place (directory.place), how many of `<UTC day>/<code>`."""


class RejectedCounts:
    """The log of one slot's process."""

    def __init__(self, folder: Path, slot: int) -> None:
        self._file = KeptFile(folder / f"rejected-counts-{slot}.json")
        self._counts = _read(self._file.path)

    def note(self, places: Iterable[str], codes: Iterable[str], day: int) -> None:
        """Count events that were rejected, for each pixel that their sender leads to."""
        told = [f"{day}/{code}" for code in codes]
        for place in places:
            counts = self._counts.setdefault(place, {})
            has_new = any(name not in counts for name in told)
            for name in told:
                counts[name] = counts.get(name, 0) + 1
            if has_new:  # only then is there anything to forget; a flood must not pay for it each time
                recent = {name: n for name, n in counts.items() if _day(name) > day - _DAYS}
                self._counts[place] = dict(list(recent.items())[-_DAYS * _MOST_CODES :])
        self._file.is_changed = True

    def flush(self, places: Collection[str]) -> None:
        """Write down what was counted of the pixels that there are, and forget the others."""
        self._file.flush(lambda: self._left(places))

    def _left(self, places: Collection[str]) -> bytes:
        self._counts = {place: counts for place, counts in self._counts.items() if place in places}
        return msgspec.json.encode(self._counts)


def rejected_counts_of(folder: Path) -> CountsByPlace:
    """Return what all processes counted."""
    total: dict[str, dict[str, int]] = {}
    for file in sorted(folder.glob(_PATTERN)):
        for place, counts in _read(file).items():
            sums = total.setdefault(place, {})
            for name, n in counts.items():
                sums[name] = sums.get(name, 0) + n
    return total


def _day(name: str) -> int:
    return int(name.partition("/")[0])


def _read(file: Path) -> dict[str, dict[str, int]]:
    try:
        return _DECODER.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}  # there is none, or power failed while it was written
