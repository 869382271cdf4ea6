"""
What each ingest process heard of its sources, as a file that outlives it; the pages join the files.

It is for looking at: a second of it may be lost with a process, and where the disk takes nothing it stays as it was.
Its size is bounded by the sources that there are.
"""

from collections.abc import Collection
from pathlib import Path
from time import monotonic

import msgspec

from twinbeam.core.deliveries import NOTHING_HEARD, Delivery, SourceDeliveries, hear, joined

_PATTERN = "deliveries-*.json"
_SHARE = 50  #: a write that took long is not repeated before so many times as long has passed
_DECODER = msgspec.json.Decoder(dict[str, SourceDeliveries])
_ENCODER = msgspec.json.Encoder()


class DeliveryLog:
    """The log of one slot's process."""

    def __init__(self, folder: Path, slot: int) -> None:
        self._file = folder / f"deliveries-{slot}.json"
        self._heard = _read(self._file)
        self._is_changed = False
        self._not_before = 0.0

    def hear(self, source: str, one: Delivery) -> None:
        """Note what came to the address of a source that there is."""
        self._heard[source] = hear(self._heard.get(source, NOTHING_HEARD), one)
        self._is_changed = True

    def flush(self, sources: Collection[str]) -> None:
        """Write down what was heard of the sources that there are, and forget the others."""
        begun = monotonic()
        if not self._is_changed or begun < self._not_before:
            return
        self._heard = {name: heard for name, heard in self._heard.items() if name in sources}
        draft = self._file.with_suffix(".draft")
        try:
            draft.write_bytes(_ENCODER.encode(self._heard))
            draft.replace(self._file)
            self._is_changed = False
        except OSError:
            pass  # the next flush tries again
        self._not_before = monotonic() + _SHARE * (monotonic() - begun)


def heard_of(folder: Path) -> dict[str, SourceDeliveries]:
    """Return what all processes heard, by the names of sources."""
    parts = [_read(file) for file in sorted(folder.glob(_PATTERN))]
    names = {name for part in parts for name in part}
    return {name: joined(part[name] for part in parts if name in part) for name in names}


def _read(file: Path) -> dict[str, SourceDeliveries]:
    try:
        return _DECODER.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}  # there is none, or power failed while it was written
